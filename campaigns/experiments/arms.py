"""What the people of one arm bought: sums, from which every comparison follows, so that the database works them out."""

import math
from collections.abc import Iterable

import msgspec


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """One arm's orders in the attribution window, all customers counted who were drawn into it, buyers or not.

    `revenue` is in minor units, `squares` the sum of its squares a head. `before` is what the same people bought in a
    window of the same length before they were drawn, `before_squares` the sum of its squares, and `products` the sum of
    revenue times what was bought before: what CUPED needs. `cost` is what the arm was given: discounts and messages.
    """

    customers: int = 0
    buyers: int = 0
    revenue: int = 0
    squares: float = 0.0
    before: int = 0
    before_squares: float = 0.0
    products: float = 0.0
    cost: int = 0

    @property
    def mean(self) -> float:
        """Revenue per customer, minor units."""
        return self.revenue / self.customers if self.customers else 0.0

    @property
    def mean_before(self) -> float:
        """What a customer bought before, on average, minor units."""
        return self.before / self.customers if self.customers else 0.0

    @property
    def rate(self) -> float:
        """The share of buyers."""
        return self.buyers / self.customers if self.customers else 0.0

    @property
    def variance(self) -> float:
        """The sample variance of revenue per customer."""
        return self._spread(self.squares, self.mean, self.mean)

    @property
    def variance_before(self) -> float:
        """The sample variance of what was bought before."""
        return self._spread(self.before_squares, self.mean_before, self.mean_before)

    @property
    def covariance(self) -> float:
        """The sample covariance of revenue with what was bought before."""
        if self.customers < 2:
            return 0.0
        return (self.products - self.customers * self.mean * self.mean_before) / (self.customers - 1)

    def _spread(self, squares: float, mean: float, other: float) -> float:
        if self.customers < 2:
            return 0.0
        spread = (squares - self.customers * mean * other) / (self.customers - 1)
        # Of equal values the difference is a rounding error, of either sign.
        return spread if spread > 1e-12 * max(1.0, math.fabs(squares)) else 0.0


def together(arms: Iterable[Arm]) -> Arm:
    """Several arms as one."""
    whole = dict.fromkeys(Arm.__struct_fields__, 0)
    for arm in arms:
        whole = {field: whole[field] + getattr(arm, field) for field in whole}
    return Arm(**whole)
