"""Points that a code gives: in the ledger once, out of it once, whoever dies and however late anybody is."""

import pytest

from customers.customer import Customer
from loyalty.giving import Giving
from loyalty.offer import Budget
from loyalty.redemption import RedemptionState
from tests.loyalty.makers import basket, code_for, standing
from tests.loyalty.points_makers import open_programme
from tests.loyalty.test_exactness import Died, die, vouchers_with
from tests.support.clock import ManualClock
from wiring import Services

STEPS = range(20)
POINTS = {"kind": "points", "settings": {"points": 70}}


def balance(services: Services) -> int:
    assert services.points.audit("ana")[1] == []
    return services.points.statement("ana").account.balance


def test_a_process_that_dies_at_any_step_leaves_points_that_come_and_go_once(
    services: Services, clock: ManualClock
) -> None:
    services.customers.upsert([Customer(id="ana")])
    for step in STEPS:
        code = code_for(services, id=f"offer-{step}", budget=Budget(uses=1), **POINTS)
        dying, order = vouchers_with(services, step, True, die), basket(f"o{step}")
        try:
            used = dying.redeem(code, "ana", order)
            dying.rollback(used.id)
        except Died:
            clock.advance(61)
            services.vouchers.recover()
        else:
            break
        kept = [one for one in services.redemptions.of_order(f"o{step}") if one.state is RedemptionState.REDEEMED]
        assert balance(services) == 70 * len(kept)
        assert not [one for one in services.redemptions.of_order(f"o{step}") if one.owing]
        for one in kept:
            services.vouchers.rollback(one.id)
        assert balance(services) == 0
    else:
        raise AssertionError("The story has more steps than were tried.")


def test_a_credit_that_comes_after_the_roll_back_gives_nothing(services: Services) -> None:
    services.customers.upsert([Customer(id="ana")])
    code = code_for(services, **POINTS)
    with pytest.raises(Died):  # right after it was kept, before its points were credited
        vouchers_with(services, 1, True, die).redeem(code, "ana", basket())
    [used] = standing(services)
    assert (used.owing, balance(services)) == (True, 0)
    services.vouchers.rollback(used.id)
    late = Giving(lambda: services.points_books, services.redemptions)
    for _ in range(2):
        late.settle(used)
    assert balance(services) == 0


def test_a_multiplier_gives_what_the_order_earns_beyond_what_it_would(services: Services) -> None:
    open_programme(services)
    services.customers.upsert([Customer(id="ana")])
    code = code_for(services, kind="points_multiplier", settings={"times": 3}, single_use=False)
    used = services.vouchers.redeem(code, "ana", basket(total=5_050))
    assert used.points == 100
    assert (used.discount, used.charged.amount, balance(services)) == (0, 100, 100)
    held = services.vouchers.reserve(code, "ana", basket("o2", total=1_000))
    assert balance(services) == 100, "what is held is not given yet"
    services.vouchers.rollback(held.id)
    services.vouchers.rollback(used.id)
    assert balance(services) == 0
