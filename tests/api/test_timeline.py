"""A customer's timeline tells everything that is kept of what happened, in words, by type, and page by page."""

from typing import Any

import pytest

from common.money import Money
from customers.customer import Customer
from loyalty.basket import Basket
from loyalty.offer import Offer
from loyalty.points_account import Entry, EntryKind
from messaging.conversation import Said
from messaging.receipts import Fact
from storage.mongo import Mongo, to_document
from tests.api.conftest import Call
from tests.support.clock import ManualClock
from wiring import Services

EUR = {"amount": 1250, "currency": "EUR"}


@pytest.fixture
def life(call: Call, services: Services, clock: ManualClock, database: Mongo) -> str:
    """All that can happen to Ana, a minute between each; the id of the message she got."""

    def then() -> Any:
        clock.advance(60)
        return clock.now()

    services.customers.upsert([Customer(id="ana", addresses={"email": ["ana@example.com"]})])
    call("POST", "/v1/events", json={"type": "product_viewed", "customer": "ana", "at": then().isoformat(),
                                     "data": {"product_id": "cd"}})  # fmt: skip
    then()
    message: str = call("POST", "/v1/customers/ana/consents/email/opt-in", json={}).get_json()["message"]
    then()
    services.delivery.deliver(services.messages.get([message])[message].batch)
    fact = {"provider": "p", "channel": "email", "message": message, "customer": "ana"}
    services.facts.add(
        [Fact(id="f1", type="opened", at=then(), **fact), Fact(id="f2", type="clicked", at=then(), **fact)]
    )
    services.threads.add([Said(id="r1", customers=["ana"], channel="email", address="ana@example.com",
                               direction="in", text="Thanks", at=then())])  # fmt: skip
    now = then()
    services.offers.add(
        Offer(id="ten", name="Ten", kind="percent", settings={"percent": 10}, created_at=now, updated_at=now)
    )
    code = services.vouchers.mint("ten", {"s1": "ana"})["s1"]
    then()
    redeemed = services.vouchers.redeem(code, "ana", Basket(id="o1", total=Money(1250, "EUR")))
    then()
    services.vouchers.rollback(redeemed.id)
    order = {"customer_id": "ana", "placed_at": then().isoformat(), "total": EUR}
    assert call("PUT", "/v1/orders/o1", json=order).status_code == 200
    delayed = {"type": "delayed", "at": then().isoformat(), "reason": "snow"}
    assert call("POST", "/v1/orders/o1/events", json=delayed).status_code < 300
    refunded = {"type": "refunded", "at": then().isoformat(), "amount": 250}
    assert call("POST", "/v1/orders/o1/events", json=refunded).status_code < 300, refunded
    entry = Entry(id="p1", customer="ana", book="ana", number=1, at=then(), kind=EntryKind.EARNED, points=12)
    database["points_ledger"].insert_one(to_document(entry))
    services.events.pump()
    return message


TYPES = [
    "points_earned", "order_refunded", "order_delayed", "order_placed", "voucher_rolled_back", "voucher_redeemed",
    "voucher_given", "message_replied", "message_clicked", "message_opened", "message_sent", "consent_pending",
    "product_viewed", "customer_created",
]  # fmt: skip


def test_everything_is_told_newest_first_in_words(call: Call, life: str) -> None:
    told = call("GET", "/v1/customers/ana/timeline").get_json()["data"]
    assert [entry["type"] for entry in told] == TYPES
    texts = {entry["type"]: entry["text"] for entry in told}
    assert texts["order_placed"] == "Order o1: Placed, €12.50 in all."
    assert texts["order_delayed"] == "Order o1: Delayed: snow."
    assert texts["order_refunded"] == "Order o1: Refunded, €2.50 given back."
    assert texts["voucher_redeemed"].endswith("for 1.25 EUR off.")
    assert texts["consent_pending"] == "Was asked to confirm their yes to marketing by email."
    assert texts["product_viewed"] == "Looked at cd."
    assert texts["points_earned"] == "12 points were earned."
    sent = next(entry for entry in told if entry["type"] == "message_sent")
    assert sent["data"]["message"] == life


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_pages_join_to_the_whole(call: Call, life: str, limit: int) -> None:
    seen: list[str] = []
    after = ""
    for _ in range(len(TYPES) + 1):
        page = call("GET", "/v1/customers/ana/timeline", query_string={"limit": limit, "after": after}).get_json()
        seen += [entry["type"] for entry in page["data"]]
        if page["next"] is None:
            break
        after = page["next"]
    assert seen == TYPES


@pytest.mark.parametrize("type", ["order_placed", "order", "message", "voucher", "customer_created", "orde", "points"])
def test_one_type_or_a_family_of_them_is_told_alone(call: Call, life: str, type: str) -> None:
    wanted = [name for name in TYPES if name == type or name.startswith(type + "_")]
    told = call("GET", f"/v1/customers/ana/timeline?type={type}&limit=50").get_json()["data"]
    assert [entry["type"] for entry in told] == wanted
    paged = call("GET", f"/v1/customers/ana/timeline?type={type}&limit=1").get_json()
    assert [entry["type"] for entry in paged["data"]] == wanted[:1]
    assert (paged["next"] is None) == (len(wanted) <= 1)


def test_what_is_wanted_lies_behind_much_that_is_not(call: Call, services: Services, clock: ManualClock) -> None:
    services.customers.upsert([Customer(id="ana")])
    batch = [{"id": f"e{n}", "type": "wish" if n else "quiz_taken", "customer": "ana",
              "at": f"2026-02-{1 + n // 24:02}T{n % 24:02}:00:00Z"} for n in range(300)]  # fmt: skip
    assert call("POST", "/v1/events", json={"events": batch}).get_json()["accepted"] == 300
    told = call("GET", "/v1/customers/ana/timeline?type=quiz_taken").get_json()["data"]
    assert [entry["at"] for entry in told] == ["2026-02-01T00:00:00.000Z"]
    assert call("GET", "/v1/customers/ana/timeline?type=%24ne").status_code == 422
