"""What the shop took: orders, customers, units, money before and after what was given back, by month and currency."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec


class Takings(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of the orders of one currency that stand (were not cancelled), placed in a month (UTC) or in all.

    `customers` placed them; `lines` and `units` are what they hold. `gross` is the sum of their totals, `refunded`
    what was given back of them, never more than an order's total: both are put to the month in which the order was
    placed, in minor units. Of `returned_orders` something came back, which were `returned_units`; `returned_value` is
    what the returns by themselves say was given back for it. `cancelled` orders are in none of the other figures.
    """

    currency: str
    month: str = ""
    orders: int = 0
    customers: int = 0
    lines: int = 0
    units: int = 0
    gross: int = 0
    refunded: int = 0
    returned_orders: int = 0
    returned_units: int = 0
    returned_value: int = 0
    cancelled: int = 0

    @property
    def net(self) -> int:
        """What was taken less what was given back."""
        return self.gross - self.refunded


class TakingsBook(Protocol):
    """Where the figures come from."""

    def by_month(self, since: datetime | None = None, until: datetime | None = None) -> list[Takings]:
        """Of the orders placed from an instant on and before another; a row a month and currency, in that order."""
        ...

    def customers(self, since: datetime | None = None, until: datetime | None = None) -> tuple[int, Mapping[str, int]]:
        """How many customers placed them: in all, and by currency."""
        ...


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The shop's takings: who bought in all, the sums by currency, and the months."""

    customers: int
    totals: list[Takings]
    months: list[Takings]


def report(book: TakingsBook, since: datetime | None = None, until: datetime | None = None) -> Report:
    """The takings of orders placed from `since` on and before `until`; of all orders where those are left out."""
    months = book.by_month(since, until)
    people, by_currency = book.customers(since, until)
    totals = [_sum(currency, months, by_currency) for currency in sorted({one.currency for one in months})]
    return Report(customers=people, totals=totals, months=months)


_ADDED = (
    "orders",
    "lines",
    "units",
    "gross",
    "refunded",
    "returned_orders",
    "returned_units",
    "returned_value",
    "cancelled",
)


def _sum(currency: str, months: Sequence[Takings], customers: Mapping[str, int]) -> Takings:
    sums = {name: sum(getattr(one, name) for one in months if one.currency == currency) for name in _ADDED}
    return Takings(currency=currency, customers=customers.get(currency, 0), **sums)
