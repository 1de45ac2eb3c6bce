"""Bad news when everything goes wrong at once: told once, given once, and never a cent beyond the goodwill budget."""

import random
from datetime import timedelta
from functools import partial

from common.money import Money
from common.settings import Settings
from loyalty.budgets import Budget, PeriodLimit
from loyalty.goodwill import GoodwillRule
from tests.campaigns.care import teller
from tests.journeys.shop import Bench
from tests.support.care import Troubled, states
from tests.support.clock import ManualClock
from tests.support.dying import FULL, at_once, killed_in_turn
from tests.support.wire import wired
from wiring import Services

RULE = GoodwillRule(give={"kind": "amount", "percent_of_order": 10, "steps": 1})
CROWD, ROUNDS = (64, 20) if FULL else (16, 2)
# Every command in turn, or some of them.
STRIDE = 1 if FULL else 7


def told(services: Services, clock: ManualClock) -> None:
    """What a scheduler and a worker do once."""
    services.events.pump()
    services.noticing.react()
    services.telling.work()


def test_a_worker_cut_off_at_any_command_tells_and_gives_once(
    services: Services, settings: Settings, clock: ManualClock
) -> None:
    mine = Services(settings, clock, Bench())
    shop = Troubled(mine, clock, rules=[RULE])
    shop.customers(1)
    with wired(settings) as wire:
        shaky = wire.services(clock)
        shop.order("whole")
        shop.happens("whole", "damaged")
        commands = len(wire.until_cut(None, partial(told, shaky, clock)))
        assert commands >= 30
        orders = ["whole"]
        for step in range(1, commands + 1, STRIDE):
            orders.append(f"o{step}")
            shop.order(f"o{step}")
            shop.happens(f"o{step}", "damaged")
            wire.until_cut(step, partial(told, shaky, clock))
            wire.relay.mend()
            clock.advance(61)
            mine.vouchers.recover()
            mine.sweeper.sweep()
            shop.settle()
            check(shop, orders)
    mine.close()


def check(shop: Troubled, orders: list[str]) -> None:
    """Each order has one case, one make-good, one message; and the budget holds what was given."""
    services, database = shop.services, shop.services.database
    assert set(states(services, orders).values()) == {"told"}
    assert [len(case.given) for case in services.cases.of_orders(orders)] == [1] * len(orders)
    assert database["messages"].count_documents({}) == len(orders)
    assert shop.purse() == {"EUR": 400 * len(orders)}
    assert services.offers.get("goodwill").open == []


def test_a_worker_cut_off_at_any_command_tells_each_changed_date_once(
    services: Services, settings: Settings, clock: ManualClock
) -> None:
    mine = Services(settings, clock, Bench())
    shop = Troubled(mine, clock, rules=[RULE])
    shop.customers(1)
    shop.order("o1")

    def moved(day: int) -> None:
        clock.advance(61)
        shop.happens("o1", "delayed", expected_at=clock.now() + timedelta(days=day))

    moved(3)
    shop.settle()
    with wired(settings) as wire:
        shaky = wire.services(clock)
        moved(4)
        commands = len(wire.until_cut(None, partial(told, shaky, clock)))
        shop.settle()
        steps = range(1, commands + 1, STRIDE if FULL else 2 * STRIDE)
        for step in steps:
            moved(4 + step)
            wire.until_cut(step, partial(told, shaky, clock))
            wire.relay.mend()
            clock.advance(61)
            mine.sweeper.sweep()
            shop.settle()
    case = shop.case("o1", "delayed")
    assert (len(case.dates), len(case.updates), len(case.given)) == (2 + len(steps), 1 + len(steps), 1)
    assert mine.database["messages"].count_documents({}) == 2 + len(steps)
    assert len(shop.letters()) == 2 + len(steps)
    mine.close()


def test_events_twice_and_shuffled_lead_to_the_same(services: Services, settings: Settings, clock: ManualClock) -> None:
    chance = random.Random(7)
    happened = ["delayed", "shipped", "delivery_failed", "delayed", "delivered"]
    for round_ in range(ROUNDS):
        mine = Services(settings, clock, Bench())
        shop = Troubled(mine, clock, rules=[RULE])
        shop.customers(1)
        order, now = f"o{round_}", clock.now()
        shop.order(order)
        events = [(name, {"id": str(place), "at": now}) for place, name in enumerate(happened)] * 2
        chance.shuffle(events)
        for name, facts in events:
            shop.happens(order, name, **facts)
            shop.settle(chance.randint(0, 2))
        shop.settle()
        cases = mine.cases.of_orders([order])
        assert {case.state for case in cases} <= {"solved"}, cases
        assert len({case.cause for case in cases}) == len(cases)
        sent = mine.database["messages"].count_documents({"data.event.order": order})
        assert sent == sum(bool(case.message) + bool(case.good_news) for case in cases)
        mine.close()


def test_a_crowd_never_takes_more_than_the_budget_holds(services: Services, clock: ManualClock) -> None:
    month = PeriodLimit(per="month", money=Money(100_000, "EUR"))
    budget = Budget(customer_money=Money(700, "EUR"), periods=[month], money=Money(CROWD * 75, "EUR"))
    purse = services.purse
    purse.offer(budget)
    refused: list[str] = []

    def take(number: int) -> None:
        refused.append(purse.take(f"p{number // 2}", f"c{number // 2 % (CROWD // 4)}", Money(400, "EUR"), budget))

    for _ in range(2):
        at_once([partial(take, number) for number in range(CROWD)])
    spent = services.offers.get("goodwill").spent
    assert spent.money["EUR"] == CROWD * 75
    stood = list(services.database["redemptions"].find({"state": "redeemed"}))
    assert sum(one["discount"] for one in stood) == spent.money["EUR"]
    assert len({one["order"] for one in stood}) == len(stood)
    assert len({one["customer"] for one in stood}) == len(stood)
    assert {"customer_money", "budget_money"} <= set(refused)


def test_tellers_killed_in_the_middle_leave_nothing_twice(
    services: Services, settings: Settings, clock: ManualClock
) -> None:
    mine = Services(settings, clock, Bench())
    shop = Troubled(mine, clock, rules=[RULE])
    orders = [f"o{number}" for number in range(48 if FULL else 12)]
    shop.customers(*range(1, 5))
    for number, order in enumerate(orders):
        shop.order(order, f"c{number % 4 + 1}")
        shop.happens(order, "damaged")
    killed_in_turn(teller.__name__, [[]] * (6 if FULL else 1), settings, (0.05, 0.6))
    clock.advance(61)
    mine.vouchers.recover()
    mine.sweeper.sweep()
    for _ in range(6):
        shop.settle()
    check(shop, orders)
    mine.close()
