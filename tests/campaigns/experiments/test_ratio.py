"""A leak from an arm is found, and an honest draw is not accused."""

import numpy as np
import pytest

from campaigns.experiments.ratio import chance_of_more, ratio
from tests.campaigns.experiments.shops import FULL, tell


def test_one_in_a_hundred_leaked_from_an_arm_of_a_million_is_found() -> None:
    chance = np.random.default_rng(6)
    found, tries = 0, 10_000 if FULL else 1_000
    for _ in range(tries):
        whole, leaky = chance.multinomial(2_000_000, [0.5, 0.5])
        leaky -= chance.binomial(leaky, 0.01)
        found += not ratio({"a": int(whole), "b": int(leaky)}, {"a": 50, "b": 50}).holds
    tell(f"1 in 100 leaked from one of two arms of a million, found at p < 0.001: {found / tries:.2%} of {tries:,}")
    assert found >= 0.9 * tries


def test_an_honest_draw_is_accused_once_in_a_thousand() -> None:
    chance = np.random.default_rng(7)
    sizes = chance.multinomial(100_000, [0.1, 0.45, 0.45], 20_000)
    shares = {"holdout": 10.0, "a": 45.0, "b": 45.0}
    accused = sum(not ratio(dict(zip(shares, map(int, one), strict=True)), shares).holds for one in sizes)
    tell(f"honest draws accused: {accused} of 20,000")
    assert 5 <= accused <= 40


@pytest.mark.parametrize(
    ("statistic", "freedom", "chance"),
    # From the usual tables of the chi-square distribution.
    [(3.841459, 1, 0.05), (5.991465, 2, 0.05), (11.344867, 3, 0.01), (18.466827, 4, 0.001), (20.515006, 5, 0.001)],
)
def test_the_distribution_is_that_of_the_tables(statistic: float, freedom: int, chance: float) -> None:
    assert chance_of_more(statistic, freedom) == pytest.approx(chance, rel=1e-5)


def test_people_in_an_arm_that_nobody_was_drawn_into_are_a_leak() -> None:
    assert not ratio({"a": 50, "b": 50, "ghost": 1}, {"a": 50, "b": 50}).holds
