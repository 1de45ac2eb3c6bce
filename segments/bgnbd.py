"""BG/NBD: how often somebody buys, and whether they still do, from what their orders add up to.

Fader, Hardie and Lee, "Counting Your Customers" the Easy Way: An Alternative to the Pareto/NBD Model, Marketing
Science 24 (2005), 275-284. While active, a customer orders at random at a rate of their own, drawn from a gamma
distribution (r, alpha); after each order they leave for good with a probability of their own, drawn from a beta
distribution (a, b). A history is `x` repeat orders, `tx` the age of the latest one and `age` the age now (T in the
paper), both counted from the first order, in one unit of time; several orders on one day are one.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from scipy.special import betaln, digamma, gammaln, hyp2f1

Numbers = NDArray[np.float64]

# Where the search begins, as (r, alpha, a, b) with alpha as a share of the mean age: few or many orders, few or many
# who leave. The likelihood is flat in places, so that one start may end on a slope.
STARTS = ((0.25, 0.2, 0.8, 2.5), (1.0, 1.0, 1.0, 1.0), (0.5, 0.5, 0.1, 1.0), (2.0, 1.0, 2.0, 10.0))
LIMIT = 9.0  # of a parameter's logarithm, either way; a search that ends here has found no maximum
AGREEMENT = 1e-5  # log-likelihoods this close, per customer, count as the same
# The formula for expected orders divides by a - 1 what is zero there too.
NEAR_ONE = 1e-5


class BgNbd(NamedTuple):
    """The four parameters; `alpha` is in the unit of time of the histories they were fitted on."""

    r: float
    alpha: float
    a: float
    b: float


class Fit(NamedTuple):
    """A model with its log-likelihood in all, and whether the search ended well: where several starts find it."""

    model: BgNbd
    log_likelihood: float
    converged: bool


def log_likelihood(model: BgNbd, x: Numbers, tx: Numbers, age: Numbers) -> Numbers:
    """Of each history (their equation 6), in logarithms throughout, so that no number of orders overflows."""
    r, alpha, a, b = model
    repeated = x > 0
    shared = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    active = -(r + x) * np.log(alpha + age)
    gone = np.log(a) - np.log(np.where(repeated, b + x - 1, 1.0)) - (r + x) * np.log(alpha + tx)
    return np.asarray(shared + np.where(repeated, np.logaddexp(active, gone), active))


def fit(x: Numbers, tx: Numbers, ages: Numbers, weights: Numbers) -> Fit:
    """The maximum of the likelihood, from several starts; `weights` say how many customers have each history."""
    total, age = float(weights.sum()), float(np.average(ages, weights=weights))
    # In units of the mean age, so that the search is the same for days and for weeks.
    tx, ages = tx / age, ages / age

    loss = Loss(x, tx, ages, weights / total)
    tries = [search(loss, np.log(start), slope=True) for start in STARTS]
    best = min(tries, key=lambda one: float(one.fun))
    agreed = [one for one in tries if float(one.fun) - float(best.fun) < AGREEMENT]
    # Where nobody is seen to leave, a and b run off to where they say so: a / (a + b) is 0. That is an answer.
    inside = bool(np.all(np.abs(best.x[:2]) < LIMIT - 0.01))
    found = _model(best.x)
    # Of each of the repeat orders' times, the density is per unit of time: back to the caller's unit.
    back = -float(np.dot(x, weights)) * np.log(age)
    return Fit(
        found._replace(alpha=found.alpha * age),
        -float(best.fun) * total + float(back),
        # Near the maximum a search may end where numbers are no longer fine enough, and say that it failed.
        any(one.success for one in agreed) and inside and len(agreed) > 1,
    )


class Loss:
    """The mean of minus the log-likelihood and its slope, over logarithms of parameters.

    What depends on the number of orders alone, the gamma functions, is worked out once for each number; and of who
    ordered once only the age matters.
    """

    def __init__(self, x: Numbers, tx: Numbers, ages: Numbers, weights: Numbers) -> None:
        self._orders, place = np.unique(x, return_inverse=True)
        self._by_orders = np.bincount(place, weights)
        again = x > 0
        self._x, self._tx, self._age, self._weights = x[again], tx[again], ages[again], weights[again]
        self._once, place = np.unique(ages[~again], return_inverse=True)
        self._by_age = np.bincount(place, weights[~again], minlength=len(self._once))

    def __call__(self, logarithms: Numbers) -> tuple[float, Numbers]:
        """Both, at these logarithms of r, alpha, a and b."""
        model = _model(logarithms)
        found, slope = self._by_number(model)
        r, alpha = model.r, model.alpha
        once = np.log(alpha + self._once)
        found -= r * float(np.dot(self._by_age, once))
        slope[0] -= np.dot(self._by_age, once)
        slope[1] -= r * np.dot(self._by_age, 1 / (alpha + self._once))
        more, steeper = self._of_repeaters(model)
        return -(found + more), -(slope + steeper) * np.array(model)

    def _by_number(self, model: BgNbd) -> tuple[float, Numbers]:
        """What is the same for all with as many orders."""
        r, alpha, a, b = model
        n, weights = self._orders, self._by_orders
        values = gammaln(r + n) - gammaln(r) + r * np.log(alpha) + betaln(a, b + n) - betaln(a, b)
        either = digamma(a + b) - digamma(a + b + n)
        slopes = [
            digamma(r + n) - digamma(r) + np.log(alpha),
            np.full_like(n, r / alpha),
            either,
            either + digamma(b + n) - digamma(b),
        ]
        return float(np.dot(weights, values)), np.array([np.dot(weights, slope) for slope in slopes])

    def _of_repeaters(self, model: BgNbd) -> tuple[float, Numbers]:
        """The two ways to a silence: still active, or gone after the latest order."""
        r, alpha, a, b = model
        x, weights = self._x, self._weights
        until_now, until_latest = np.log(alpha + self._age), np.log(alpha + self._tx)
        active = -(r + x) * until_now
        gone = np.log(a) - np.log(b + x - 1) - (r + x) * until_latest
        either = np.logaddexp(active, gone)
        alive = np.exp(active - either) * weights
        left = weights - alive
        slope = [
            -(np.dot(alive, until_now) + np.dot(left, until_latest)),
            -np.dot(r + x, alive / (alpha + self._age) + left / (alpha + self._tx)),
            left.sum() / a,
            -np.dot(left, 1 / (b + x - 1)),
        ]
        return float(np.dot(weights, either)), np.array(slope)


def search(loss: Callable[[Numbers], Any], start: Numbers, *, slope: bool = False) -> OptimizeResult:
    """The lowest loss near a start, over logarithms of parameters, all within the limits; `slope` says it is told."""
    bounds = [(-LIMIT, LIMIT)] * len(start)
    options = {"ftol": 1e-12, "gtol": 1e-8, "maxiter": 500}
    return minimize(loss, start, method="L-BFGS-B", jac=slope, bounds=bounds, options=options)


def _model(logarithms: Numbers) -> BgNbd:
    return BgNbd(*(float(value) for value in np.exp(logarithms)))


def odds_gone(model: BgNbd, x: Numbers, tx: Numbers, age: Numbers) -> Numbers:
    """How many times as likely each customer has left as not; 0 for who never came back: they had no chance to."""
    r, alpha, a, b = model
    power = (r + x) * (np.log(alpha + age) - np.log(alpha + tx))
    repeated = x > 0
    odds = np.exp(np.minimum(np.log(a) - np.log(np.where(repeated, b + x - 1, 1.0)) + power, 700.0))
    return np.where(repeated, odds, 0.0)


def p_alive(model: BgNbd, x: Numbers, tx: Numbers, age: Numbers) -> Numbers:
    """The probability that each is still a customer (Fader, Hardie and Lee, note of 2008, "Computing P(alive)")."""
    return np.asarray(1.0 / (1.0 + odds_gone(model, x, tx, age)))


def age_when_gone(model: BgNbd, x: Numbers, tx: Numbers, probability: float) -> Numbers:
    """The age at which, with no further order, each has left with this probability; infinite where never.

    The probability only grows with the age, so its formula can be turned round.
    """
    r, alpha, a, b = model
    needed = np.log(probability) - np.log1p(-probability) - np.log(a) + np.log(np.where(x > 0, b + x - 1, 1.0))
    grown = np.minimum(np.log(alpha + tx) + np.maximum(needed, 0.0) / (r + x), 700.0)
    # Rounding may land it a hair before the latest order, when nobody has left yet.
    return np.where(x > 0, np.maximum(np.exp(grown) - alpha, tx), np.inf)


def expected(model: BgNbd, x: Numbers, tx: Numbers, age: Numbers, span: float) -> Numbers:
    """Orders expected of each in the next `span` (their equation 10).

    Its hypergeometric function grows beyond all numbers with x; Euler's transformation takes the growing factor out,
    which then cancels against the one in front. Where a is so large that this form fails in its turn, the paper's
    own holds; and where both do, everybody's chance to leave is as good as the same, and its mean stands for it.
    """
    r, alpha, a, b = model
    a = a if abs(a - 1) > NEAR_ONE else 1 + NEAR_ONE
    z = span / (alpha + age + span)
    rate = (r + x) / (alpha + age)
    leaves = a / (a + b + x)
    with np.errstate(all="ignore"):
        moved = np.exp((a - 1) * np.log1p(-z)) * hyp2f1(a + b - 1 - r, a - 1, a + b + x - 1, z)
        plain = np.exp((r + x) * np.log1p(-z)) * hyp2f1(r + x, b + x, a + b + x - 1, z)
        kept = np.where(np.isfinite(moved), moved, plain)
        orders = (a + b + x - 1) / (a - 1) * (1 - kept)
        orders = np.where(np.isfinite(orders), orders, -np.expm1(-rate * leaves * span) / leaves)
    # Who never leaves orders at their rate; nobody orders more.
    return np.asarray(np.clip(orders, 0.0, rate * span) / (1 + odds_gone(model, x, tx, age)))


def expected_of_new(model: BgNbd, age: Numbers) -> Numbers:
    """Repeat orders expected of a customer by this age, nothing else known (their equation 9)."""
    nothing = np.zeros_like(age)
    return np.asarray([expected(model, nothing[:1], nothing[:1], nothing[:1], float(one))[0] for one in age])


def usual_gap(model: BgNbd, x: Numbers, tx: Numbers) -> Numbers:
    """The gap after the latest order that is as likely outlasted as not by one who stays: the median of what their
    rate, as known at that order, leads to (a Lomax distribution of shape r + x and scale alpha + tx)."""
    r, alpha, _, _ = model
    return np.asarray((alpha + tx) * np.expm1(np.log(2.0) / (r + x)))
