"""Who gets nothing, so that the report knows what would have happened anyway; and what the comparison says."""

import hashlib
import math

import msgspec

# Two-sided 95 % of the normal distribution; with fewer than 30 people in an arm no interval is given.
Z_95 = 1.959963984540054
LEAST_FOR_AN_INTERVAL = 30


def held_out(campaign: str, customer: str, percent: float) -> bool:
    """Whether the draw holds this customer out: `percent` in a hundred, the same on every machine and every time.

    The draw is by hash (SHA-256 of campaign and customer), so that it can be repeated and audited.
    """
    digest = hashlib.sha256(f"holdout\0{campaign}\0{customer}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < percent / 100 * 2**64


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """One arm's orders in the attribution window; `revenue` in minor units, `squares` the sum of its squares a head."""

    customers: int = 0
    buyers: int = 0
    revenue: int = 0
    squares: float = 0.0

    @property
    def mean(self) -> float:
        """Revenue per customer, minor units, of all who were drawn into the arm, buyers or not."""
        return self.revenue / self.customers if self.customers else 0.0

    @property
    def variance(self) -> float:
        """The sample variance of revenue per customer."""
        if self.customers < 2:
            return 0.0
        return max(0.0, (self.squares - self.customers * self.mean**2) / (self.customers - 1))


class Uplift(msgspec.Struct, frozen=True, kw_only=True):
    """Revenue per customer over the holdout's, minor units, with its 95 % interval where there are people enough."""

    per_customer: float
    low: float | None
    high: float | None


def uplift(treated: Arm, holdout: Arm) -> Uplift | None:
    """The difference of the arms' means with Welch's interval (normal quantile); None where nobody was held out.

    Source: Welch (1947), "The generalization of 'Student's' problem when several different population
    variances are involved", Biometrika 34.
    """
    if not treated.customers or not holdout.customers:
        return None
    difference = treated.mean - holdout.mean
    if min(treated.customers, holdout.customers) < LEAST_FOR_AN_INTERVAL:
        return Uplift(per_customer=difference, low=None, high=None)
    error = math.sqrt(treated.variance / treated.customers + holdout.variance / holdout.customers)
    return Uplift(per_customer=difference, low=difference - Z_95 * error, high=difference + Z_95 * error)
