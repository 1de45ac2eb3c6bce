"""Recency, frequency, money: each customer's place among all, as three scores from 1 to 5 and a named cell.

The scores are quintiles as Arthur M. Hughes describes them (Strategic Database Marketing, 1994): customers with
orders are cut into fifths by the date of their last order, by the number of days they bought on, and by what
they spent in the shop's currency. A score is 1 plus how many of the four borders lie below the customer's
number, so equal numbers always get equal scores; where half of all customers bought once, their frequency is 1.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Literal, Protocol, get_args

import msgspec

from common.clock import Clock
from customers.customer import Customer
from customers.profile import Profile

Cell = Literal[
    "champions", "loyal", "new", "promising", "needs_attention", "about_to_sleep", "at_risk", "hibernating", "lost"
]
CELLS: tuple[Cell, ...] = get_args(Cell)

# Row: recency 1 to 5. Column: the mean of frequency and money, 1 to 5. The names are in common use among
# marketers; where they overlap in use, this table decides, so that every customer is in exactly one cell.
GRID: tuple[tuple[Cell, ...], ...] = (
    ("lost", "hibernating", "at_risk", "at_risk", "at_risk"),
    ("hibernating", "about_to_sleep", "at_risk", "at_risk", "at_risk"),
    ("about_to_sleep", "needs_attention", "needs_attention", "loyal", "loyal"),
    ("new", "promising", "loyal", "champions", "champions"),
    ("new", "promising", "loyal", "champions", "champions"),
)
FIFTHS = (0.2, 0.4, 0.6, 0.8)


class Borders(msgspec.Struct, frozen=True, kw_only=True):
    """What lies between the fifths, rising: last orders in milliseconds since 1970, days bought on, minor units."""

    recency: list[float]
    frequency: list[float]
    money: list[float]


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """Three scores from 1 to 5, 5 the best, and the cell they make."""

    r: int
    f: int
    m: int
    cell: Cell


class ScoreStore(Protocol):
    """Where the scores are worked out and kept: in the database, so that memory is flat whatever the shop."""

    def borders(self, currency: str) -> Borders | None:
        """The borders between the fifths of all customers with orders; None where there are none."""
        ...

    def write(self, borders: Borders, currency: str, at: datetime) -> Iterator[int]:
        """Score everybody, batch by batch; yields how many customers each batch had."""
        ...

    def forget(self) -> None:
        """Take the scores from customers who have no orders that stand."""
        ...

    def cells(self) -> dict[str, int]:
        """How many customers are in each cell."""
        ...


class Scoring:
    """Keeps everybody's scores fresh; run by a job, and safe to run twice or to be killed in between."""

    def __init__(self, store: ScoreStore, currency: Callable[[], str], clock: Clock) -> None:
        self._store = store
        self._currency = currency
        self._clock = clock

    def refresh(self) -> dict[str, int]:
        """Work out the borders and everybody's scores anew; how many customers are in each cell."""
        currency = self._currency()
        borders = self._store.borders(currency)
        if borders is not None:
            for _ in self._store.write(borders, currency, self._clock.now()):
                pass
        self._store.forget()
        return self.cells()

    def cells(self) -> dict[str, int]:
        """How many customers are in each cell, as last refreshed."""
        counted = self._store.cells()
        return {cell: counted.get(cell, 0) for cell in CELLS}


def score(value: float, borders: list[float]) -> int:
    """1 plus how many borders lie below the value."""
    return 1 + sum(value > border for border in borders)


def scores_of(profile: Profile, borders: Borders, currency: str) -> Scores | None:
    """The plain meaning of what the database works out; None for a customer without orders."""
    if profile.orders < 1 or profile.last_at is None:
        return None
    r = score(profile.last_at.timestamp() * 1_000, borders.recency)
    f = score(profile.days, borders.frequency)
    m = score(profile.spend.get(currency, 0), borders.money)
    return Scores(r=r, f=f, m=m, cell=GRID[r - 1][(f + m + 1) // 2 - 1])


def rfm_of(customer: Customer) -> dict[str, Any]:
    """A customer's scores as last refreshed, empty where there are none."""
    scores = customer.scores.get("rfm")
    return scores if isinstance(scores, dict) else {}
