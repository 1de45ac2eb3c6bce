"""T20: whoever is erased is gone from everywhere, stays suppressed, and the sums stay as they were.

A tenth of the size by default; `ENCORE_FAULTS=full` (`make faults`) erases a hundred.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from api.app import create_app
from customers.identity import AGAIN_AFTER
from storage.personal import declared
from tests.journeys.shop import Bench
from tests.support.clock import ManualClock
from tests.support.lives import Journey, Life, hits
from tests.support.sandbox import ProviderSandbox
from wiring import Services

ERASED = 100 if os.environ.get("ENCORE_FAULTS") == "full" else 8
STAYING = 4


@pytest.fixture
def journey(provider_sandbox: ProviderSandbox, services: Services, clock: ManualClock) -> Iterator[Journey]:
    """A shop whose customers have gone all the way."""
    clock.set(datetime.now(UTC).replace(microsecond=0))
    with closing(Services(provider_sandbox.settings(services.settings), clock, Bench())) as shop:
        client = create_app(shop).test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {shop.keys.create('tests', ['admin'])[1]}"
        journey = Journey(shop, client, provider_sandbox, [Life(number) for number in range(ERASED + STAYING)])
        journey.begin()
        journey.bring_in()
        journey.buy()
        yield journey


def test_every_collection_that_holds_a_customer_says_so(journey: Journey) -> None:
    journey.write()
    journey.redeem()
    traces = {trace for life in journey.lives for trace in life.traces}
    holding = {hit.partition(".")[0] for hit in hits(journey.services.database, traces)}
    known = {one.collection for one in declared()} | _BY_STEPS
    assert holding - known == set()
    assert {"customers", "orders", "messages", "contents", "consents", "conversations", "events", "bad_rows"} <= holding


# Erased by a step of their own, since nothing in them is a field with an id.
_BY_STEPS = {"webhooks", "jobs", "bad_rows", "offers"}


def test_the_erased_are_gone_from_everywhere_and_what_they_bought_is_not(
    journey: Journey, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    campaign = journey.write()
    journey.redeem()
    services, database = journey.services, journey.services.database
    gone, staying = journey.lives[:ERASED], journey.lives[ERASED:]
    before = _sums(journey, campaign)
    written = len(journey.sandbox.accepted())
    for life in gone:
        journey.call("DELETE", f"/v1/customers/{life.id}", 204)
    traces = [trace for life in gone for trace in life.traces]
    assert hits(database, traces) == []
    journey.work()
    clock.advance(AGAIN_AFTER.total_seconds() + 1)
    while services.identities.finish():  # some at a time
        pass
    journey.work()
    assert hits(database, traces) == []
    assert database["identity"].count_documents({}) == 0
    assert _sums(journey, campaign) == before
    late = [letter["address"] for letter in journey.sandbox.accepted()[written:]]
    assert not {life.email for life in gone} & set(late)
    told = [record.__dict__ for record in caplog.records]
    assert [one for one in told if any(trace in str(one) for trace in traces)] == []
    for life in staying:
        assert journey.call("GET", f"/v1/customers/{life.id}/export")["customer"][0]["first_name"] == life.first_name
    everything = _everything_told(journey, campaign)
    assert [trace for trace in traces if trace in everything] == []


def test_the_erased_who_come_again_are_still_suppressed_where_they_said_stop(journey: Journey) -> None:
    journey.write()
    stopped = [life for life in journey.lives if life.number % 4 == 1]
    assert stopped
    for life in journey.lives:
        journey.call("DELETE", f"/v1/customers/{life.id}", 204)
    written = len(journey.sandbox.accepted())
    journey.bring_in()
    assert journey.services.database["customers"].count_documents({}) == len(journey.lives)
    for life in journey.lives:
        journey.call("PATCH", f"/v1/customers/{life.id}", json={"preferred": ["sms"]})
    campaign = journey.write()
    reached = {letter["address"] for letter in journey.sandbox.accepted()[written:]}
    assert reached
    assert not {life.phone for life in stopped} & reached
    assert journey.call("GET", f"/v1/campaigns/{campaign}/report")


def _sums(journey: Journey, campaign: str) -> dict[str, Any]:
    """What must stay: takings, the campaign's report, redemptions, points, what offers have spent."""
    database = journey.services.database
    report = journey.call("GET", f"/v1/campaigns/{campaign}/report")
    orders = database["orders"].aggregate([{"$group": {"_id": "$currency", "n": {"$sum": 1}, "t": {"$sum": "$total"}}}])
    points = database["points_ledger"].aggregate(
        # What nobody can spend any more is written off by entries of its own.
        [{"$match": {"kind": {"$ne": "forfeited"}}}, {"$group": {"_id": "$kind", "n": {"$sum": 1}}}]
    )
    used = database["redemptions"].aggregate([{"$group": {"_id": "$state", "off": {"$sum": "$discount"}}}])
    return {
        "report": {name: report[name] for name in report if name not in ("as_of", "state", "finished_at")},
        "orders": list(orders),
        "points": sorted((row["_id"], row["n"]) for row in points),
        "used": list(used),
        "offers": [(one.id, one.spent) for one in journey.services.offers.page("", 10)],
    }


def _everything_told(journey: Journey, campaign: str) -> str:
    """What the API tells of the shop now."""
    paths = [
        "/v1/customers?limit=250", f"/v1/campaigns/{campaign}/messages?limit=250", "/v1/outbox", "/v1/referrals",
        "/v1/segments/all/members?limit=250", f"/v1/campaigns/{campaign}/report", "/metrics",
    ]  # fmt: skip
    for path in paths:
        journey.call("GET", path)
    journey.call("GET", "/v1/segments/all/members", headers={"Accept": "text/csv"})
    return "\n".join(answer.text for answer in journey.answers[-len(paths) - 1 :])
