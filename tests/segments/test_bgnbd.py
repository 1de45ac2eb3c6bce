"""BG/NBD and Gamma-Gamma give what is published for the CDNOW sample, and hold where numbers are extreme."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segments import bgnbd, gamma_gamma
from segments.bgnbd import BgNbd, Numbers
from tests.support.cdnow import buyers

PUBLISHED = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
TABLE: Numbers = np.array(buyers(), dtype=float)
X, TX, AGE, MEAN = TABLE.T
ONES = np.ones(len(TABLE))


def one(value: float) -> Numbers:
    return np.array([value], dtype=float)


def test_the_fit_on_cdnow_is_the_published_one() -> None:
    found = bgnbd.fit(X, TX, AGE, ONES)
    assert found.converged
    assert [round(value, 3) for value in found.model] == list(PUBLISHED)
    assert found.log_likelihood == pytest.approx(-9582.4, abs=0.05)  # Fader, Hardie and Lee (2005), table 2


def test_the_fit_on_histories_with_weights_is_the_same() -> None:
    distinct, weights = np.unique(TABLE[:, :3], axis=0, return_counts=True)
    found = bgnbd.fit(*distinct.T, weights.astype(float))
    assert len(distinct) < len(TABLE)
    assert [round(value, 3) for value in found.model] == list(PUBLISHED)


@given(st.lists(st.floats(-4, 4), min_size=4, max_size=4))
def test_the_search_is_told_the_likelihood_of_the_paper_and_its_slope(logarithms: list[float]) -> None:
    some = slice(None, None, 40)
    weights = np.linspace(1, 3, len(X[some]))
    loss = bgnbd.Loss(X[some], TX[some], AGE[some], weights)
    at = np.array(logarithms)

    def paper(where: Numbers) -> float:
        model = BgNbd(*(float(value) for value in np.exp(where)))
        return -float(np.dot(bgnbd.log_likelihood(model, X[some], TX[some], AGE[some]), weights))

    value, slope = loss(at)
    assert value == pytest.approx(paper(at), rel=1e-9)
    step = 1e-5
    steps = [(paper(at + step * one) - paper(at - step * one)) / (2 * step) for one in np.eye(4)]
    assert slope == pytest.approx(np.array(steps), rel=1e-3, abs=1e-3 * weights.sum())


def test_the_unit_of_time_changes_only_alpha() -> None:
    found = bgnbd.fit(X, TX * 7, AGE * 7, ONES)
    assert found.converged
    assert found.model.alpha == pytest.approx(4.414 * 7, rel=1e-3)
    assert [round(value, 3) for value in found.model._replace(alpha=4.414)] == list(PUBLISHED)


def test_worth_on_cdnow_is_the_published_one() -> None:
    again = X > 0
    found = gamma_gamma.fit(X[again], MEAN[again], ONES[again])
    assert again.sum() == 946
    assert found.converged
    assert [round(value, 2) for value in found.model] == [6.25, 3.74, 15.44]  # Fader and Hardie (2013)
    cents = gamma_gamma.fit(X[again], MEAN[again] * 100, ONES[again])
    assert cents.model.gamma == pytest.approx(1_544, abs=1)


def test_the_worked_example_of_the_paper() -> None:
    """A customer with x=2, tx=30.43 and T=38.86 is expected to place 1.226 orders in the next 39 weeks."""
    expected = bgnbd.expected(PUBLISHED, one(2), one(30.43), one(38.86), 39.0)
    assert expected[0] == pytest.approx(1.226, abs=0.001)


def test_expected_orders_are_the_integral_of_the_rate_of_those_who_stay() -> None:
    """Two ways to the same number: the closed form, and adding up small steps over the posterior by simulation."""
    random = np.random.default_rng(7)
    r, alpha, a, b = PUBLISHED
    x, tx, age, span, draws = 3, 20.0, 30.0, 26.0, 200_000
    alive = random.random(draws) < bgnbd.p_alive(PUBLISHED, one(x), one(tx), one(age))[0]
    rate = random.gamma(r + x, 1 / (alpha + age), draws)
    leaves = random.beta(a, b + x, draws)
    # Of who is alive, orders come at the rate until an order is the last: the mean is (1 - exp(-rate p span)) / p.
    orders = np.where(alive, (1 - np.exp(-rate * leaves * span)) / leaves, 0.0)
    assert bgnbd.expected(PUBLISHED, one(x), one(tx), one(age), span)[0] == pytest.approx(orders.mean(), rel=0.02)


parameters = st.builds(
    BgNbd,
    r=st.floats(0.01, 50),
    alpha=st.floats(0.01, 500),
    a=st.floats(0.01, 50),
    b=st.floats(0.01, 50),
)


@given(parameters, st.integers(0, 5_000), st.floats(0, 1_000), st.floats(0, 1_000), st.floats(0.1, 60))
def test_no_history_overflows_and_more_time_never_expects_less(
    model: BgNbd, x: int, tx: float, silence: float, span: float
) -> None:
    tx = tx if x else 0.0
    history = (one(x), one(tx), one(tx + silence))
    assert math.isfinite(bgnbd.log_likelihood(model, *history)[0])
    alive = bgnbd.p_alive(model, *history)[0]
    assert 0 <= alive <= 1
    some, more = (bgnbd.expected(model, *history, times * span)[0] for times in (1, 2))
    assert 0 <= some <= more * (1 + 1e-9) + 1e-9
    assert math.isfinite(more)


@given(st.builds(BgNbd, *[st.floats(1e-4, 8_103)] * 4), st.integers(0, 5_000), st.floats(0, 1_000), st.floats(0.1, 60))
def test_wherever_a_search_may_end_nobody_is_expected_to_order_faster_than_their_rate(
    model: BgNbd, x: int, silence: float, span: float
) -> None:
    age = silence + x
    expected = bgnbd.expected(model, one(x), one(float(x)), one(age), span)[0]
    assert 0 <= expected <= (model.r + x) / (model.alpha + age) * span * (1 + 1e-9)


@given(parameters, st.integers(1, 500), st.floats(0, 500), st.sampled_from([0.5, 0.7, 0.8, 0.9, 0.95]))
def test_the_age_when_gone_is_where_the_probability_gets_there(
    model: BgNbd, x: int, tx: float, probability: float
) -> None:
    age = bgnbd.age_when_gone(model, one(x), one(tx), probability)[0]
    at_once = 1 - bgnbd.p_alive(model, one(x), one(tx), one(tx))[0]
    assert age >= tx
    if age < 1e100 and at_once < probability:
        assert 1 - bgnbd.p_alive(model, one(x), one(tx), one(age))[0] == pytest.approx(probability, abs=1e-6)


def test_who_ordered_once_cannot_have_left_by_this_model() -> None:
    assert bgnbd.p_alive(PUBLISHED, one(0), one(0), one(500))[0] == 1
    assert bgnbd.age_when_gone(PUBLISHED, one(0), one(0), 0.5)[0] == math.inf


def test_a_shop_whose_customers_all_came_once_has_no_maximum_to_find() -> None:
    nothing = np.zeros(200)
    assert not bgnbd.fit(nothing, nothing, np.linspace(1, 50, 200), np.ones(200)).converged


def test_the_next_order_is_worth_what_lies_between_their_own_mean_and_everybodys() -> None:
    model = gamma_gamma.GammaGamma(6.25, 3.74, 15.44)
    everybody = 6.25 * 15.44 / (3.74 - 1)
    assert gamma_gamma.expected_worth(model, one(0), one(0))[0] == pytest.approx(everybody)
    few, many = (gamma_gamma.expected_worth(model, one(orders), one(100.0))[0] for orders in (1, 50))
    assert everybody < few < many < 100
