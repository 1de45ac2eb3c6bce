"""A bandit: what has earned most so far is given most often, and what is not known yet is still tried.

Thompson sampling (Thompson 1933; Chapelle and Li, "An Empirical Evaluation of Thompson Sampling", 2011) on money:
each arm's mean is believed to be normal around what was seen, and its share is the chance that its mean is the best.
The chances are worked out for a batch of people at a time and kept with it, so that each draw can be repeated.
"""

import hashlib
from collections.abc import Mapping

import numpy as np

from campaigns.experiments.arms import Arm

# Draws from the beliefs; shares are good to one in a hundred.
DRAWS = 10_000
# Everybody is given something else once in a while: what was best may not stay so.
LEAST_SHARE = 0.02
# So many people are believed to have been seen in each arm, at the mean of all: what keeps a lucky first sale small.
PRIOR = 10.0


def shares(arms: Mapping[str, Arm], least: float = LEAST_SHARE) -> dict[str, float]:
    """Each arm's share of the next people, in percent; even where nobody has bought yet.

    The margin is what counts: revenue less the arm's cost. The same sums give the same shares.
    """
    names = sorted(arms)
    customers = np.array([float(arms[name].customers) for name in names])
    margins = np.array([float(arms[name].revenue - arms[name].cost) for name in names])
    squares = np.array([arms[name].squares for name in names])
    seen = float(customers.sum())
    spread = float(squares.sum()) / seen - (float(margins.sum()) / seen) ** 2 if seen else 0.0
    if spread <= 0:
        return dict.fromkeys(names, 100 / len(names))
    overall = float(margins.sum()) / seen
    means = (margins + PRIOR * overall) / (customers + PRIOR)
    errors = np.sqrt(_variances(customers, margins, squares, spread) / (customers + PRIOR))
    drawn = np.random.default_rng(_seed(names, arms)).normal(means, errors, (DRAWS, len(names)))
    best = np.bincount(drawn.argmax(axis=1), minlength=len(names)) / DRAWS
    kept = least + (1 - least * len(names)) * best
    return {name: float(100 * share) for name, share in zip(names, kept, strict=True)}


def _variances(
    customers: np.ndarray[tuple[int], np.dtype[np.float64]],
    margins: np.ndarray[tuple[int], np.dtype[np.float64]],
    squares: np.ndarray[tuple[int], np.dtype[np.float64]],
    spread: float,
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Each arm's variance, pulled to that of all by as many as the prior counts."""
    own = np.maximum(squares - margins**2 / np.maximum(customers, 1.0), 0.0)
    return (own + PRIOR * spread) / (customers + PRIOR)


def _seed(names: list[str], arms: Mapping[str, Arm]) -> int:
    """From the sums themselves, so that who repeats a draw gets what was given."""
    told = "\0".join(f"{name} {arms[name]!r}" for name in names)
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big")
