"""The holdout's draw and what the comparison says."""

import random
import statistics
from collections import Counter

import pytest

from campaigns.experiments.arms import Arm, together
from campaigns.experiments.draw import held_out
from campaigns.experiments.intervals import LEAST_FOR_AN_INTERVAL, Z_95
from campaigns.experiments.result import compare, result
from campaigns.experiments.sizing import needed
from campaigns.experiments.variants import Allocation, Variant, drawn, faults


def arm(amounts: list[int]) -> Arm:
    return Arm(
        customers=len(amounts),
        buyers=sum(amount > 0 for amount in amounts),
        revenue=sum(amounts),
        squares=float(sum(amount**2 for amount in amounts)),
    )


def test_the_draw_is_the_same_every_time_and_differs_between_campaigns() -> None:
    people = [f"c{number}" for number in range(1_000)]
    once = [held_out("spring", person, 10) for person in people]
    assert once == [held_out("spring", person, 10) for person in people]
    assert once != [held_out("autumn", person, 10) for person in people]


def test_the_draw_holds_out_the_share_that_was_asked_for() -> None:
    drawn = sum(held_out("spring", f"c{number}", 10) for number in range(20_000))
    assert drawn == pytest.approx(2_000, abs=4 * (20_000 * 0.1 * 0.9) ** 0.5)


@pytest.mark.parametrize(("percent", "expected"), [(0, False), (100, True)])
def test_nobody_and_everybody(percent: float, expected: bool) -> None:
    assert {held_out("spring", f"c{number}", percent) for number in range(500)} == {expected}


def test_an_arms_mean_and_variance_are_those_of_its_customers() -> None:
    amounts = [random.Random(1).randrange(0, 5_000) for _ in range(200)]
    assert arm(amounts).mean == pytest.approx(statistics.mean(amounts))
    assert arm(amounts).variance == pytest.approx(statistics.variance(amounts))


def test_a_fixed_interval_is_welchs() -> None:
    treated, holdout = arm([1_000, 3_000] * 50), arm([0, 2_000] * 20)
    found = compare("treated", treated, "holdout", holdout, "fixed", detect=10)
    error = (treated.variance / 100 + holdout.variance / 40) ** 0.5
    assert found.money.value == pytest.approx(1_000)
    assert found.money.low == pytest.approx(1_000 - Z_95 * error)
    assert found.money.high == pytest.approx(1_000 + Z_95 * error)


def test_one_that_is_looked_at_again_and_again_is_wider() -> None:
    treated, holdout = arm([1_000, 3_000] * 50), arm([0, 2_000] * 20)
    once, always = (compare("a", treated, "b", holdout, method, 10).money for method in ("fixed", "always_valid"))
    assert always.low is not None
    assert once.low is not None
    assert always.low < once.low
    assert always.value == once.value


def test_too_few_people_give_no_interval() -> None:
    few = compare("a", arm([1_000] * 100), "b", arm([500] * (LEAST_FOR_AN_INTERVAL - 1)), "fixed", 10)
    assert few.money.value == 500
    assert few.money.low is None
    assert few.conversion.low is None


def test_several_arms_together_are_one_with_all_their_people() -> None:
    some, others = [1_000, 0, 300], [20, 0, 0, 5_000]
    assert together([arm(some), arm(others)]) == arm(some + others)


def test_the_size_needed_is_that_of_the_textbooks() -> None:
    """16 times the variance over the difference squared, in each arm, is the rule of thumb (Lehr 1992)."""
    one = arm([0, 2_000] * 500)
    both = needed(one, one, 100.0)
    assert both is not None
    assert both == pytest.approx(2 * 16 * one.variance / 100.0**2, rel=0.03)
    assert needed(one, one, 0.0) is None
    assert needed(one, Arm(), 100.0) is None


def test_the_winner_is_who_clearly_earns_more_than_everybody_else() -> None:
    arms = {"holdout": arm([0, 100] * 200), "a": arm([0, 1_000] * 400), "b": arm([0, 2_000] * 400)}
    tried = [Variant(id="a", share=50), Variant(id="b", share=50)]
    told = result(arms, tried, holdout_percent=100 / 5, method="fixed", detect=10)
    assert told.winner == "b"
    assert [(one.arm, one.against) for one in told.comparisons] == [("a", "holdout"), ("b", "holdout")]
    alike = result(arms | {"a": arms["b"]}, tried, holdout_percent=20, method="fixed", detect=10)
    assert alike.winner == ""
    leaked = arms | {"a": arm([0, 1_000] * 200)}
    unbelieved = result(leaked, tried, holdout_percent=20, method="fixed", detect=10)
    assert unbelieved.ratio is not None
    assert not unbelieved.ratio.holds
    assert unbelieved.winner == ""


def test_variants_keep_to_their_shares_and_to_the_same_people() -> None:
    tried = [Variant(id="a", share=20), Variant(id="b", share=30), Variant(id="c", share=50)]
    people = [f"c{number}" for number in range(20_000)]
    once = [drawn("spring", person, tried, {}) for person in people]
    assert once == [drawn("spring", person, tried, {}) for person in people]
    counts = Counter(one.id for one in once if one)
    for one in tried:
        share = one.share / 100
        assert counts[one.id] == pytest.approx(20_000 * share, abs=4 * (20_000 * share * (1 - share)) ** 0.5)
    moved = Counter(one.id for person in people if (one := drawn("spring", person, tried, {"a": 0, "b": 0, "c": 100})))
    assert moved == {"c": 20_000}
    assert drawn("spring", "c1", [], {}) is None


@pytest.mark.parametrize(
    ("shares", "holdout", "allocation", "field"),
    [([100], 0, "fixed", "variants"), ([60, 30], 0, "fixed", "variants"), ([], 10, "bandit", "variants")],
)
def test_an_experiment_that_can_prove_nothing_is_refused(
    shares: list[float], holdout: float, allocation: Allocation, field: str
) -> None:
    tried = [Variant(id=f"v{place}", share=share) for place, share in enumerate(shares)]
    assert field in faults(tried, holdout, allocation)


def test_two_variants_of_one_name_are_refused() -> None:
    assert faults([Variant(id="a", share=50), Variant(id="a", share=50)], 0, "fixed").keys() == {"variants.1.id"}
    assert not faults([Variant(id="a", share=100)], 10, "fixed")


def test_the_rungs_of_a_ladder_are_never_compared_as_if_they_were_drawn() -> None:
    # Who is worth most got the most: the rung did nothing, and seems to win against everybody.
    arms = {"note": arm([0, 1_000] * 60), "off-20": arm([4_000, 5_000] * 60), "holdout": arm([1_900, 2_900] * 60)}
    rungs = [Variant(id="note", share=50), Variant(id="off-20", share=50)]
    drawn_for = result(arms, rungs, holdout_percent=100 / 3, method="fixed", detect=10)
    assert (drawn_for.winner, drawn_for.not_compared) == ("off-20", "")
    told = result(arms, rungs, holdout_percent=100 / 3, method="fixed", detect=10, chosen=True)
    [only] = told.comparisons
    assert (only.arm, only.against, told.winner) == ("treated", "holdout", "")
    assert only.money.value == pytest.approx((500 + 4_500) / 2 - 2_400)
    assert "chooses" in told.not_compared
    assert told.ratio is not None
    assert told.ratio.counted == {"treated": 240, "holdout": 120}
    assert result(arms, rungs, holdout_percent=0, method="fixed", detect=10, chosen=True).comparisons == []
