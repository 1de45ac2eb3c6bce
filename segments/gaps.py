"""A person's own gaps between orders, with the shop's usual gap counted as one more where they have few.

Gaps are taken to be exponential with a rate of the customer's own; over customers, the rates vary by a gamma
distribution whose scale is the shop's usual gap and whose shape is 2, so that what a customer without a gap of their
own is expected to wait is the shop's usual gap. Each gap of their own adds 1 to the shape and its length to the scale:
the mean gap is the mean of their own and one of the shop's. How long a gap gets is then a Lomax distribution.
"""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

SHAPE = 2.0
# Nine in ten of a customer's gaps are shorter than what they are late after.
LATE = 0.9


def lasts(usual: float, gaps: Numbers, together: Numbers, share: float) -> Numbers:
    """How long a gap of each is outlasted by only 1 - `share` of their gaps, in the unit of `usual` and `together`.

    `gaps` is how many of their own they have, `together` how long these are in all.
    """
    return np.asarray((usual + together) * np.expm1(-np.log1p(-share) / (SHAPE + gaps)))


def still(usual: float, gaps: Numbers, together: Numbers, silence: Numbers) -> Numbers:
    """The share of gaps of each that last longer than this silence: small where they would have come back by now."""
    return np.asarray(np.exp((SHAPE + gaps) * (np.log(usual + together) - np.log(usual + together + silence))))


def mean(usual: float, gaps: Numbers, together: Numbers) -> Numbers:
    """The gap to expect of each."""
    return np.asarray((usual + together) / (SHAPE + gaps - 1))
