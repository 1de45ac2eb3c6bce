"""T21: redemptions against a plain reckoning: used, held, taken back whole and in part, switched off, in any order."""

import os
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from common.money import Money
from loyalty.conditions import Refused
from loyalty.offer import Budget
from loyalty.redemption import RedemptionState, redemption_id
from tests.loyalty.makers import basket, offer, standing
from wiring import Services

USES, MONEY, EACH = 4, 2_500, 2
HOLD = 150
CUSTOMERS = ("ana", "ben")
CODES = ("all", "single", "ana's")
EXAMPLES = 2_000 if os.environ.get("ENCORE_FAULTS") == "full" else 10
NAMES = count()


class Used(msgspec.Struct, kw_only=True):
    """One use of a code as the reckoning has it; a hold counts until its second is over."""

    code: str
    customer: str
    money: int
    state: RedemptionState
    until: float | None = None
    returned: int = 0


class Life(RuleBasedStateMachine):
    """One offer with three codes, two customers, and budgets that are soon spent."""

    services: Services
    now = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.offer = f"offer-{next(NAMES)}"
        budget = Budget(uses=USES, money=Money(MONEY, "EUR"), per_customer=EACH)
        self.services.offers.add(offer(id=self.offer, budget=budget))
        mint = self.services.vouchers.mint
        self.codes = {
            "all": mint(self.offer, {"all": ""}, single_use=False)["all"],
            "single": mint(self.offer, {"single": ""})["single"],
            "ana's": mint(self.offer, {"hers": "ana"})["hers"],
        }
        self.off: set[str] = set()
        self.uses: dict[str, Used] = {}

    def _counts(self, used: Used) -> bool:
        lasts = used.until is None or used.until > self.now
        return used.state is RedemptionState.REDEEMED or (used.state is RedemptionState.RESERVED and lasts)

    def _may(self, code: str, customer: str, money: int) -> bool:
        """Whether somebody may begin to use a code."""
        there = [used for used in self.uses.values() if self._counts(used)]
        return (
            code not in self.off
            and (code != "ana's" or customer == "ana")
            and (code == "all" or not any(used.code == code for used in there))
            and sum(used.customer == customer for used in there) < EACH
            and len(there) < USES
            and sum(used.money - used.returned for used in there) + money <= MONEY
        )

    def _expected(self, order: str, code: str, customer: str, money: int, hold: bool) -> RedemptionState | None:
        """What becomes of a use, None for a refusal; and it is noted."""
        used = self.uses.get(order)
        if used is not None and used.state is RedemptionState.ROLLED_BACK:
            return None
        if used is not None and self._counts(used):
            if used.state is RedemptionState.REDEEMED:
                return used.state if used.money == money else None
            if used.money == money and hold:
                return used.state
            if used.money == money:
                used.state, used.until = RedemptionState.REDEEMED, None
                return used.state
        if used is not None:
            used.state = RedemptionState.RELEASED
        if not self._may(code, customer, money):
            return None
        state = RedemptionState.RESERVED if hold else RedemptionState.REDEEMED
        until = self.now + HOLD if hold else None
        self.uses[order] = Used(code=code, customer=customer, money=money, state=state, until=until)
        return state

    @rule(
        code=st.sampled_from(CODES),
        customer=st.sampled_from(CUSTOMERS),
        number=st.integers(1, 3),
        money=st.sampled_from([100, 400, 900, 1_600]),
        hold=st.booleans(),
    )
    def somebody_uses_a_code(self, code: str, customer: str, number: int, money: int, hold: bool) -> None:
        order = f"{self.offer}-{code[:3]}-{customer}-{number}"
        wanted = self._expected(order, code, customer, money, hold)
        bought = basket(order, total=money * 10)
        try:
            if hold:
                got = self.services.vouchers.reserve(self.codes[code], customer, bought, HOLD)
            else:
                got = self.services.vouchers.redeem(self.codes[code], customer, bought)
            became: RedemptionState | None = got.state
        except Refused:
            became = None
        assert became is wanted

    @precondition(lambda self: self.uses)
    @rule(data=st.data(), part=st.booleans())
    def one_is_taken_back(self, data: Any, part: bool) -> None:
        order = data.draw(st.sampled_from(sorted(self.uses)))
        used = self.uses[order]
        name = redemption_id(self.codes[used.code], order)
        if part and used.state is RedemptionState.REDEEMED and not used.returned:
            used.returned = used.money // 4
            for _ in range(2):
                back = self.services.vouchers.rollback(name, Money(used.returned, "EUR"))
                assert (back.state, back.returned) == (used.state, used.returned)
            return
        held = used.state is RedemptionState.RESERVED
        if held or used.state is RedemptionState.REDEEMED:
            used.state = RedemptionState.RELEASED if held else RedemptionState.ROLLED_BACK
        for _ in range(2):
            assert self.services.vouchers.rollback(name).state is used.state

    @rule(code=st.sampled_from(CODES))
    def a_code_is_switched(self, code: str) -> None:
        self.off ^= {code}
        self.services.vouchers.book.set_state(self.codes[code], "disabled" if code in self.off else "active")

    @rule(seconds=st.sampled_from([60.0, 200.0]), swept=st.booleans())
    def time_goes_by(self, seconds: float, swept: bool) -> None:
        self.services.clock.advance(seconds)  # type: ignore[attr-defined]  # a test's clock
        self.now += seconds
        if swept:
            self.services.vouchers.recover()

    @invariant()
    def the_books_agree_and_nothing_is_beyond_the_budget(self) -> None:
        kept = self.services.offers.get(self.offer)
        counted = [one for one in standing(self.services) if one.offer == self.offer]
        assert kept.open == []
        assert kept.spent.uses == len(counted) <= USES
        assert kept.spent.money.get("EUR", 0) == sum(one.discount - one.returned for one in counted) <= MONEY
        now = self.services.clock.now()
        lasting = {one.order for one in counted if one.until is None or one.until > now or one.state == "redeemed"}
        assert lasting == {order for order, used in self.uses.items() if self._counts(used)}


@pytest.mark.slow
def test_redemptions_are_what_a_plain_reckoning_says(services: Services) -> None:
    class Here(Life):
        pass

    Here.services = services
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=15,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
