"""Lapse: who is still a customer, when their next order is due, what they will be worth; as kept with each customer.

Where a shop has enough orders, BG/NBD (segments/bgnbd.py) says it. Where it has not, the customer's own gaps do,
with the shop's usual gap counted as one more of them (segments/gaps.py). `docs/lapse.md` says how good it is.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol

import msgspec

from customers.customer import Customer
from segments.rfm import Borders

Kind = Literal["bgnbd", "gaps", "none"]

# The spans, in days, for which orders are expected; and how sure, in percent, one may want to be that somebody left.
SPANS = (30, 90, 365)
CERTAINTIES = (50, 70, 80, 90, 95)
# Kept of a fit for comparison with later ones.
HISTORY = 90


class Worth(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Gamma-Gamma's parameters, `gamma` in minor units of `currency`.

    It takes for granted that an order's worth has nothing to do with their number: `correlation` should be near 0.
    """

    p: float
    q: float
    gamma: float
    currency: str
    customers: int
    log_likelihood: float
    correlation: float


class LapseModel(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is in force: for "bgnbd" r, alpha, a and b, with alpha in weeks; otherwise `reason` says why not.

    `gap_days` is the shop's usual gap between two orders of a customer; `repeats` are the repeat orders that the
    `customers` have placed, `repeats_expected` what the model would have expected of them, nothing else known;
    `histories` are the distinct ones that it was fitted on, with times to `unit_days`.
    """

    kind: Kind
    fitted_at: datetime
    reason: str = ""
    r: float = 0.0
    alpha: float = 0.0
    a: float = 0.0
    b: float = 0.0
    log_likelihood: float = 0.0
    gap_days: float | None = None
    customers: int = 0
    repeaters: int = 0
    repeats: int = 0
    repeats_expected: float | None = None
    histories: int = 0
    unit_days: int = 1
    worth: Worth | None = None
    worth_reason: str = ""


class Group(NamedTuple):
    """Customers with the same history: repeat orders, age of the latest and age now, in whole units of time."""

    x: int
    tx: int
    age: int
    customers: int


class Spending(NamedTuple):
    """Customers with as many orders of about the same worth: the mean of their averages, in minor units."""

    orders: int
    mean: float
    customers: int


class History(NamedTuple):
    """A customer as scores are worked out from: the days with an order, since 1970; orders and money in one currency.

    `rolled` names the state of their orders; `rfm` and `lapse` are the scores as they are kept now.
    """

    id: str
    rolled: str | None
    days: list[int]
    last_at: datetime
    orders: int
    spent: int
    rfm: dict[str, Any]
    lapse: dict[str, Any]


class Scored(NamedTuple):
    """The scores of a customer, to be kept unless their orders have changed since."""

    id: str
    rolled: str | None
    rfm: dict[str, Any]
    lapse: dict[str, Any]


class Basis(NamedTuple):
    """What scores are worked out by; `at` is the instant they are for."""

    model: LapseModel
    borders: Borders
    currency: str
    at: datetime


class Histories(Protocol):
    """Customers' histories, in the database."""

    def groups(self, at: datetime, unit_days: int, limit: int) -> list[Group]:
        """All customers with orders, gathered by history; cut off where there are more groups than `limit`."""
        ...

    def spending(self, currency: str) -> list[Spending]:
        """All who spent something in a currency, gathered by number and worth of orders."""
        ...

    def batches(self, after: str, currency: str) -> Iterator[list[History]]:
        """All customers with orders and an id greater than `after`, in the order of ids, a batch at a time."""
        ...

    def unscored(self, since: datetime, currency: str, limit: int) -> list[History]:
        """Some who ordered since an instant and have no scores yet."""
        ...

    def write(self, scored: Sequence[Scored]) -> int:
        """Keep scores; who has new orders since they were worked out is left out. How many were kept."""
        ...


class Statistics(Protocol):
    """What needs scipy: segments/statistics.py, which only a worker loads."""

    def fitted(
        self, groups: Sequence[Group], unit_days: int, spending: Sequence[Spending], currency: str, at: datetime
    ) -> LapseModel:
        """The model that fits the shop best, or what it falls back to."""
        ...

    def scored(self, basis: Basis, histories: Sequence[History]) -> list[Scored]:
        """The scores of each customer, without those that stay as they are."""
        ...


def lapse_of(customer: Customer) -> dict[str, Any]:
    """A customer's outlook as last worked out, empty where there is none."""
    lapse = customer.scores.get("lapse")
    return lapse if isinstance(lapse, dict) else {}


def part_of(customer: Customer, facet: str, key: int) -> Any:
    """A value of a facet of the outlook (`gone`, `expected`) by its number; None where it is not known."""
    inner = lapse_of(customer).get(facet)
    return inner.get(str(key)) if isinstance(inner, dict) else None


def instant_of(customer: Customer, name: str) -> datetime | None:
    """One of the outlook's dates (`next_at`, `late_at`); None where it is not known."""
    at = lapse_of(customer).get(name)
    return at if isinstance(at, datetime) else None
