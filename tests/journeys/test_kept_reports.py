"""A report that is kept ready is what a count of that moment says, whatever has happened since the one before."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.context import provide
from campaigns.kept_reports import JOB, SHOP, Head, name_of, packed, unpacked
from campaigns.report import Whole
from customers.learning import BY_MACHINE
from storage.kept_reports import MongoKeptReports
from tests.journeys.shop import Bench, bought
from tests.journeys.test_report import launched, lived
from tests.support.clock import ManualClock
from tests.support.sandbox import ProviderSandbox
from wiring import Services

VIEWS = ("report", "report/days", "report/weeks?weeks=3")


@pytest.fixture
def shop(provider_sandbox: ProviderSandbox, services: Services) -> Any:
    """A shop that keeps the report of every campaign of more than ten messages."""
    settings = provider_sandbox.settings(services.settings, report_kept_above=10)
    shop = Services(settings, services.clock, Bench())
    yield shop
    shop.close()


@pytest.fixture
def web(routes: Flask, shop: Services) -> FlaskClient:
    provide(routes, shop)
    client = routes.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {shop.keys.create('tests', ['admin'])[1]}"
    return client


def counted(shop: Services, clock: ManualClock) -> int:
    """Let the time pass after which all is due, and the scheduler and a worker do their part."""
    clock.advance(6 * 3_600)
    bench = shop.doorbell
    assert isinstance(bench, Bench)
    shop.keeping.ring_if_due()
    assert bench.rung.count((JOB, ())) == 1
    return bench.work(shop)


def read(web: FlaskClient, id_: str, *, fresh: bool) -> dict[str, Any]:
    """All views of a campaign's report, and the shop's, without the instants of their counts."""
    more = "fresh=true" if fresh else ""
    places = [f"/v1/campaigns/{id_}/{view}" for view in VIEWS] + ["/v1/report"]
    told = {place: web.get(f"{place}{'&' if '?' in place else '?'}{more}").get_json() for place in places}
    for one in told.values():
        for name in ("as_of", "since", "until"):
            one.pop(name, None)
    return told


def post(web: FlaskClient, place: str, body: dict[str, Any]) -> None:
    assert web.post(place, json=body).status_code in (200, 201, 202)


def code_used(shop: Services, web: FlaskClient, clock: ManualClock) -> str:
    """Somebody uses the code that the campaign gave them; the id of its use."""
    code = next(one for one in web.get("/v1/offers/fifth/vouchers").get_json()["data"] if one["customer_id"])
    shop.orders.upsert([bought(code["customer_id"], clock.now(), 5_000, id="o-code")])
    basket = {"id": "o-code", "total": {"amount": 5_000, "currency": "EUR"}}
    use = {"customer_id": code["customer_id"], "order": basket}
    answer = web.post(f"/v1/vouchers/{code['code']}/redeem", json=use)
    assert answer.status_code == 200, answer.get_json()
    return str(answer.get_json()["id"])


def test_what_is_kept_is_what_a_count_says_after_all_that_can_happen(
    shop: Services, web: FlaskClient, clock: ManualClock
) -> None:
    id_ = launched(shop, clock)
    sent = [one for one in shop.messages.of_campaign(id_, "", 100) if one.state == "accepted"]
    redemption = ""

    def redeemed() -> None:
        nonlocal redemption
        redemption = code_used(shop, web, clock)

    def happened(place: str, **body: Any) -> Callable[[], None]:
        return lambda: post(web, place, body)

    def erased() -> None:
        opened = [fact["customer"] for fact in shop.database["facts"].find({"detail": BY_MACHINE})]
        for customer in (sent[0].customer, opened[-1]):
            assert web.delete(f"/v1/customers/{customer}").status_code in (202, 204)

    def wider_margin() -> None:
        shop.shops.put(msgspec.structs.replace(shop.shops.get(), margin_percent=70))

    counted(shop, clock)
    before = read(web, id_, fresh=False)
    steps: list[Callable[[], None]] = [
        lambda: lived(shop, clock, sent),
        redeemed,
        lambda: post(web, f"/v1/redemptions/{redemption}/rollback", {}),
        happened("/v1/orders/o1/events", id="back", type="refunded", amount=300, at=clock.now().isoformat()),
        happened("/v1/orders/o0/events", id="gone", type="cancelled", at=clock.now().isoformat()),
        erased,
        wider_margin,
    ]
    for number, step in enumerate(steps):
        step()
        stale = read(web, id_, fresh=False)
        assert stale == before, number  # the latest count, until the next
        counted(shop, clock)
        before = read(web, id_, fresh=False)
        assert before == read(web, id_, fresh=True), number
        moved = [place for place in before if before[place] != stale[place]]
        assert bool(moved) is (step is not erased), (number, moved)
    assert before["/v1/report"]["by_campaign"][0]["orders"] > 0


def test_the_latest_count_stays_and_few_are_counted_when_asked(
    shop: Services, services: Services, clock: ManualClock
) -> None:
    id_ = launched(shop, clock)
    campaign, mine = shop.campaigns.get(id_), shop.shops.get()
    kept, name = MongoKeptReports(shop.database), name_of(campaign)
    counted(shop, clock)
    whole = shop.ready.whole(campaign, mine)
    assert shop.ready.of_shop(mine).credited.counts["handed_over"] > 10
    assert unpacked(packed(whole), Whole) == whole
    assert unpacked(packed(mine), Whole) is None  # of another form: it is counted again
    assert set(kept.heads()) == {name, SHOP}
    late = kept.heads()[name]
    kept.put(msgspec.structs.replace(late, as_of=campaign.created_at), b"older")
    assert kept.body(name) == packed(whole)
    assert not shop.keeping.ring_if_due()  # nothing is due at once after a count
    assert shop.leases.hold(JOB, "somebody else", 60)
    clock.advance(50)
    kept.put(Head(id=name, as_of=late.as_of, took=0.1, form=0), b"")  # of an older version: due
    assert shop.keeping.keep() == 0  # somebody else is at it
    shop.leases.release(JOB, "somebody else")
    assert shop.keeping.keep() == 1
    services.keeping.keep()  # its settings say that these are few
    clock.advance(86_400)
    assert services.keeping.keep() == 2
    assert kept.body(name) is None is kept.body(SHOP)
    clock.advance(10)
    assert shop.ready.whole(campaign, mine).as_of == clock.now()
