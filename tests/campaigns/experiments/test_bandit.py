"""The bandit gives what earns most to most people, at half the price of trying all evenly, or less."""

import numpy as np
import pytest

from campaigns.experiments.arms import Arm
from campaigns.experiments.bandit import LEAST_SHARE, shares
from tests.campaigns.experiments.shops import FULL, arm, spent, tell

RATES = {"note": 0.04, "ten": 0.06, "twenty": 0.05}
COSTS = {"note": 0, "ten": 1_000, "twenty": 2_500}  # minor units a buyer
MEAN = 11_600.0


def _margin(name: str) -> float:
    return RATES[name] * (MEAN - COSTS[name])


def _play(chance: np.random.Generator, days: int, a_day: int) -> float:
    """How much was lost against always giving the best, in minor units, by giving what the bandit says each day."""
    best, lost = max(map(_margin, RATES)), 0.0
    seen = {name: np.zeros(0) for name in RATES}
    costs = dict.fromkeys(RATES, 0)
    for _ in range(days):
        parts = shares({name: arm(seen[name], cost=costs[name]) for name in RATES})
        for name, share in parts.items():
            people = round(a_day * share / 100)
            bought = spent(chance, people, RATES[name])
            costs[name] += COSTS[name] * int((bought > 0).sum())
            seen[name] = np.concatenate([seen[name], bought])
            lost += people * (best - _margin(name))
    return lost


def test_the_regret_is_less_than_half_of_an_even_splits() -> None:
    chance = np.random.default_rng(5)
    days, a_day = 30, 1_200
    even = days * a_day * (max(map(_margin, RATES)) - sum(map(_margin, RATES)) / len(RATES))
    games = [_play(chance, days, a_day) for _ in range(200 if FULL else 6)]
    tell(f"regret against an even split's: {np.mean(games) / even:.1%} on average of {len(games)} games")
    assert float(np.mean(games)) < even / 2


def test_with_nothing_known_all_get_the_same() -> None:
    assert shares({"a": Arm(), "b": Arm(customers=50)}) == {"a": 50.0, "b": 50.0}


def test_the_same_sums_give_the_same_shares_and_every_arm_is_still_tried() -> None:
    sums = {
        "good": Arm(customers=1_000, buyers=300, revenue=3_000_000, squares=4e10),
        "bad": Arm(customers=1_000, buyers=30, revenue=300_000, squares=4e9),
    }
    told = shares(sums)
    assert told == shares(dict(reversed(list(sums.items()))))
    assert told["bad"] == pytest.approx(100 * LEAST_SHARE, abs=0.5)
    assert sum(told.values()) == pytest.approx(100)


def test_what_an_arm_costs_counts_against_it() -> None:
    arms = {name: Arm(customers=2_000, buyers=400, revenue=4_000_000, squares=5e10) for name in ("dear", "free")}
    assert shares(arms)["free"] == pytest.approx(50, abs=3)
    arms["dear"] = Arm(customers=2_000, buyers=400, revenue=4_000_000, squares=5e10, cost=1_500_000)
    assert shares(arms)["free"] > 95
