"""Several codes on one order: all of them or none, whoever dies, sleeps or crowds in, at whatever step."""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from msgspec.structs import replace

from common.errors import Invalid, NotFound
from common.money import Money
from loyalty.checkout import Checkout, NotAll
from loyalty.conditions import Reason, Refused
from loyalty.facts import Asked
from loyalty.offer import Budget, Conditions
from loyalty.redemption import Redemption, RedemptionState
from storage.bundles import MongoBundles
from tests.loyalty.makers import basket, code_for, standing
from tests.loyalty.test_exactness import Died, Interrupted, at_once, die, vouchers_on
from tests.support.clock import ManualClock
from wiring import Services

FULL = os.environ.get("ENCORE_FAULTS") == "full"
STEPS = range(60)
# Right after a write is right before the next one, but for what is not a write.
each_side = pytest.mark.parametrize("after", [False, True] if FULL else [True])
ONCE = Budget(uses=1, money=Money(1_000, "EUR"))
Story = Callable[[Checkout, list[str], Asked], list[Redemption]]


def asked(order: str = "o1", customer: str = "ana", total: int = 10_000) -> Asked:
    return Asked(customer=customer, basket=basket(order, total))


def two(services: Services, number: int = 0, **fields: Any) -> list[str]:
    """Two codes of two offers that can be used once each."""
    return [code_for(services, id=f"{name}-{number}", budget=ONCE, **fields) for name in ("one", "other")]


def checkout_with(services: Services, at: int, after: bool, happening: Callable[[], None]) -> Checkout:
    """The service on a storage to which something happens at one of its writes."""
    count = [0]
    offers, redemptions, bundles = (
        Interrupted(one, count, at, after, happening)
        for one in (services.offers, services.redemptions, MongoBundles(services.database))
    )
    vouchers = vouchers_on(services, offers, redemptions, bundles)
    return Checkout(vouchers, offers, redemptions, bundles, services.clock, grace=60)


def assert_all_or_none(services: Services, codes: list[str]) -> int:
    """All of the codes stand, or none, nothing is half done, and the budgets say just that; how many stand."""
    counted = [one for one in standing(services) if one.code in codes]
    assert len(counted) in (0, len(codes)), [(one.offer, one.state) for one in counted]
    for code in codes:
        kept = services.offers.get(services.vouchers.get(code).offer)
        mine = [one for one in counted if one.offer == kept.id]
        assert kept.open == []
        assert kept.spent.uses == len(mine)
        assert kept.spent.money.get("EUR", 0) == sum(one.discount for one in mine)
    return len(counted)


def later(services: Services, clock: ManualClock, seconds: float = 61) -> None:
    """What the chores do after a while, more than once."""
    for _ in range(2):
        clock.advance(seconds)
        services.vouchers.recover()
        services.checkout.recover()


def redeem(checkout: Checkout, codes: list[str], wanted: Asked) -> list[Redemption]:
    return checkout.redeem(codes, wanted)


def reserve(checkout: Checkout, codes: list[str], wanted: Asked) -> list[Redemption]:
    return checkout.reserve(codes, wanted, 1e6)


def reserve_and_redeem(checkout: Checkout, codes: list[str], wanted: Asked) -> list[Redemption]:
    checkout.reserve(codes, wanted, 1e6)
    return checkout.redeem(codes, wanted)


@pytest.mark.parametrize("story", [redeem, reserve, reserve_and_redeem] if FULL else [reserve_and_redeem])
@each_side
def test_a_process_that_dies_at_any_step_leaves_all_or_none(
    services: Services, clock: ManualClock, story: Story, after: bool
) -> None:
    seen = set()
    for step in STEPS:
        codes = two(services, step)
        try:
            story(checkout_with(services, step, after, die), codes, asked(f"o{step}"))
        except Died:
            later(services, clock)
        else:
            break
        seen.add(assert_all_or_none(services, codes))
        services.checkout.redeem(codes, asked(f"o{step}"))
        assert assert_all_or_none(services, codes) == 2, "the shop's next call with the same order finishes it"
    else:
        raise AssertionError("The story has more steps than were tried.")
    assert 0 in seen
    assert seen <= {0, 2}


@each_side
def test_a_process_that_sleeps_at_any_step_and_wakes_up_late_spoils_nothing(
    services: Services, clock: ManualClock, after: bool
) -> None:
    for step in STEPS:
        codes, slept = two(services, step), []

        def meanwhile(codes: list[str] = codes, slept: list[int] = slept, order: str = f"o{step}") -> None:
            slept.append(1)
            later(services, clock)
            for one in standing(services):
                if one.code in codes:
                    services.vouchers.rollback(one.id)
            services.checkout.redeem(codes, asked(f"{order} of another", "ben"))

        with suppress(NotAll, Refused):
            checkout_with(services, step, after, meanwhile).redeem(codes, asked(f"o{step}"))
        if not slept:
            break
        later(services, clock)
        assert assert_all_or_none(services, codes) == 2
        assert {one.customer for one in standing(services) if one.code in codes} == {"ben"}


def test_of_many_orders_at_once_one_gets_both_codes_and_nobody_gets_one(services: Services) -> None:
    codes = two(services)
    uses = [lambda n=n: _or_refused(services, codes[:: 1 if n % 2 else -1], asked(f"o{n}", f"c{n}")) for n in range(12)]
    at_once(uses)
    assert assert_all_or_none(services, codes) == 2
    assert len({one.order for one in standing(services)}) == 1


def test_the_same_order_many_times_at_once_is_one_redemption_of_each(services: Services) -> None:
    codes = two(services)
    got: list[list[str]] = []
    uses = [
        lambda: got.append(sorted(one.attempt for one in services.checkout.redeem(codes, asked()))) for _ in range(8)
    ]
    assert at_once(uses) == 8
    assert all(one == got[0] for one in got)
    assert assert_all_or_none(services, codes) == 2


def _or_refused(services: Services, codes: list[str], wanted: Asked) -> None:
    try:
        services.checkout.redeem(codes, wanted)
    except NotAll as refused:
        raise Refused(Reason(next(one.reason for one in refused.codes if not one.valid))) from None


def test_where_one_is_refused_none_is_used_and_each_is_explained(services: Services) -> None:
    good = code_for(services, id="good")
    bad = code_for(services, id="its-minimum", conditions=Conditions(minimum=Money(20_000, "EUR")))
    for use in (services.checkout.redeem, services.checkout.reserve):
        with pytest.raises(NotAll) as refused:
            use([good, bad], asked())
        assert refused.value.reason == "not_all_codes"
        assert [(one.code, one.valid, one.reason) for one in refused.value.codes] == [
            (good, True, ""),
            (bad, False, "minimum"),
        ]
    assert standing(services) == []
    assert services.database["bundles"].count_documents({}) == 0


def test_holds_of_several_codes_end_by_themselves_together(services: Services, clock: ManualClock) -> None:
    codes = two(services)
    held = services.checkout.reserve(codes, asked(), 60)
    assert {one.state for one in held} == {RedemptionState.RESERVED}
    assert services.checkout.reserve(codes, asked(), 60) == held
    clock.advance(60)
    assert {one.order for one in services.checkout.redeem(codes, asked("o2", "ben"))} == {"o2"}
    assert assert_all_or_none(services, codes) == 2


def test_what_is_held_is_redeemed_and_again_it_is_the_same(services: Services, clock: ManualClock) -> None:
    codes = two(services)
    held = services.checkout.reserve(codes, asked(), 600)
    clock.advance(300)
    used = services.checkout.redeem(codes, asked())
    assert [(one.id, one.attempt) for one in used] == [(one.id, one.attempt) for one in held]
    assert {one.state for one in used} == {RedemptionState.REDEEMED}
    clock.advance(600)
    assert services.vouchers.recover() == 0
    assert services.checkout.redeem(codes, asked()) == used
    assert services.vouchers.redeem(codes[0], "ana", basket()) == used[0]
    with pytest.raises(Refused):
        services.checkout.redeem(codes, asked(customer="ben"))


def test_a_hold_for_another_basket_is_reckoned_anew_or_all_is_given_up(services: Services) -> None:
    codes = two(services, conditions=Conditions(minimum=Money(5_000, "EUR")))
    services.checkout.reserve(codes, asked(total=9_000), 600)
    assert [one.discount for one in services.checkout.redeem(codes, asked(total=8_000))] == [800, 720]
    more = two(services, 2, conditions=Conditions(minimum=Money(5_000, "EUR")))
    services.checkout.reserve(more, asked("o2", total=9_000), 600)
    with pytest.raises(NotAll):
        services.checkout.redeem(more, asked("o2", total=4_000))
    assert assert_all_or_none(services, more) == 0


def test_one_hold_given_up_is_not_redeemed_with_the_others(services: Services) -> None:
    codes = two(services)
    held = services.checkout.reserve(codes, asked(), 600)
    services.vouchers.rollback(held[0].id)
    used = services.checkout.redeem(codes, asked())
    assert {one.state for one in used} == {RedemptionState.REDEEMED}
    assert assert_all_or_none(services, codes) == 2


def test_a_code_that_comes_twice_or_is_none_is_refused(services: Services) -> None:
    [code, _] = two(services)
    with pytest.raises(Invalid) as refused:
        services.checkout.validate([code, code.lower()], asked())
    assert list(refused.value.fields) == ["codes.1"]
    with pytest.raises(NotAll) as none:
        services.checkout.redeem(["NOTACODE", code], asked())
    assert [(one.valid, one.reason) for one in none.value.codes] == [(True, ""), (False, "unknown_code")]
    assert standing(services) == []


def test_a_deleted_offers_codes_are_refused_by_name_and_what_they_gave_can_be_taken_back(services: Services) -> None:
    code = code_for(services, single_use=False)
    used = services.vouchers.redeem(code, "ana", basket())
    kept = services.offers.get("tenth")
    services.offers.change(replace(kept, deleted_at=services.clock.now()), kept.version)
    assert services.vouchers.validate(code, "ana", basket("o2")).reason == "offer_deleted"
    with pytest.raises(NotFound):
        services.offers.get("tenth")
    assert services.offers.page("", 10) == []
    assert services.vouchers.rollback(used.id).state is RedemptionState.ROLLED_BACK
    assert services.offers.kept("tenth").spent.uses == 0
