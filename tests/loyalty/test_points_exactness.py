"""Points are exact whatever dies, crowds in, or wakes up late: the argument of loyalty/points_books.py, attacked."""

from collections.abc import Callable
from typing import Any

import pytest

from customers.order_events import OrderEvent
from customers.orders import Order
from loyalty.points import TooFew
from loyalty.points_books import Books
from loyalty.points_feed import PointsFeed
from loyalty.points_service import Points
from storage.points import MongoAccounts, MongoFacets, MongoLedger
from storage.points_reports import MongoLiability, MongoOrderDays
from tests.loyalty.points_makers import accounts, balance, mistakes, person, with_reward
from tests.support.clock import ManualClock
from tests.support.dying import FULL, MOMENTS, Died, Interrupted, at_once, die, killed_in_turn
from wiring import Services

STEPS = range(24)


class Cast:
    """The services of somebody to whom something happens."""

    def __init__(self, services: Services, at: int, after: bool, happening: Callable[[], None]) -> None:
        count, database = [0], services.database

        def watched(real: Any) -> Any:
            return Interrupted(real, count, at, after, happening)

        def issue(offer: str, source: str, customer: str) -> str:
            return services.vouchers.mint(offer, {source: customer})[source]

        books = Books(
            accounts=watched(MongoAccounts(database)),
            ledger=watched(MongoLedger(database)),
            facets=watched(MongoFacets(database)),
            programmes=services.points_programmes,
            shop=services.shops.get,
            issue=watched(None).watched(issue),
            clock=services.clock,
        )
        self.points = Points(books, services.offers, MongoLiability(database), 60)
        days = MongoOrderDays(database)
        self.feed = PointsFeed(books, services.events, services.orders, services.products, days)


def spend(cast: Cast) -> None:
    cast.points.spend("ana", "op", "tenth", "tests")


def give(cast: Cast) -> None:
    cast.points.adjust("ana", "op", 70, "", "tests")


def earn_and_take_back(cast: Cast) -> None:
    cast.feed.reconcile(["o1", "o2", "o3"])


def merge(cast: Cast) -> None:
    cast.points.transfer("ana", "ben")


STORIES = [spend, give, earn_and_take_back, merge]
# What a story comes to once it is finished: both balances, pending points and vouchers.
COMES_TO = {
    spend: (150, 40, 0, 1),
    give: (320, 40, 0, 0),
    earn_and_take_back: (250, 40, 70, 0),
    merge: (290, 290, 0, 0),
}


def opened(services: Services) -> None:
    """Ana has 250 points and a few orders; Ben has 40."""
    for name in ("points_accounts", "points_ledger", "customers", "orders", "vouchers", "offers", "points_programmes"):
        services.database[name].delete_many({})
    with_reward(services, 250)
    person(services, "ben")
    services.points.adjust("ben", "opening", 40, "", "tests")
    now = services.clock.now()
    for order, customer, total in [("o1", "ana", 5_000), ("o2", "ana", 9_000), ("o3", "ben", 4_000)]:
        services.orders.upsert([Order(id=order, customer_id=customer, placed_at=now, currency="EUR", total=total)])
    services.orders.add_event("o2", OrderEvent(type="refunded", at=now, amount=9_000))
    services.orders.add_event("o1", OrderEvent(type="refunded", at=now, amount=2_000))


def outcome(services: Services) -> tuple[int, int, int, int]:
    """What a story came to."""
    ana, ben = balance(services, "ana"), balance(services, "ben")
    vouchers: int = services.database["vouchers"].count_documents({})
    return ana[0], ben[0], ana[1] + ben[1] if ana != ben else ana[1], vouchers


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("after", MOMENTS)
def test_a_process_that_dies_at_any_step_leaves_what_another_finishes(
    services: Services, clock: ManualClock, story: Callable[[Cast], None], after: bool
) -> None:
    for step in STEPS:
        opened(services)
        before = outcome(services)
        try:
            story(Cast(services, step, after, die))
        except Died:
            clock.advance(61)
            services.points.recover()
        else:
            break
        assert mistakes(services) == [], step
        assert outcome(services) in (before, COMES_TO[story]), step
        for account in accounts(services):
            kept = services.customers.get([account.id])[account.id].loyalty
            assert account.moved_to or (kept["points"], kept["version"]) == (account.balance, account.version), step
        story(Cast(services, -1, after, die))
        assert outcome(services) == COMES_TO[story], step
        assert mistakes(services) == [], step
    else:
        raise AssertionError("The story has more steps than were tried.")
    assert step >= 4


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("after", MOMENTS)
def test_a_process_that_sleeps_at_any_step_and_wakes_up_late_spoils_nothing(
    services: Services, clock: ManualClock, story: Callable[[Cast], None], after: bool
) -> None:
    for step in STEPS:
        opened(services)
        slept = []

        def meanwhile(slept: list[int] = slept) -> None:
            slept.append(1)
            clock.advance(61)
            services.points.recover()
            services.points.adjust("ana", "meanwhile", 5, "", "tests")
            services.points_feed.reconcile(["o1", "o2", "o3"])
            story(Cast(services, -1, after, die))

        story(Cast(services, step, after, meanwhile))
        if not slept:
            break
        clock.advance(61)
        services.points.recover()
        assert mistakes(services) == [], step
        ana, ben, _, vouchers = COMES_TO[story]
        assert outcome(services) == (ana + 5, ben + (5 if story is merge else 0), 70, vouchers), step


def test_of_64_who_spend_at_once_exactly_as_many_as_there_are_points_for_win(services: Services) -> None:
    with_reward(services, 2_050)
    uses = [lambda n=n: _unless_too_few(services, f"op-{n}") for n in range(64)]
    assert at_once(uses) == 64
    services.points.recover()
    assert balance(services) == (50, 0)
    assert services.database["vouchers"].count_documents({}) == 20
    assert services.database["points_ledger"].count_documents({"kind": "spent"}) == 20
    services.clock.advance(61)  # type: ignore[attr-defined]  # a test's clock
    services.points.recover()
    assert mistakes(services) == []
    assert services.customers.get(["ana"])["ana"].loyalty["points"] == 50


def _unless_too_few(services: Services, operation: str) -> None:
    try:
        services.points.spend("ana", operation, "tenth", "tests")
    except TooFew:
        return


def test_the_same_spending_many_times_at_once_takes_points_once(services: Services) -> None:
    with_reward(services, 1_000)
    got: list[str] = []
    uses = [lambda: got.append(services.points.spend("ana", "once", "tenth", "tests")[1]) for _ in range(16)]
    assert at_once(uses) == 16
    assert len(set(got)) == 1
    assert balance(services) == (900, 0)


def test_killed_again_and_again_it_comes_out_exact(services: Services, clock: ManualClock) -> None:
    with_reward(services, 5_000, window=0)
    person(services, "ben")
    kills = [[str(number)] for number in range(20 if FULL else 2)]
    killed_in_turn("tests.loyalty.spender", kills, services.settings, (0.3, 1.2))
    clock.set(services.clock.now().replace(year=2026, month=12))
    while services.points.recover():
        pass
    assert mistakes(services) == []
    spent = list(services.database["points_ledger"].find({"kind": "spent"}))
    assert len(spent) > 10
    assert services.database["vouchers"].count_documents({}) == len(spent)
    orders = [found["_id"] for found in services.database["orders"].find({}, {"_id": 1})]
    services.points_feed.reconcile(orders)
    for account in accounts(services):
        net = services.orders.of_customer(account.id)
        earned = sum(one.counted for one in services.points_books.ledger.of_lots([f"order:{o.id}" for o in net]))
        assert earned == sum(_still(order) for order in net)
    assert mistakes(services) == []


def _still(order: Order) -> int:
    """What an order of one item still gives: whole points, and of them the part that was not refunded."""
    return (order.total // 100) * (order.total - order.refunded) // order.total
