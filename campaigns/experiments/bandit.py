"""A bandit: what has earned most so far is given most often, and what is not known yet is still tried.

Thompson sampling (Thompson 1933; Chapelle and Li, "An Empirical Evaluation of Thompson Sampling", 2011) on money:
each arm's mean is believed to be normal around what was seen, and its share is the chance that its mean is the best.
The chances are worked out for a batch of people at a time and kept with it, so that each draw can be repeated.
"""

import hashlib
import math
import random
from collections.abc import Mapping

from campaigns.experiments.arms import Arm, together

# Draws from the beliefs; shares are good to one or two in a hundred.
DRAWS = 2_000
# Everybody is given something else once in a while: what was best may not stay so.
LEAST_SHARE = 0.02
# So many people are believed to have been seen in each arm, at the mean of all: what keeps a lucky first sale small.
PRIOR = 10.0


def shares(arms: Mapping[str, Arm], least: float = LEAST_SHARE) -> dict[str, float]:
    """Each arm's share of the next people, in percent; even where nobody has bought yet.

    The margin is what counts: revenue less the arm's cost. The same sums give the same shares.
    """
    beliefs = _beliefs(arms)
    if not beliefs:
        return dict.fromkeys(sorted(arms), 100 / len(arms))
    chance = random.Random(_seed(arms))  # noqa: S311 - repeatable on purpose, and no secret
    won = dict.fromkeys(beliefs, 0)
    for _ in range(DRAWS):
        won[max(beliefs, key=lambda name: chance.gauss(*beliefs[name]))] += 1
    spare = 1 - least * len(beliefs)
    return {name: 100 * (least + spare * times / DRAWS) for name, times in won.items()}


def _beliefs(arms: Mapping[str, Arm]) -> dict[str, tuple[float, float]]:
    """What each arm's mean margin is believed to be, and how firmly (a standard deviation); empty for nothing known.

    Both are pulled to what all arms show together, by as many people as the prior counts.
    """
    whole = together(arms.values())
    spread = whole.squares / whole.customers - _margin(whole) ** 2 if whole.customers else 0.0
    if spread <= 0:
        return {}
    beliefs = {}
    for name, arm in sorted(arms.items()):
        people = arm.customers + PRIOR
        own = max(0.0, arm.squares - arm.customers * _margin(arm) ** 2)
        mean = (arm.customers * _margin(arm) + PRIOR * _margin(whole)) / people
        beliefs[name] = (mean, math.sqrt((own + PRIOR * spread) / people / people))
    return beliefs


def _margin(arm: Arm) -> float:
    return (arm.revenue - arm.cost) / arm.customers if arm.customers else 0.0


def _seed(arms: Mapping[str, Arm]) -> int:
    """From the sums themselves, so that who repeats a draw gets what was given."""
    told = "\0".join(f"{name} {arm!r}" for name, arm in sorted(arms.items()))
    return int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big")
