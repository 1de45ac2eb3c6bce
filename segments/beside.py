"""Rules that a customer's own document cannot answer: they look at what another collection holds about them."""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from common.ids import derive
from customers.customer import Customer
from segments.ranges import between, lies_between
from segments.rule import NOTHING, Beside, Filter, Row, Rule, Stage

# The dawn of time: a date that is later than this is there at all, in words that an index on dates understands.
DAWN = datetime(1970, 1, 1, tzinfo=UTC)
COUNT = "count"
# What a mark holds where rows were found.
FOUND = [True]

Limits = tuple[int | None, int | None]


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """A collection about customers: `key` is the field that names them, a list of names where `many` is set.

    `known` says that whoever is named there is a customer, unless erased.
    """

    collection: str
    key: str
    many: bool = False
    known: bool = False


ORDERS = Rows(collection="orders", key="customer_id", known=True)
EVENTS = Rows(collection="events", key="customer")
MESSAGES = Rows(collection="messages", key="customer")
FACTS = Rows(collection="facts", key="customer")
SAID = Rows(collection="conversations", key="customers", many=True)
VOUCHERS = Rows(collection="vouchers", key="customer")
REDEMPTIONS = Rows(collection="redemptions", key="customer")
ADVOCATES = Rows(collection="referrals", key="advocate")
FRIENDS = Rows(collection="referrals", key="friend")


class OverRows(Rule):
    """Counts rows of another collection, and may add numbers up; holds where the sums lie within limits.

    Of many customers the rows are read once, by an index where there is one (`index`), and grouped by customer; of
    few they are looked up customer by customer, by the index on the rows' `key` (segments/planning.py chooses).
    """

    # What is added up over the rows besides their count: name -> an expression over a row.
    sums: ClassVar[dict[str, Any]] = {}

    @property
    @abstractmethod
    def rows(self) -> Rows:
        """Which rows."""

    @abstractmethod
    def wanted(self, now: datetime) -> Filter:
        """The filter that finds the rows that count."""

    @abstractmethod
    def counts(self, row: Row, now: datetime, beside: Beside) -> bool:
        """Whether a row counts: the meaning of `wanted` and `further`."""

    @abstractmethod
    def words(self, found: dict[str, int]) -> str:
        """What was found, in a short sentence about the customer."""

    def further(self, now: datetime) -> list[Stage]:
        """Stages after the filter, for what a row does not say itself."""
        return []

    def amounts(self, row: Row) -> dict[str, int]:
        """The plain meaning of `sums` for one row."""
        return {}

    def limits(self) -> dict[str, Limits]:
        """Between what the count and the sums must lie; one row at least is always needed."""
        return {COUNT: (1, None)}

    @property
    def mark(self) -> str:
        """The field that the lookup fills; the same settings share one lookup."""
        return f"_{self.name}_{derive(msgspec.json.encode(self.settings).decode())[:12]}"

    def rows_of(self, now: datetime) -> list[Stage]:
        """Stages that leave the rows that count."""
        return [{"$match": self.wanted(now)}, *self.further(now)]

    def lookups(self, now: datetime) -> dict[str, list[Stage]]:
        """One lookup by the index on the rows' key; it keeps a bare mark, never the rows."""
        stages = self.rows_of(now)
        if self.limits() != {COUNT: (1, None)}:
            stages += self._summed(None)
        stages += [{"$limit": 1}, {"$project": {"_id": 1}}]
        lookup = {"from": self.rows.collection, "localField": "_id", "foreignField": self.rows.key, "as": self.mark}
        return {self.mark: [{"$lookup": {**lookup, "pipeline": stages}}]}

    def match(self, now: datetime) -> Filter:
        """That the lookup found something."""
        return {f"{self.mark}.0": {"$exists": True}}

    def found_by_rows(self, now: datetime) -> list[Stage]:
        """Stages over the rows that leave a document for each customer found, with the mark that a lookup leaves."""
        key = f"${self.rows.key}"
        apart: list[Stage] = [{"$unwind": key}] if self.rows.many else []
        marked: Stage = {"$project": {self.mark: {"$literal": FOUND}}}
        return [*self.rows_of(now), *apart, *self._summed(key), marked]

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """Counts and adds up the customer's rows."""
        theirs = [row for row in beside.get(self.rows.collection, ()) if self._about(row, customer)]
        return self.enough([row for row in theirs if self.counts(row, now, beside)])

    def enough(self, rows: Sequence[Row]) -> bool:
        """Whether these rows, which all count, lie within the limits."""
        found = self.found(rows)
        return found[COUNT] > 0 and all(lies_between(found[name], *limits) for name, limits in self.limits().items())

    def found(self, rows: Sequence[Row]) -> dict[str, int]:
        """The count of rows that count, and the sums."""
        added = [self.amounts(row) for row in rows]
        return {COUNT: len(rows), **{name: sum(one[name] for one in added) for name in self.sums}}

    def value(self, customer: Customer, now: datetime) -> str:
        """What is found where there are no rows; whoever explains passes the rows to `words`."""
        return self.words(self.found([]))

    def _summed(self, key: str | None) -> list[Stage]:
        """The rows by customer, counted and added up, as far as they lie within the limits."""
        sums = {name: {"$sum": expression} for name, expression in self.sums.items()}
        within = {name: between(*limits) for name, limits in self.limits().items() if limits != (None, None)}
        grouped: Stage = {"$group": {"_id": key, COUNT: {"$sum": 1}, **sums}}
        small: list[Stage] = [{"$match": within}] if within != {COUNT: {"$gte": 1}} else []
        return [grouped, *small]

    def _about(self, row: Row, customer: Customer) -> bool:
        named = row.get(self.rows.key)
        return customer.id in named if isinstance(named, list) else named == customer.id
