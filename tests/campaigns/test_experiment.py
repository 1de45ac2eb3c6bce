"""The holdout's draw and what the comparison says."""

import random
import statistics

import pytest

from campaigns.experiment import LEAST_FOR_AN_INTERVAL, Z_95, Arm, held_out, uplift


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


def test_uplift_is_the_difference_of_means_with_welchs_interval() -> None:
    treated, holdout = arm([1_000, 3_000] * 50), arm([0, 2_000] * 20)
    found = uplift(treated, holdout)
    assert found is not None
    error = (treated.variance / 100 + holdout.variance / 40) ** 0.5
    assert found.per_customer == pytest.approx(1_000)
    assert found.low == pytest.approx(1_000 - Z_95 * error)
    assert found.high == pytest.approx(1_000 + Z_95 * error)


def test_without_a_holdout_there_is_no_uplift() -> None:
    assert uplift(arm([1_000]), Arm()) is None


def test_too_few_people_give_no_interval() -> None:
    few = uplift(arm([1_000] * 100), arm([500] * (LEAST_FOR_AN_INTERVAL - 1)))
    assert few is not None
    assert few.per_customer == 500
    assert few.low is None
    assert few.high is None


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    dice = random.Random(7)

    def draw(people: int, mean: int) -> Arm:
        return arm([round(dice.expovariate(1 / mean)) if dice.random() < 0.3 else 0 for _ in range(people)])

    covered = 0
    for _ in range(400):
        found = uplift(draw(600, 2_000), draw(300, 1_000))
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 300 <= found.high
    assert 0.92 <= covered / 400 <= 0.98
