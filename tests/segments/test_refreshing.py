"""Scores are kept fresh: every night, after an order within the minute, and by whoever comes after one that died."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from common.jobs import Job, JobState
from common.settings import Settings
from customers.customer import Customer
from customers.orders import Order
from segments import statistics
from segments.lapse import Basis, History, LapseModel, Scored
from segments.refreshing import Refreshing
from segments.rfm import NO_BORDERS
from storage.histories import MongoHistories
from storage.mongo import to_document
from tests.support.clock import START, ManualClock
from tests.support.office import Bell
from wiring import Services

DAY = timedelta(days=1)
NUMBER = 150


class Killed(Exception):
    """What stands for a kill -9 in one process."""


class Dying(MongoHistories):
    """Histories whose process dies before it writes the batch with this number."""

    dies_at = 3

    def write(self, scored: Any) -> int:
        """As ever, until the last breath."""
        self.dies_at -= 1
        if not self.dies_at:
            raise Killed
        return super().write(scored)


def bought(random: Random, customer: str) -> Iterator[Order]:
    """Some orders within three years, more of them the more one is a regular."""
    at = START - random.randrange(30, 1_000) * DAY
    gap = random.choice([10, 30, 60, 90])
    for number in range(random.choice([1, 1, 2, 3, 5, 8])):
        if at < START:
            total = random.choice([1_999, 2_999, 4_999])
            yield Order(id=f"{customer}-{number}", customer_id=customer, placed_at=at, currency="EUR", total=total)
        at += random.randrange(1, 2 * gap) * DAY


@pytest.fixture
def bell() -> Bell:
    """The doorbell of the shop."""
    return Bell()


@pytest.fixture
def services(settings: Settings, clock: ManualClock, bell: Bell) -> Iterator[Services]:
    """All services, with that doorbell."""
    services = Services(settings, clock, bell)
    yield services
    services.close()


@pytest.fixture
def shop(services: Services) -> Services:
    """A shop with orders, taken in as ever."""
    random = Random("refreshing")
    services.orders.upsert([order for number in range(NUMBER) for order in bought(random, f"c{number:03}")])
    return services


def refreshing(services: Services, histories: MongoHistories) -> Refreshing:
    return Refreshing(
        histories=histories,
        scores=services.scores,
        models=services.models,
        turns=services.leases,
        shop=services.shops.get,
        doorbell=services.doorbell,
        clock=services.clock,
    )


def scores(services: Services) -> dict[str, dict[str, Any]]:
    found = services.database["customers"].find({}, {"scores": 1})
    return {one["_id"]: one.get("scores", {}) for one in found}


def test_everybody_with_orders_gets_an_outlook_by_the_model_in_force(shop: Services) -> None:
    assert shop.refreshing.refresh(statistics)
    current = shop.refreshing.current()
    assert current is not None
    assert current.model is not None
    assert (current.seen, current.changed) == (NUMBER, NUMBER)
    assert current.model.customers == NUMBER
    for kept in scores(shop).values():
        outlook = kept["lapse"]
        assert outlook["model"] == current.model.kind
        assert 0 <= outlook["p_alive"] <= 1
        assert 0 <= outlook["expected"]["30"] <= outlook["expected"]["90"] <= outlook["expected"]["365"]
        assert outlook["late_at"] >= outlook["next_at"]
        assert sorted(outlook["gone"].values()) == list(outlook["gone"].values())


def test_a_refresh_that_is_killed_is_gone_on_with_and_comes_to_the_same(shop: Services, clock: ManualClock) -> None:
    assert shop.refreshing.refresh(statistics)
    whole = scores(shop)
    shop.database["customers"].update_many({}, {"$unset": {"scores": ""}})
    shop.database["models"].delete_many({})
    with pytest.raises(Killed):
        refreshing(shop, Dying(shop.database, batch=40)).refresh(statistics)
    half = shop.refreshing.current()
    assert half is not None
    assert (half.seen, half.after, half.finished_at) == (80, "c079", None)
    clock.advance(120)
    assert shop.refreshing.refresh(statistics)
    done = shop.refreshing.current()
    assert done is not None
    assert (done.started_at, done.seen) == (half.started_at, NUMBER)
    assert scores(shop) == whole


def test_a_job_whose_time_is_over_leaves_the_rest_to_the_next(shop: Services) -> None:
    small = refreshing(shop, MongoHistories(shop.database, batch=60))
    assert not small.refresh(statistics, seconds=0)
    first = shop.refreshing.current()
    assert first is not None
    assert first.seen == 60
    assert not small.refresh(statistics, seconds=0)
    assert not small.refresh(statistics, seconds=0)
    assert small.refresh(statistics, seconds=0)
    assert len([one for one in scores(shop).values() if one]) == NUMBER


def test_two_do_not_refresh_at_once(shop: Services) -> None:
    assert shop.leases.hold("refresh_scores", "somebody else", 60)
    assert not shop.refreshing.refresh(statistics)
    assert shop.refreshing.current() is None


def test_what_changed_meanwhile_is_not_written_over(shop: Services) -> None:
    assert shop.refreshing.refresh(statistics)
    histories = MongoHistories(shop.database)
    [batch] = histories.batches("", "EUR")
    late = batch[0]
    shop.orders.upsert([Order(id="new", customer_id=late.id, placed_at=START, currency="EUR", total=1)])
    stale = [Scored(one.id, one.rolled, {"r": 1}, {"value": -1}) for one in batch]
    assert histories.write(stale) == NUMBER - 1
    kept = scores(shop)
    assert "lapse" not in kept[late.id]
    assert all(one["lapse"] == {"value": -1} for who, one in kept.items() if who != late.id)


def test_an_order_ends_what_was_expected_at_once_and_is_reckoned_with_within_the_minute(shop: Services) -> None:
    assert shop.refreshing.refresh(statistics)
    gone = [who for who, one in scores(shop).items() if one["lapse"]["gone"].get("50", START + DAY) <= START]
    back = gone[0]
    rules = {"rule": "likely_gone"}
    assert shop.audience.contains(rules, back)
    assert not shop.refreshing.ring_for_newcomers()
    shop.orders.upsert([Order(id="back", customer_id=back, placed_at=START, currency="EUR", total=5_000)])
    assert not shop.audience.contains(rules, back)
    assert shop.refreshing.ring_for_newcomers()
    assert shop.refreshing.freshen(statistics) == 1
    fresh = scores(shop)[back]
    assert fresh["lapse"]["p_alive"] > 0.5
    assert fresh["lapse"]["next_at"] > START
    assert fresh["rfm"]["r"] == 5
    assert not shop.audience.contains(rules, back)
    assert not shop.refreshing.ring_for_newcomers()
    assert shop.refreshing.freshen(statistics) == 0


def test_it_is_due_once_a_night_when_asked_for_and_when_it_died(shop: Services, clock: ManualClock, bell: Bell) -> None:
    nightly = shop.refreshing
    assert nightly.ring_if_due()  # never done
    assert nightly.refresh(statistics)
    assert not nightly.ring_if_due()
    clock.set(datetime(2026, 3, 3, 2, 59, tzinfo=UTC))
    assert not nightly.ring_if_due()
    clock.set(datetime(2026, 3, 3, 3, 0, tzinfo=UTC))
    assert nightly.ring_if_due()
    assert nightly.refresh(statistics)
    assert not nightly.ring_if_due()
    clock.advance(60)
    nightly.ask()
    assert nightly.ring_if_due()
    assert not refreshing(shop, MongoHistories(shop.database, batch=60)).refresh(statistics, seconds=0)
    assert not nightly.ring_if_due()  # somebody was at it a moment ago
    clock.advance(120)
    assert nightly.ring_if_due()
    assert set(bell.rung) == {("refresh_scores",)}


def test_a_file_with_a_good_part_of_the_orders_has_everybody_scored_at_once(shop: Services, bell: Bell) -> None:
    def brought(good: int, kind: str = "import_orders", state: JobState = "finished") -> bool:
        job = Job(id="j", kind=kind, state=state, good=good, created_at=START)
        return shop.refreshing.after_import(job)

    assert brought(100)
    assert not any([brought(99), brought(100, "import_customers"), brought(100, state="failed")])
    assert not shop.refreshing.after_import(None)
    assert shop.refreshing.refresh(statistics)
    shop.models.write("refresh", seen=100_000)
    assert not brought(999)
    assert brought(1_000)
    assert bell.rung == [("refresh_scores",)] * 2


def test_a_shop_with_few_orders_falls_back_to_gaps_and_says_why(services: Services) -> None:
    orders = [
        Order(id=f"{name}{number}", customer_id=name, placed_at=START - days * DAY, currency="EUR", total=1_000)
        for name, bought in {"regular": [100, 70, 40, 10], "once": [200]}.items()
        for number, days in enumerate(bought)
    ]
    services.orders.upsert(orders)
    assert services.refreshing.refresh(statistics)
    current = services.refreshing.current()
    assert current is not None
    assert current.model is not None
    assert (current.model.kind, current.model.gap_days) == ("gaps", 30.0)
    assert current.model.reason == "There are 2 customers with orders, and it takes 100 for a fit that means something."
    regular, once = (scores(services)[name]["lapse"] for name in ("regular", "once"))
    assert regular["p_alive"] > 0.5 > once["p_alive"]
    assert regular["next_at"] < regular["late_at"]


def test_a_shop_where_nobody_came_back_knows_no_gaps_and_expects_nothing(services: Services) -> None:
    services.orders.upsert([Order(id="1", customer_id="c", placed_at=START, currency="EUR", total=1)])
    assert services.refreshing.refresh(statistics)
    kept = scores(services)["c"]["lapse"]
    assert (kept["model"], "p_alive" in kept) == ("none", False)


def test_histories_of_a_large_shop_are_gathered_by_longer_units(shop: Services) -> None:
    histories = MongoHistories(shop.database)
    sizes = [len(histories.groups(START, unit, 10_000)) for unit in (1, 7, 28, 365)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0] / 3
    for unit in (1, 7, 28):
        assert sum(group.customers for group in histories.groups(START, unit, 10_000)) == NUMBER
    assert len(histories.groups(START, 1, 20)) == 21


def test_who_has_gaps_enough_is_late_by_their_own_and_not_before() -> None:
    """Of ten gaps of 9 to 18 days, nine in ten are at most 17."""
    gaps = [10, 12, 9, 11, 14, 13, 15, 16, 17, 18]
    days = [20_000]
    for gap in gaps:
        days.append(days[-1] + gap)
    last = datetime(1970, 1, 1, tzinfo=UTC) + days[-1] * DAY
    model = LapseModel(kind="gaps", fitted_at=START, gap_days=100.0)
    history = History("c", None, days, last, 11, 11_000, {}, {})
    basis = Basis(model, NO_BORDERS, "EUR", last + DAY)
    [found] = statistics.scored(basis, [history])
    assert found.lapse["late_at"] == last + 18 * DAY


def test_a_customer_taken_in_from_elsewhere_is_scored_by_evenly_spread_days(services: Services) -> None:
    profile = {"orders": 3, "days": 3, "first_at": START - 60 * DAY, "last_at": START, "spend": {"EUR": 9}}
    services.database["customers"].insert_one({**to_document(Customer(id="c")), "profile": profile})
    [[history]] = MongoHistories(services.database).batches("", "EUR")
    assert [history.days[0] - history.days[2], history.days[1] * 2] == [-60, history.days[0] + history.days[2]]
