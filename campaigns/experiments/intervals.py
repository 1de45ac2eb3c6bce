"""What a difference between two arms can be told to be: an estimate, its interval, and how surprising it is.

Two kinds of interval, both at 95 %. A fixed one is right once, at the size that was planned. An always-valid one may be
looked at as often as one likes while the numbers grow, and is wider for it.
"""

import math
from statistics import NormalDist

import msgspec

from campaigns.experiments.arms import Arm

ALPHA = 0.05
NORMAL = NormalDist()
Z_95 = NORMAL.inv_cdf(1 - ALPHA / 2)
# The normal distribution stands for money per customer only where there are people, and buyers, enough.
LEAST_FOR_AN_INTERVAL = 30
LEAST_BUYERS = 10


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """An estimate with its 95 % interval, and the p-value of "there is no difference"; None where there are too few."""

    value: float
    low: float | None = None
    high: float | None = None
    p_value: float | None = None

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves nothing out: it is there and does not hold zero."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def wilson(buyers: int, customers: int, z: float = Z_95) -> tuple[float, float]:
    """The interval of one rate. Source: Wilson (1927), JASA 22: never below 0 or above 1, right for few buyers too."""
    if not customers:
        return 0.0, 1.0
    rate, weight = buyers / customers, z * z / customers
    middle = rate + weight / 2
    half = z * math.sqrt(rate * (1 - rate) / customers + weight / (4 * customers))
    return max(0.0, (middle - half) / (1 + weight)), min(1.0, (middle + half) / (1 + weight))


def rates(treated: Arm, control: Arm, z: float = Z_95) -> Interval:
    """The difference of two rates of buyers. Source: Newcombe (1998), Statistics in Medicine 17, method 10."""
    difference = treated.rate - control.rate
    if not treated.customers or not control.customers:
        return Interval(value=difference)
    (low_t, high_t), (low_c, high_c) = (
        wilson(treated.buyers, treated.customers, z),
        wilson(control.buyers, control.customers, z),
    )
    below = math.hypot(treated.rate - low_t, high_c - control.rate)
    above = math.hypot(high_t - treated.rate, control.rate - low_c)
    both = (treated.buyers + control.buyers) / (treated.customers + control.customers)
    error = math.sqrt(both * (1 - both) * (1 / treated.customers + 1 / control.customers))
    return Interval(value=difference, low=difference - below, high=difference + above, p_value=_p(difference, error))


def enough(treated: Arm, control: Arm) -> bool:
    """Whether money per customer can be told with an interval."""
    people = min(treated.customers, control.customers)
    return people >= LEAST_FOR_AN_INTERVAL and treated.buyers + control.buyers >= LEAST_BUYERS


def fixed(difference: float, error: float) -> Interval:
    """The interval of a difference of means with its standard error; right at the size that was planned.

    Source: Welch (1947), Biometrika 34, with the normal quantile: there are 30 people at least in each arm.
    """
    return Interval(
        value=difference, low=difference - Z_95 * error, high=difference + Z_95 * error, p_value=_p(difference, error)
    )


def always_valid(difference: float, error: float, customers: int, planned: int) -> Interval:
    """The interval of a difference of means that may be looked at again and again; narrowest at the `planned` size.

    An asymptotic confidence sequence: Robbins' normal mixture (1970, Annals of Mathematical Statistics 41), its scale
    chosen for the planned size as Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas do ("Time-uniform central limit
    theory", Annals of Statistics 52, 2024, their equations 9 and 61). `customers` and `planned` count both arms.
    """
    if not error:
        return Interval(value=difference, low=difference, high=difference, p_value=1.0 if not difference else 0.0)
    scale = (-2 * math.log(ALPHA) + math.log(1 - 2 * math.log(ALPHA))) / max(planned, customers, 1)
    grown = customers * scale + 1
    half = error * math.sqrt(grown / (customers * scale) * (math.log(grown) - 2 * math.log(ALPHA)))
    return Interval(
        value=difference, low=difference - half, high=difference + half, p_value=_always_p(difference / error, grown)
    )


def _p(difference: float, error: float) -> float:
    if not error:
        return 1.0 if not difference else 0.0
    return 2 * NORMAL.cdf(-abs(difference) / error)


def _always_p(z: float, grown: float) -> float:
    """The least alpha whose interval leaves zero out: the mixture's likelihood ratio turned over."""
    exponent = z * z / 2 * (grown - 1) / grown
    return min(1.0, math.sqrt(grown) * math.exp(-min(exponent, 700.0)))
