"""Simulated shops: customers of whom few buy, for sums that differ widely, as in Hillstrom's e-mail data."""

import os
import sys

import numpy as np

from campaigns.experiments.arms import Arm

# The costly simulations: fewer where every change is tested.
FULL = os.environ.get("ENCORE_FAULTS") == "full"

# Hillstrom's "MineThatData" e-mails: some 0.9 % of customers bought within two weeks, for 116 dollars on average.
RATE = 0.009
MEAN = 11_600.0
SPREAD = 0.9  # of the logarithm


def tell(text: str) -> None:
    """A figure for docs/experiments.md; shown by `pytest -rP`."""
    sys.stdout.write(f"{text}\n")


def spent(chance: np.random.Generator, customers: int, rate: float = RATE, mean: float = MEAN) -> np.ndarray:
    """What each of so many customers spent, in minor units: mostly nothing."""
    buys = chance.random(customers) < rate
    sums = chance.lognormal(np.log(mean) - SPREAD**2 / 2, SPREAD, customers)
    return np.where(buys, np.round(sums), 0.0)


def arm(revenue: np.ndarray, before: np.ndarray | None = None, cost: int = 0) -> Arm:
    """The sums over an arm's customers."""
    before = np.zeros_like(revenue) if before is None else before
    return Arm(
        customers=len(revenue),
        buyers=int((revenue > 0).sum()),
        revenue=int(revenue.sum()),
        squares=float((revenue**2).sum()),
        before=int(before.sum()),
        before_squares=float((before**2).sum()),
        products=float((revenue * before).sum()),
        cost=cost,
    )


def many(chance: np.random.Generator, simulations: int, customers: int, rate: float = RATE) -> list[Arm]:
    """So many arms at once, each of so many customers; only the buyers' sums are drawn."""
    buyers = chance.binomial(customers, rate, simulations)
    sums = np.round(chance.lognormal(np.log(MEAN) - SPREAD**2 / 2, SPREAD, int(buyers.sum())))
    ends = np.cumsum(buyers)
    revenue, squares = (np.concatenate([[0.0], np.cumsum(values)]) for values in (sums, sums**2))
    return [
        Arm(
            customers=customers,
            buyers=int(count),
            revenue=int(revenue[end] - revenue[end - count]),
            squares=float(squares[end] - squares[end - count]),
        )
        for count, end in zip(buyers, ends, strict=True)
    ]
