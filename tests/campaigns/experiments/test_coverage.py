"""Intervals keep their word: the fixed ones at their size, the always-valid ones however often one looks."""

import numpy as np
import pytest

from campaigns.experiments import cuped, intervals
from campaigns.experiments.arms import Arm
from tests.campaigns.experiments.shops import FULL, MEAN, RATE, arm, many, spent, tell

SIMULATIONS = 10_000
# The costly ones: fewer where every change is tested, and a little more room for chance with them.
SOME = 10_000 if FULL else 2_000
ROOM = 0.01 if FULL else 0.015


def test_fixed_intervals_of_money_hold_the_truth_95_times_in_100() -> None:
    chance = np.random.default_rng(1)
    truth = MEAN * (0.0125 - RATE)
    treated, control = many(chance, SIMULATIONS, 21_000, 0.0125), many(chance, SIMULATIONS, 21_000)
    found = [_fixed(one, other) for one, other in zip(treated, control, strict=True)]
    held = sum(one.low <= truth <= one.high for one in found if one.low is not None and one.high is not None)
    tell(f"fixed, money: {held / SIMULATIONS:.2%} of {SIMULATIONS:,}")
    assert 0.94 <= held / SIMULATIONS <= 0.96


def test_adjusted_intervals_hold_the_truth_95_times_in_100_and_are_narrower() -> None:
    chance = np.random.default_rng(2)
    held, narrower = 0, 0
    for _ in range(SOME):
        usual = chance.gamma(2.0, 1_000.0, (2, 400))
        before = np.round(usual * chance.gamma(4.0, 0.25, (2, 400)))
        after = np.round(usual * chance.gamma(4.0, 0.25, (2, 400)))
        after[0] += 150.0
        treated, control = arm(after[0], before[0]), arm(after[1], before[1])
        found = cuped.adjusted(treated, control)
        interval = intervals.fixed(found.value, found.error)
        assert interval.low is not None
        assert interval.high is not None
        held += interval.low <= 150.0 <= interval.high
        narrower += found.error < 0.95 * cuped.plain(treated, control).error
    tell(f"fixed, adjusted by the past: {held / SOME:.2%} of {SOME:,}; narrower in {narrower / SOME:.2%}")
    assert 0.95 - ROOM <= held / SOME <= 0.95 + ROOM
    assert narrower / SOME > 0.99


@pytest.mark.parametrize("rate", [0.002, 0.01, 0.2])
def test_intervals_of_rates_hold_the_truth_95_times_in_100(rate: float) -> None:
    chance = np.random.default_rng(3)
    counts = chance.binomial(5_000, [[rate * 1.5], [rate]], (2, SIMULATIONS))
    held = 0
    for treated, control in counts.T:
        found = intervals.rates(Arm(customers=5_000, buyers=int(treated)), Arm(customers=5_000, buyers=int(control)))
        assert found.low is not None
        assert found.high is not None
        held += found.low <= rate / 2 <= found.high
    tell(f"fixed, rates at {rate:.1%}: {held / SIMULATIONS:.2%} of {SIMULATIONS:,}")
    assert 0.94 <= held / SIMULATIONS <= 0.965


def test_who_looks_after_every_hundredth_customer_is_alarmed_in_vain_less_than_5_times_in_100() -> None:
    chance = np.random.default_rng(4)
    alarms = {"always": 0, "fixed": 0}
    tries, looks = 10_000 if FULL else 300, 100
    for _ in range(tries):
        steps = [_sums(spent(chance, 50 * looks, rate=0.05).reshape(looks, 50)) for _ in range(2)]
        seen = {
            kind: any(_looked(kind, treated, control, 100 * looks) for treated, control in zip(*steps, strict=True))
            for kind in alarms
        }
        for kind, alarmed in seen.items():
            alarms[kind] += alarmed
    rates = {kind: f"{count / tries:.2%}" for kind, count in alarms.items()}
    tell(f"A/A, {looks} looks, {tries:,} experiments, false alarms: {rates}")
    assert alarms["always"] / tries < 0.05
    assert alarms["fixed"] / tries > 0.15, "looking at fixed intervals all the time would have to mislead"


def _sums(revenue: np.ndarray) -> list[Arm]:
    """An arm as it grows, look by look."""
    totals = [np.cumsum(values.sum(axis=1)) for values in (revenue > 0, revenue, revenue**2)]
    size = revenue.shape[1]
    return [
        Arm(customers=size * (look + 1), buyers=int(buyers), revenue=int(money), squares=float(squares))
        for look, (buyers, money, squares) in enumerate(zip(*totals, strict=True))
    ]


def _looked(kind: str, treated: Arm, control: Arm, planned: int) -> bool:
    if not intervals.enough(treated, control):
        return False
    found = cuped.plain(treated, control)
    people = treated.customers + control.customers
    if kind == "fixed":
        return intervals.fixed(found.value, found.error).is_clear
    return intervals.always_valid(found.value, found.error, people, planned).is_clear


def _fixed(treated: Arm, control: Arm) -> intervals.Interval:
    found = cuped.plain(treated, control)
    return intervals.fixed(found.value, found.error)
