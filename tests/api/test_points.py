"""Points over the API: the programme, by hand, on vouchers, the statement, the liability, and what is refused."""

from typing import Any

import pytest

from tests.api.conftest import Call
from tests.loyalty.points_makers import hear
from tests.support.clock import ManualClock
from wiring import Services

EURO = {"amount": 100, "currency": "EUR"}
PROGRAMME: dict[str, Any] = {
    "active": True,
    "worth": {"points": 100, "money": EURO},
    "earning": [{"kind": "per_amount", "settings": {"points": 1, "per": EURO}}],
    "expiry": {"policy": "end_of_month", "months": 12},
    "tiers": {"levels": [{"name": "Silver", "threshold": 50, "benefits": {"free_shipping": True}}]},
    "rewards": [{"offer": "tenth", "points": 100}],
}


@pytest.fixture
def shop(call: Call) -> Call:
    """A shop with a programme, an offer and a customer who bought for 150 euros a month ago."""
    offer = {"id": "tenth", "name": "A tenth", "kind": "percent", "settings": {"percent": 10}}
    assert call("POST", "/v1/offers", json=offer).status_code == 201
    assert call("PUT", "/v1/points/programme", json=PROGRAMME).status_code == 200
    assert call("PUT", "/v1/customers/ana", json={"first_name": "Ana"}).status_code == 200
    return call


def _line(price: int) -> dict[str, Any]:
    return {"product_id": "cd", "quantity": 1, "unit_price": {"amount": price, "currency": "EUR"}}


def bought(call: Call, services: Services, id: str, total: int) -> None:
    at = services.clock.now().isoformat()
    body = {"customer_id": "ana", "placed_at": at, "lines": [_line(total)]}
    answer = call("PUT", f"/v1/orders/{id}", json=body)
    assert answer.status_code == 200, answer.get_json()
    hear(services)


def test_from_an_order_to_a_voucher_and_the_report(shop: Call, services: Services, clock: ManualClock) -> None:
    bought(shop, services, "o1", 15_000)
    kept = shop("GET", "/v1/customers/ana/points").get_json()
    assert (kept["balance"], kept["pending"]) == (0, 150)
    assert kept["tier"]["name"] == "Silver"
    assert kept["tier"]["benefits"] == {"free_shipping": True}
    clock.advance(31 * 86_400)
    services.points.look_after()
    kept = shop("GET", "/v1/customers/ana/points").get_json()
    assert (kept["balance"], kept["worth"]) == (150, {"amount": 150, "currency": "EUR"})
    assert kept["expiring"] == [{"month": "2027-04", "points": 150}]
    assert [entry["kind"] for entry in kept["data"]] == ["matured", "earned"]
    spent = shop("POST", "/v1/customers/ana/points/spend", json={"offer": "tenth"}, headers={"Idempotency-Key": "k"})
    assert spent.status_code == 201
    assert spent.get_json()["balance"] == 50
    voucher = shop("GET", f"/v1/vouchers/{spent.get_json()['code']}").get_json()
    assert (voucher["offer"], voucher["customer_id"]) == ("tenth", "ana")
    again = shop("POST", "/v1/customers/ana/points/spend", json={"offer": "tenth"}, headers={"Idempotency-Key": "k"})
    assert again.get_json() == spent.get_json()
    refused = shop("POST", "/v1/customers/ana/points/spend", json={"offer": "tenth"})
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "not_enough_points")
    report = shop("GET", "/v1/points/liability").get_json()
    assert (report["outstanding"], report["pending"], report["worth"]["amount"]) == (50, 0, 50)
    assert [month["month"] for month in report["months"]] == ["2027-04"]
    file = shop("GET", "/v1/points/liability", headers={"Accept": "text/csv"})
    assert file.get_data(as_text=True).splitlines() == ["month,points,worth,currency", "2027-04,50,50,EUR"]


def test_the_customer_and_the_timeline_tell_of_points_and_tier(shop: Call, services: Services) -> None:
    bought(shop, services, "o1", 15_000)
    loyalty = shop("GET", "/v1/customers/ana").get_json()["loyalty"]
    assert (loyalty["points"], loyalty["pending"], loyalty["tier"]) == (0, 150, "Silver")
    services.events.pump()
    timeline = shop("GET", "/v1/customers/ana/timeline").get_json()["data"]
    assert [entry["data"]["tier"] for entry in timeline if entry["type"] == "tier_reached"] == ["Silver"]


def test_entries_come_page_by_page(shop: Call) -> None:
    for number in range(5):
        assert shop("POST", "/v1/customers/ana/points", json={"amount": number + 1}).status_code == 201
    amounts, after = [], ""
    while after is not None:
        page = shop("GET", f"/v1/customers/ana/points?limit=2&after={after}").get_json()
        amounts += [entry["points"] for entry in page["data"]]
        after = page["next"]
    assert amounts == [5, 4, 3, 2, 1]


def test_by_hand_the_same_key_gives_once(shop: Call) -> None:
    body = {"amount": 70, "reason": "a late parcel"}
    answers = [
        shop("POST", "/v1/customers/ana/points", json=body, headers={"Idempotency-Key": "once"}) for _ in range(3)
    ]
    assert {answer.status_code for answer in answers} == {201}
    kept = shop("GET", "/v1/customers/ana/points").get_json()
    assert kept["balance"] == 70
    assert [entry["reason"] for entry in kept["data"]] == ["a late parcel"]
    assert kept["data"][0]["by"]
    assert shop("POST", "/v1/customers/ana/points", json={"amount": -71}).status_code == 409
    assert shop("POST", "/v1/customers/ana/points", json={"amount": -70}).status_code == 201


@pytest.mark.parametrize("amount", [0, 1.5, "7", None, True, 10**9 + 1, -(10**9) - 1, 10**30, float("1e300"), []])
def test_an_amount_that_cannot_be_is_refused_by_its_name(shop: Call, amount: Any) -> None:
    answer = shop("POST", "/v1/customers/ana/points", json={"amount": amount})
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == ["amount"]
    assert shop("GET", "/v1/customers/ana/points").get_json()["data"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"earning": [{"kind": "nonsense"}]}, "earning.0.kind"),
        ({"earning": [{"kind": "per_amount", "settings": {"points": 0, "per": EURO}}]}, "earning.0.settings.points"),
        ({"earning": [{"kind": "per_amount", "settings": {"points": 1.5, "per": EURO}}]}, "earning.0.settings.points"),
        (
            {"earning": [{"kind": "event", "settings": {"event": "order_placed", "points": 1}}]},
            "earning.0.settings.event",
        ),
        ({"expiry": {"policy": "months", "months": 0}}, "expiry.months"),
        ({"expiry": {"policy": "fixed_day", "month": 2, "day": 30}}, "expiry.day"),
        ({"expiry": {"policy": "soon"}}, "expiry.policy"),
        ({"tiers": {"levels": [{"name": "A", "threshold": 5}, {"name": "B", "threshold": 5}]}}, "tiers.levels"),
        ({"tiers": {"levels": [{"name": "A", "threshold": 0}]}}, "tiers.levels.0.threshold"),
        ({"tiers": {"levels": [{"name": "A", "threshold": 1, "benefits": {"$x": 1}}]}}, "tiers.levels.0.benefits"),
        ({"rewards": [{"offer": "nothing", "points": 5}]}, "rewards.0.offer"),
        ({"rewards": [{"offer": "tenth", "points": 5}, {"offer": "tenth", "points": 6}]}, "rewards.1.offer"),
        ({"rewards": [{"offer": "tenth", "points": -5}]}, "rewards.0.points"),
        ({"worth": {"points": 1, "money": {"amount": 0, "currency": "EUR"}}}, "worth.money.amount"),
    ],
)
def test_a_programme_that_makes_no_sense_is_refused_by_the_field(
    shop: Call, change: dict[str, Any], field: str
) -> None:
    answer = shop("PUT", "/v1/points/programme", json=PROGRAMME | change)
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]
    assert shop("GET", "/v1/points/programme").get_json()["version"] == 1


def test_a_programme_is_versioned_and_every_version_is_kept(shop: Call) -> None:
    tag = shop("GET", "/v1/points/programme").headers["ETag"]
    changed = shop("PUT", "/v1/points/programme", json=PROGRAMME | {"active": False}, headers={"If-Match": tag})
    assert changed.status_code == 200
    late = shop("PUT", "/v1/points/programme", json=PROGRAMME, headers={"If-Match": tag})
    assert late.status_code == 412
    versions = shop("GET", "/v1/points/programme/versions").get_json()["data"]
    assert [(one["version"], one["active"]) for one in versions] == [(2, False), (1, True)]
    assert all(one["changed_by"] and one["changed_at"] for one in versions)


def test_a_voucher_that_is_not_to_be_had_for_points_has_its_reason(shop: Call) -> None:
    shop("POST", "/v1/customers/ana/points", json={"amount": 500})
    assert shop("POST", "/v1/customers/ana/points/spend", json={"offer": "nothing"}).status_code == 422
    other = {"id": "other", "name": "Other", "kind": "percent", "settings": {"percent": 10}}
    shop("POST", "/v1/offers", json=other)
    refused = shop("POST", "/v1/customers/ana/points/spend", json={"offer": "other"})
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "not_for_points")
    shop("PATCH", "/v1/offers/tenth", json={"active": False})
    refused = shop("POST", "/v1/customers/ana/points/spend", json={"offer": "tenth"})
    assert (refused.status_code, refused.get_json()["reason"]) == (409, "inactive")
    assert shop("GET", "/v1/customers/ana/points").get_json()["balance"] == 500


def test_an_account_is_audited_by_its_ledger(shop: Call, services: Services) -> None:
    shop("POST", "/v1/customers/ana/points", json={"amount": 500})
    shop("POST", "/v1/customers/ana/points/spend", json={"offer": "tenth"})
    audited = shop("GET", "/v1/customers/ana/points/audit").get_json()
    assert audited == {"customer_id": "ana", "entries": 2, "mistakes": []}
    services.database["points_accounts"].update_one({"_id": "ana"}, {"$inc": {"balance": 1}})
    assert len(shop("GET", "/v1/customers/ana/points/audit").get_json()["mistakes"]) == 2


def test_nobody_has_no_points(shop: Call) -> None:
    assert shop("GET", "/v1/customers/nobody/points").status_code == 404
    assert shop("POST", "/v1/customers/nobody/points", json={"amount": 5}).status_code == 404


def test_the_kinds_of_earning_are_told_with_their_schemas(shop: Call) -> None:
    kinds = shop("GET", "/v1/points/earning").get_json()["data"]
    assert {"per_amount", "product", "category", "event", "multiplier_days"} <= {kind["kind"] for kind in kinds}
    assert all(kind["settings"]["$defs"] for kind in kinds)
