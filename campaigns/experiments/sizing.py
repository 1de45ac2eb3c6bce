"""How many people a comparison needs before it can be expected to show a difference of a size."""

import math

from campaigns.experiments.arms import Arm
from campaigns.experiments.intervals import NORMAL, Z_95

POWER = 0.8


def needed(treated: Arm, control: Arm, difference: float, explained: float = 0.0) -> int | None:
    """How many customers in both arms, split as now, show such a difference of revenue a head four times in five.

    Two-sided at 95 %, from the variances seen so far, less what the past explains of them. None where nothing is known
    yet, or no difference is asked about. Source: any textbook, e.g. Cohen (1988), chapter 2, with a variance an arm.
    """
    people = treated.customers + control.customers
    if not difference or not treated.customers or not control.customers:
        return None
    share = treated.customers / people
    spread = (treated.variance / share + control.variance / (1 - share)) * (1 - explained)
    if not spread:
        return None
    return math.ceil(((Z_95 + NORMAL.inv_cdf(POWER)) / difference) ** 2 * spread)
