"""A budget is exact whatever dies, sleeps or crowds: the argument of loyalty/settlement.py, attacked step by step."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from common.money import Money
from loyalty.conditions import Refused
from loyalty.facts import Facts
from loyalty.giving import Giving
from loyalty.history import History
from loyalty.offer import Budget
from loyalty.redemption import RedemptionState
from loyalty.vouchers import Vouchers
from storage.bundles import MongoBundles
from storage.vouchers import MongoVouchers
from tests.loyalty.makers import assert_books_agree, basket, code_for, generic, standing
from tests.support.clock import ManualClock
from tests.support.dying import FULL, MOMENTS, Died, Interrupted, at_once, die, killed_in_turn, unless_refused
from wiring import Services

STEPS = range(12)


def vouchers_with(services: Services, at: int, after: bool, happening: Callable[[], None]) -> Vouchers:
    """The service on a storage to which something happens."""
    count = [0]
    offers = Interrupted(services.offers, count, at, after, happening)
    redemptions = Interrupted(services.redemptions, count, at, after, happening)
    return vouchers_on(services, offers, redemptions, MongoBundles(services.database))


def vouchers_on(services: Services, offers: Any, redemptions: Any, bundles: Any) -> Vouchers:
    """The service on these stores."""
    facts = Facts(
        history=History(services.customers, services.orders),
        products=services.products,
        shop=services.shops.get,
        programme=services.points_programmes.get,
        in_segments=services.in_segments,
    )
    return Vouchers(
        offers=offers,
        budgets=offers,
        store=MongoVouchers(services.database, services.clock),
        redemptions=redemptions,
        bundles=bundles,
        facts=facts,
        giving=Giving(lambda: services.points_books, redemptions),
        clock=services.clock,
        grace=60,
    )


def redeem(vouchers: Vouchers, code: str) -> None:
    vouchers.redeem(code, "ana", basket())


def reserve(vouchers: Vouchers, code: str) -> None:
    vouchers.reserve(code, "ana", basket(), seconds=1e6)


def reserve_and_redeem_more(vouchers: Vouchers, code: str) -> None:
    vouchers.reserve(code, "ana", basket(total=500))
    vouchers.redeem(code, "ana", basket(total=800))


def redeem_and_roll_back(vouchers: Vouchers, code: str) -> None:
    vouchers.rollback(vouchers.redeem(code, "ana", basket()).id)


STORIES = [redeem, reserve, reserve_and_redeem_more, redeem_and_roll_back]
BUDGET = Budget(uses=2, money=Money(2_000, "EUR"), per_customer=2)


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("after", MOMENTS)
def test_a_process_that_dies_at_any_step_leaves_what_another_finishes(
    services: Services, clock: ManualClock, story: Callable[[Vouchers, str], None], after: bool
) -> None:
    for step in STEPS:
        code = code_for(services, id=f"offer-{step}", budget=BUDGET)
        try:
            story(vouchers_with(services, step, after, die), code)
        except Died:
            clock.advance(61)
            services.vouchers.recover()
        else:
            break
        kept = services.offers.get(f"offer-{step}")
        counted = [one for one in standing(services) if one.offer == kept.id]
        assert kept.open == []
        assert kept.spent.uses == len(counted) <= 1
        assert kept.spent.money.get("EUR", 0) == sum(one.discount for one in counted)
    else:
        raise AssertionError("The story has more steps than were tried.")


def test_who_asks_again_gets_the_last_place_that_a_dead_process_took_for_them(
    services: Services, clock: ManualClock
) -> None:
    code = code_for(services, id="last", budget=Budget(uses=1))
    with pytest.raises(Died):
        redeem(vouchers_with(services, at=1, after=False, happening=die), code)
    assert services.offers.get("last").spent.uses == 1
    with pytest.raises(Refused):
        services.vouchers.redeem(code, "ana", basket("another"))
    again = services.vouchers.redeem(code, "ana", basket())
    clock.advance(61)
    services.vouchers.recover()
    assert [one.id for one in standing(services)] == [again.id]
    assert services.offers.get("last").spent.uses == 1


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("after", MOMENTS)
def test_a_process_that_sleeps_at_any_step_and_wakes_up_late_spoils_nothing(
    services: Services, clock: ManualClock, story: Callable[[Vouchers, str], None], after: bool
) -> None:
    for step in STEPS:
        code = code_for(services, id=f"offer-{step}", budget=BUDGET)
        slept = []

        def meanwhile(code: str = code, slept: list[int] = slept) -> None:
            slept.append(1)
            clock.advance(61)
            services.vouchers.recover()
            unless_refused(lambda: services.vouchers.redeem(code, "ana", basket()))
            unless_refused(lambda: services.vouchers.redeem(code, "ana", basket("o2")))
            for one in standing(services):
                if one.offer == services.vouchers.get(code).offer:
                    services.vouchers.rollback(one.id)
            unless_refused(lambda: services.vouchers.redeem(code, "ana", basket("o3")))

        unless_refused(lambda step=step, code=code: story(vouchers_with(services, step, after, meanwhile), code))
        if not slept:
            break
        clock.advance(61)
        services.vouchers.recover()
        kept = services.offers.get(f"offer-{step}")
        counted = [one for one in standing(services) if one.offer == kept.id]
        assert kept.open == []
        assert kept.spent.uses == len(counted) == 1
        assert kept.spent.money["EUR"] == sum(one.discount for one in counted)


def test_a_release_that_was_decided_and_not_booked_is_not_lost_when_the_order_comes_again(services: Services) -> None:
    code = code_for(services, budget=BUDGET)
    held = services.vouchers.reserve(code, "ana", basket(total=500))
    with pytest.raises(Died):
        vouchers_with(services, 2, False, die).rollback(held.id)
    services.vouchers.redeem(code, "ana", basket(total=800))
    assert_books_agree(services)


def test_a_sweep_that_wakes_up_late_does_not_end_a_newer_hold(services: Services, clock: ManualClock) -> None:
    code = code_for(services, budget=BUDGET)
    services.vouchers.reserve(code, "ana", basket(total=500), seconds=30)
    clock.advance(31)
    newer = []
    late = vouchers_with(
        services, 0, False, lambda: newer.append(services.vouchers.reserve(code, "ana", basket(total=800)))
    )
    assert late.recover() == 1
    assert standing(services) == newer
    assert_books_agree(services)


def test_a_hold_that_was_finished_by_another_and_released_is_not_kept_again_by_who_wakes_up(
    services: Services, clock: ManualClock
) -> None:
    code = code_for(services, budget=BUDGET)
    services.vouchers.rollback(services.vouchers.reserve(code, "ana", basket()).id)

    def meanwhile() -> None:
        clock.advance(61)
        services.vouchers.recover()
        for one in standing(services):
            services.vouchers.rollback(one.id)

    again = vouchers_with(services, 1, False, meanwhile).reserve(code, "ana", basket())
    assert again.standing
    assert_books_agree(services)


def test_of_64_at_once_exactly_as_many_as_the_cap_allows_win(services: Services) -> None:
    code = generic(services, uses=20)
    uses = [lambda n=n: services.vouchers.redeem(code, f"customer-{n}", basket(f"o{n}")) for n in range(64)]
    assert at_once(uses) == 20
    assert len(standing(services)) == 20
    assert_books_agree(services)


def test_of_32_at_once_exactly_one_gets_a_single_use_code(services: Services) -> None:
    code = code_for(services)
    uses = [lambda n=n: services.vouchers.redeem(code, f"customer-{n}", basket(f"o{n}")) for n in range(32)]
    assert at_once(uses) == 1
    assert_books_agree(services)


def test_of_one_customers_many_orders_at_once_only_as_many_win_as_allowed(services: Services) -> None:
    code = generic(services, per_customer=3)
    uses = [lambda n=n: services.vouchers.redeem(code, "ana", basket(f"o{n}")) for n in range(24)]
    assert at_once(uses) == 3
    assert_books_agree(services)


def test_the_same_order_many_times_at_once_is_one_redemption(services: Services) -> None:
    code = generic(services, uses=10)
    got: list[str] = []
    uses = [lambda: got.append(services.vouchers.redeem(code, "ana", basket()).attempt) for _ in range(16)]
    assert at_once(uses) == 16
    assert len(set(got)) == 1
    assert_books_agree(services)


def test_rolled_back_many_times_at_once_is_given_back_once(services: Services) -> None:
    code = generic(services, uses=3)
    ids = [services.vouchers.redeem(code, "ana", basket(f"o{n}")).id for n in range(3)]
    assert at_once([lambda: services.vouchers.rollback(ids[0]) for _ in range(16)]) == 16
    assert services.offers.get("tenth").spent.uses == 2
    assert_books_agree(services)


def test_a_money_budget_holds_against_random_amounts_and_rollbacks_at_once(services: Services) -> None:
    code = generic(services, money=10_000)
    chosen = random.Random(11)
    totals = [chosen.randrange(1, 30_000) for _ in range(48)]

    def use(number: int) -> None:
        redemption = services.vouchers.redeem(code, "ana", basket(f"o{number}", total=totals[number]))
        assert services.offers.get("tenth").spent.money["EUR"] <= 10_000
        if number % 3 == 0:
            services.vouchers.rollback(redemption.id)

    at_once([lambda number=number: use(number) for number in range(48)])
    assert sum(one.discount for one in standing(services)) <= 10_000
    assert_books_agree(services)


@pytest.mark.skipif(not FULL, reason="tests/faults/test_checkout.py kills, too; ENCORE_FAULTS=full")
def test_killed_again_and_again_it_comes_out_exact(services: Services, clock: ManualClock) -> None:
    code = generic(services, uses=40, money=30_000)
    kills = [[code, str(seed)] for seed in range(20)]
    killed_in_turn("tests.loyalty.redeemer", kills, services.settings, (0.02, 0.25))
    clock.set(services.clock.now().replace(year=2200))
    services.vouchers.recover()
    assert services.offers.get("tenth").spent.uses <= 40
    assert services.offers.get("tenth").spent.money["EUR"] <= 30_000
    assert [one for one in standing(services) if one.state is RedemptionState.REDEEMED]
    assert_books_agree(services)
