"""Recency, frequency, money: each customer's place among all, as three scores from 1 to 5 and a named cell.

The scores are quintiles as Arthur M. Hughes describes them (Strategic Database Marketing, 1994): customers with
orders are cut into fifths by the date of their last order, by the number of days they bought on, and by what
they spent in the shop's currency; or the shop sets the borders. A score is 1 plus how many of the four borders lie
below the customer's number, so equal numbers always get equal scores; where half of all customers bought once, their
frequency is 1.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, get_args

import msgspec

from customers.customer import Customer

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


class SetBorders(msgspec.Struct, frozen=True, kw_only=True):
    """Borders that a shop sets: four numbers each, rising; `recency_days` are days since the last order.

    With [30, 90, 180, 365], the last order of who has recency 5 is at most 30 days old, and of who has 1 over 365.
    """

    recency_days: list[int]
    frequency: list[int]
    money: list[int]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Customers with the same three scores, and the cell they are in.

    `orders` they placed and `money` they spent, in minor units; `alive` is how many of them are likely still
    customers (the sum of their probabilities), `gone` how many are likely not; `value` is what is expected of them.
    """

    r: int
    f: int
    m: int
    cell: Cell
    customers: int
    orders: int
    money: int
    alive: float = 0.0
    gone: int = 0
    value: int = 0


class ScoreStore(Protocol):
    """The scores of all customers together, in the database."""

    def borders(self, currency: str) -> Borders | None:
        """The borders between the fifths of all customers with orders; None where there are none."""
        ...

    def forget(self) -> None:
        """Take the scores from customers who have no orders that stand."""
        ...

    def places(self, currency: str, at: datetime) -> list[Place]:
        """Everybody with scores, gathered by the three of them; likely gone by an instant."""
        ...

    def cells(self) -> dict[str, int]:
        """How many customers are in each cell."""
        ...


NO_BORDERS = Borders(recency=[], frequency=[], money=[])


def borders_at(chosen: SetBorders, now: datetime) -> Borders:
    """What a shop set, as borders at this instant: days back become instants."""
    instants = [(now - timedelta(days=days)).timestamp() * 1_000 for days in chosen.recency_days]
    # "At most 30 days" takes in the instant 30 days ago; a border has to lie below the number, so one earlier.
    recency = sorted(at - 1 for at in instants)
    return Borders(recency=recency, frequency=list(map(float, chosen.frequency)), money=list(map(float, chosen.money)))


def score(value: float, borders: Sequence[float]) -> int:
    """1 plus how many borders, which rise, lie below the value."""
    return 1 + bisect_left(borders, value)


def scored(borders: Borders, last_at: datetime, days: int, spent: int) -> dict[str, Any]:
    """The scores of a customer with orders, as they are kept: `r`, `f`, `m` and `cell`."""
    r = score(last_at.timestamp() * 1_000, borders.recency)
    f, m = score(days, borders.frequency), score(spent, borders.money)
    return {"r": r, "f": f, "m": m, "cell": GRID[r - 1][column(f, m)]}


def column(f: int, m: int) -> int:
    """The column of the grid: the mean of frequency and money, halves up, from 0."""
    return (f + m + 1) // 2 - 1


def rfm_of(customer: Customer) -> dict[str, Any]:
    """A customer's scores as last refreshed, empty where there are none."""
    scores = customer.scores.get("rfm")
    return scores if isinstance(scores, dict) else {}
