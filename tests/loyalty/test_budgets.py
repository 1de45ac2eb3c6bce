"""Budgets of every kind: exact at their cap with everybody at once, seen, told of, given back in whole or in part."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from common.errors import Invalid
from common.money import Money
from customers.customer import Customer
from loyalty.budgets import BudgetState, Counted, Limit, PeriodLimit, stale_keys, states
from loyalty.changes import told_of
from loyalty.conditions import Refused
from loyalty.facts import Asked
from loyalty.offer import Budget, checked
from tests.loyalty.makers import assert_books_agree, basket, code_for, offer, standing
from tests.loyalty.test_exactness import at_once
from tests.support.clock import ManualClock
from wiring import Services

EUR_30 = Money(3_000, "EUR")
DAY = timedelta(days=1)


def reason_of(services: Services, code: str, order: str, customer: str = "ana", total: int = 10_000) -> str:
    """Why a code is refused, alike when it is tried and when it is used; empty where it is not."""
    tried, used = services.vouchers.validate(code, customer, basket(order, total)).reason, ""
    try:
        services.vouchers.redeem(code, customer, basket(order, total))
    except Refused as refused:
        used = refused.reason
    assert tried == used
    return used


def limited(services: Services, **budget: Any) -> str:
    """A code that anybody may use within this budget."""
    return code_for(services, single_use=False, budget=Budget(**budget))


def test_a_periods_budget_ends_with_the_period_in_the_shops_own_time(services: Services, clock: ManualClock) -> None:
    services.shops.put(replace(services.shops.get(), time_zone="America/New_York"))
    code = limited(services, periods=[PeriodLimit(per="day", uses=1), PeriodLimit(per="month", money=EUR_30)])
    clock.set(clock.now().replace(month=3, day=8, hour=4, minute=59))  # 23:59 on 7 March; the clock is put forward
    assert reason_of(services, code, "o1") == ""
    assert reason_of(services, code, "o2") == "day_uses"
    clock.advance(60)
    assert reason_of(services, code, "o2") == ""
    clock.advance(23 * 3_600 - 1)  # that day has 23 hours, and one second is left of it
    assert reason_of(services, code, "o3") == "day_uses"
    clock.advance(1)
    assert reason_of(services, code, "o3") == ""
    clock.advance(86_400)
    assert reason_of(services, code, "o4") == "month_money"
    assert reason_of(services, code, "o4", total=0) == "nothing_given"
    clock.advance(30 * 86_400)
    assert reason_of(services, code, "o5") == ""
    by = services.offers.get("tenth").spent.by
    assert len([key for key in by if key.startswith("day_")]) == 2, "days that are over are not kept for ever"
    assert_books_agree(services)


def test_a_customer_has_so_many_uses_a_week_and_so_much_money(services: Services, clock: ManualClock) -> None:
    weekly = [PeriodLimit(per="week", per_customer=1)]
    code = limited(services, periods=weekly, customer_money=Money(2_500, "EUR"))
    assert reason_of(services, code, "o1") == ""
    assert reason_of(services, code, "o2") == "customer_week"
    assert reason_of(services, code, "b1", "ben") == ""
    clock.advance(7 * 86_400)
    used = services.vouchers.redeem(code, "ana", basket("o2"))
    clock.advance(7 * 86_400)
    assert reason_of(services, code, "o3") == "customer_money"
    assert reason_of(services, code, "o3", total=5_000) == ""
    services.vouchers.rollback(used.id)
    clock.advance(7 * 86_400)
    assert reason_of(services, code, "o4") == ""
    clock.advance(7 * 86_400)
    assert reason_of(services, code, "o5", total=10) == "customer_money"
    assert_books_agree(services)


def test_a_campaigns_codes_have_their_own_budget(services: Services) -> None:
    services.offers.add(offer(budget=Budget(per_campaign=Limit(uses=1, money=EUR_30))))
    one = services.vouchers.mint("tenth", {"m1": "ana", "m2": "ben"}, campaign="spring")
    other = services.vouchers.mint("tenth", {"m3": "ana"}, campaign="a $.strange {name}")
    by_hand = services.vouchers.mint("tenth", {"x": "", "y": ""})
    assert reason_of(services, one["m1"], "o1") == ""
    assert reason_of(services, one["m2"], "o2", "ben") == "campaign_uses"
    assert reason_of(services, other["m3"], "o3", total=40_000) == "campaign_money"
    assert reason_of(services, other["m3"], "o3", total=30_000) == ""
    assert [reason_of(services, code, code) for code in by_hand.values()] == ["", ""]
    kept = services.offers.get("tenth")
    named = {(one.key, one.what): (one.used, one.left) for one in states(kept.budget, kept.spent, services.clock.now())}
    assert named == {
        ("spring", "uses"): (1, 0),
        ("spring", "money"): (1_000, 2_000),
        ("a $.strange {name}", "uses"): (1, 0),
        ("a $.strange {name}", "money"): (3_000, 0),
    }


CROWDED: list[tuple[dict[str, Any], int]] = [
    ({"periods": [PeriodLimit(per="day", uses=7)]}, 7),
    ({"periods": [PeriodLimit(per="week", money=EUR_30)]}, 3),
    ({"per_campaign": Limit(uses=5)}, 5),
    ({"customer_money": EUR_30}, 3),
    ({"periods": [PeriodLimit(per="month", per_customer=2)]}, 2),
    ({"uses": 9, "periods": [PeriodLimit(per="day", uses=8)], "per_campaign": Limit(money=Money(6_000, "EUR"))}, 6),
]


@pytest.mark.parametrize(("budget", "winners"), CROWDED)
def test_of_64_at_once_exactly_as_many_as_a_cap_allows_win(
    services: Services, budget: dict[str, Any], winners: int
) -> None:
    services.offers.add(offer(budget=Budget(**budget)))
    code = services.vouchers.mint("tenth", {"m": "ana"}, campaign="spring", single_use=False)["m"]
    uses = [lambda n=n: services.vouchers.redeem(code, "ana", basket(f"o{n}")) for n in range(64)]
    assert at_once(uses) == winners
    assert len(standing(services)) == winners
    assert_books_agree(services)
    kept = services.offers.get("tenth")
    for counted in kept.spent.by.values():
        assert (counted.uses, counted.money) == (winners, {"EUR": winners * 1_000})


def test_every_limit_shows_what_is_used_and_left_and_is_told_of_once(services: Services, clock: ManualClock) -> None:
    code = limited(services, uses=5, money=Money(10_000, "EUR"), periods=[PeriodLimit(per="day", uses=10)])
    used = [services.vouchers.redeem(code, "ana", basket(f"o{n}")) for n in range(4)]
    kept = services.offers.get("tenth")
    first, money, day = states(kept.budget, kept.spent, clock.now())
    assert (first.used, first.left, first.percent, first.alert) == (4, 1, 80, 80)
    assert money == BudgetState(
        scope="all", key="", what="money", currency="EUR", limit=10_000, used=4_000, left=6_000, percent=40, alert=None
    )
    assert (day.scope, day.key, day.used, day.left) == ("day", "2026-03-02", 4, 6)
    assert services.budget_alerts.look() == 1
    assert services.budget_alerts.look() == 0
    services.vouchers.redeem(code, "ana", basket("o5"))
    services.vouchers.rollback(used[0].id)
    services.vouchers.redeem(code, "ana", basket("o6"))
    clock.advance(30)
    assert services.budget_alerts.look() == 1
    told = [(one.what, one.percent, one.limit) for one in services.offers.get("tenth").alerts]
    assert told == [("uses", 80, 5), ("uses", 100, 5)]
    services.events.pump()
    events = [one for one in services.events.waiting_for("triggers", 10) if one.type != told_of("offer")]
    assert [(one.type, one.data["percent"], one.data["offer"]) for one in events] == [
        ("offer_budget_reached", 80, "tenth"),
        ("offer_budget_reached", 100, "tenth"),
    ]
    now = services.offers.get("tenth")
    raised = services.offers.change(replace(now, budget=Budget(uses=6)), now.version)
    assert services.budget_alerts.look() == 1, "another limit is other news"
    assert services.offers.change(raised, raised.version).alerts[-1].limit == 6


def test_a_part_is_taken_back_once_and_the_whole_may_follow(services: Services) -> None:
    code = limited(services, uses=2, money=EUR_30, periods=[PeriodLimit(per="day", money=EUR_30)], per_customer=1)
    used = services.vouchers.redeem(code, "ana", basket())
    part = services.vouchers.rollback(used.id, Money(400, "EUR"))
    assert (part.state, part.returned) == (used.state, 400)
    again = services.vouchers.rollback(used.id, Money(400, "EUR"))
    assert (again.reason, again.returned) == ("already_rolled_back", 400)
    spent = services.offers.get("tenth").spent
    assert (spent.uses, spent.money, spent.by["day_2026-03-02"].money) == (1, {"EUR": 600}, {"EUR": 600})
    with pytest.raises(Refused) as refused:
        services.vouchers.rollback(used.id, Money(300, "EUR"))
    assert refused.value.reason == "already_rolled_back"
    assert reason_of(services, code, "o2") == "customer_limit"
    services.vouchers.rollback(used.id)
    spent = services.offers.get("tenth").spent
    assert (spent.uses, spent.money, spent.by["day_2026-03-02"]) == (0, {"EUR": 0}, Counted(money={"EUR": 0}))
    with pytest.raises(Refused):
        services.vouchers.rollback(used.id, Money(300, "EUR"))


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("amount.amount", Money(0, "EUR")),
        ("amount.amount", Money(1_000, "EUR")),
        ("amount.amount", Money(10**12, "EUR")),
        ("amount.currency", Money(1, "USD")),
    ],
)
def test_a_part_that_is_none_is_refused_by_its_field(services: Services, field: str, part: Money) -> None:
    used = services.vouchers.redeem(limited(services), "ana", basket())
    with pytest.raises(Invalid) as refused:
        services.vouchers.rollback(used.id, part)
    assert list(refused.value.fields) == [field]


def test_a_hold_has_no_part_to_take_back(services: Services) -> None:
    held = services.vouchers.reserve(limited(services), "ana", basket())
    with pytest.raises(Refused) as refused:
        services.vouchers.rollback(held.id, Money(1, "EUR"))
    assert refused.value.reason == "not_redeemed"


def test_a_budget_names_each_period_once_and_says_something_of_it() -> None:
    for place, periods in ((1, [PeriodLimit(per="day", uses=1)] * 2), (0, [PeriodLimit(per="week")])):
        with pytest.raises(Invalid) as refused:
            checked(offer(budget=Budget(periods=periods)))
        assert next(iter(refused.value.fields)).startswith(f"budget.periods.{place}")


def test_only_what_is_over_for_good_is_forgotten() -> None:
    by = {
        key: Counted() for key in ("day_2026-03-01", "day_2026-03-02", "day_2026-03-03", "campaign_x", "week_2026-W09")
    }
    assert stale_keys(by, ["day_2026-03-04"]) == ["day_2026-03-01", "day_2026-03-02"]
    assert stale_keys(by, ["day_2026-03-02"]) == ["day_2026-03-01"]
    assert stale_keys(by, []) == []


def test_what_both_used_in_a_week_counts_as_theirs_and_the_forgotten_leave_no_turn(services: Services) -> None:
    services.customers.upsert([Customer(id="ana"), Customer(id="anna")])
    week = [PeriodLimit(per="week", per_customer=2)]
    code = limited(services, periods=week, customer_money=Money(5_000, "EUR"))
    assert [reason_of(services, code, f"{who}-1", who) for who in ("ana", "anna")] == ["", ""]
    services.merger.merge("ana", "anna")
    assert reason_of(services, code, "o3", "ana") == "customer_week"
    other = code_for(services, id="other", single_use=False)
    wanted = Asked(customer="ana", basket=basket("o4"))
    services.checkout.redeem([other, code_for(services, id="third")], wanted)
    services.eraser.erase("ana")
    left = [*services.database["bundles"].find(), *services.database["redemptions"].find()]
    assert left
    assert not [one for one in left if one["customer"] in ("ana", "anna")]
    held = [place for one in left for place in [*one.get("holds", []), *one.get("stays", [])]]
    assert not [place for place in held if place.startswith("customer:")]
