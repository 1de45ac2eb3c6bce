"""What becomes of a batch of a file's rows: read, checked, and kept; or, in a dry run, only told of."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from common.errors import Invalid
from common.jobs import RowError
from customers.catalogue import Product, Products
from customers.columns import ColumnMap
from customers.customer import Customer, Customers
from customers.orders import OrderFiles, OrderRow
from customers.plan import Plan
from customers.product_rows import ProductRows
from customers.reading import Place, Record
from customers.refusals import Refused, row_errors
from customers.returns import ReturnRow
from customers.rows import OrderRows, People
from customers.shop import Shop
from customers.tracing import REMEMBERED, Carry, Ids, Known, Mended

PREVIEW = 20


class ReturnFiles(Protocol):
    """Where what came back is put to the orders it is from."""

    def add_rows(self, file: str, rows: Sequence[ReturnRow]) -> list[RowError]:
        """Add what came back to its orders, each row once; those for which no order is found come back."""
        ...


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Where what files say is kept; `id_of` derives an id from an address, for who is known by nothing else."""

    customers: Customers
    orders: OrderFiles
    returns: ReturnFiles
    products: Products
    known: Known
    shop: Callable[[], Shop]
    id_of: Callable[[str], str]


class Outcome(msgspec.Struct, kw_only=True):
    """What became of a batch: how many rows it was about, what is wrong with some, and what is worth counting."""

    rows: int = 0
    errors: list[RowError] = []
    notes: dict[str, int] = {}
    preview: list[dict[str, Any]] = []


class Batch(msgspec.Struct, kw_only=True):
    """Some records, and as far as they can be read by themselves their rows, by line too, and what is wrong with them.

    It is made ready while the batch before it is still being kept.
    """

    records: Sequence[Record]
    rows: list[Any] = []
    by_line: Mapping[int, Record] = {}
    outcome: Outcome = msgspec.field(default_factory=lambda: Outcome(errors=[], notes={}, preview=[]))


class Taker(ABC):
    """Takes batches of a file; `dry` ones change nothing."""

    def __init__(self, kept: Kept, plan: Plan, at: datetime, *, dry: bool) -> None:
        self.kept, self.plan, self.at, self.dry = kept, plan, at, dry
        self.columns = _reverse(plan.map)
        self._mended = Mended(plan) if plan.mended else None
        self._carry = Carry(plan) if plan.map.carry_down else None
        # Rows of one order belong together: a reading that goes on begins with the first row of the last order.
        self._order = plan.form.columns.index(plan.map.columns["order_id"]) if "order_id" in plan.map.columns else None
        self.begin(Place())

    def begin(self, place: Place) -> None:
        """Make ready for records from a place on, and for those just before it that were taken already."""
        self._taken = place.offset
        self._before = self._start = (place.order_offset, place.order_lines)
        self._last = ""

    def place(self, record: Record, *, again: bool) -> Place:
        """From where to read on after a record, which is the last one that was seen."""
        offset, lines = self._start
        return Place(offset=record.after, lines=record.last, order_offset=offset, order_lines=lines, again=again)

    def see(self, record: Record) -> Record | None:
        """A record as it is meant: in the file it was mended for, with what its order said before; None if taken."""
        order = record.cells[self._order] if self._order is not None and record.cells else ""
        if not order or order != self._last:
            self._start = self._before
        self._before, self._last = (record.after, record.last), order
        if not record.problem and self._mended is not None:
            record = self._mended.restored(record)
        if not record.problem and self._carry is not None:
            record = self._carry.filled(record)
        if record.after > self._taken:
            return record
        self.remember(record)
        return None

    def remember(self, record: Record) -> None:  # noqa: B027  # only orders may lie apart
        """This record was taken before the job was taken over."""

    def ready(self, records: Sequence[Record], *, again: bool) -> Batch:
        """Records, made ready to be taken; the batch before them need not be kept yet."""
        return Batch(records=records)

    @abstractmethod
    def take(self, batch: Batch) -> Outcome:
        """Take a batch."""

    def take_again(self, batch: Batch) -> Outcome:
        """Take what had to wait until all of the file had been read; where nothing had to, it is the same as before."""
        return self.take(batch)

    def refuse(self, outcome: Outcome, record: Record, error: Invalid) -> None:
        """Note why a record is not taken."""
        outcome.errors += row_errors(record.line, error, self.columns)

    def show(self, outcome: Outcome, values: Sequence[msgspec.Struct]) -> None:
        """Keep the first values of a dry run to be looked at."""
        if self.dry:
            outcome.preview = [msgspec.to_builtins(value) for value in values[:PREVIEW]]


def check(record: Record) -> None:
    """Raise Refused for a record that could not be read."""
    if record.problem:
        raise Refused("", record.kind, record.problem)


class CustomerTaker(Taker):
    """Takes customers."""

    def __init__(self, kept: Kept, plan: Plan, at: datetime, *, dry: bool) -> None:
        super().__init__(kept, plan, at, dry=dry)
        self._people = People(plan, kept.shop().attributes, at)
        self._ids = Ids(kept.known, kept.id_of, self._people)

    def take(self, batch: Batch) -> Outcome:
        """Take a batch of customers."""
        outcome = Outcome(rows=len(batch.records), errors=[], notes={}, preview=[])
        self._ids.learn(batch.records)
        good: list[Customer] = []
        for record in batch.records:
            try:
                check(record)
                good.append(self._people.customer(record.cells, self._ids.of(record.cells)))
            except Invalid as error:
                self.refuse(outcome, record, error)
        self.show(outcome, good)
        if self.dry:
            outcome.notes = _new_and_known([one.id for one in good], self.kept.known.customers)
        else:
            self.kept.customers.upsert(good)
        return outcome


class OrderTaker(Taker):
    """Takes lines of orders; who placed them and what was bought is created where nobody knows it."""

    def __init__(self, kept: Kept, plan: Plan, at: datetime, file: str, *, dry: bool, owing: str = "") -> None:
        """`owing` is the job that owes the profiles of who has ordered, "" where they follow at once."""
        self._equal: set[int] = set()
        self._equal_in = ""
        super().__init__(kept, plan, at, dry=dry)
        self._file, self._owing = file, owing
        self._rows = OrderRows(plan, at)
        self._people = People(plan, {}, at)
        self._ids = Ids(kept.known, kept.id_of, self._people)
        self._names = plan.map.says("product_name")
        self._there: set[str] = set()
        self._sold: set[str] = set()
        self._replaced: set[str] = set()

    def remember(self, record: Record) -> None:  # only orders may lie apart
        """An equal of this one may come."""
        if self._order is not None and record.cells:
            self._is_equal(record.cells[self._order].strip(), record)

    def _is_equal(self, order: str, record: Record) -> bool:
        """Whether a row says exactly what an earlier one of the same order said, and no other order lies between."""
        if order != self._equal_in:
            self._equal_in = order
            self._equal.clear()
        said = hash(tuple(record.cells))
        found = said in self._equal
        self._equal.add(said)
        return found

    def ready(self, records: Sequence[Record], *, again: bool) -> Batch:
        """Lines of orders, or on the second reading of what came back, read and checked."""
        batch = Batch(records=records)
        batch.rows, batch.by_line = self._read(records, batch.outcome, ReturnRow if again else OrderRow)
        return batch

    def take(self, batch: Batch) -> Outcome:
        """Take a batch of lines; those of what came back wait for the second reading."""
        outcome, rows, by_line = batch.outcome, batch.rows, batch.by_line
        outcome.rows = len(rows) + len({error.line for error in outcome.errors})
        self.show(outcome, rows)
        if self.dry:
            outcome.notes |= self._foreseen(rows)
            return outcome
        notes = Counter(outcome.notes)
        if self._people.facts:
            notes["facts_left_out"] += self._meet(rows, by_line)
        if self._names:
            self._stock(rows, by_line)
        added = self.kept.orders.add_rows(self._file, rows, self._owing)
        outcome.errors += added.errors
        notes["orders_replaced"] += added.replaced
        outcome.notes = dict(+notes)
        return outcome

    def _foreseen(self, rows: Sequence[OrderRow]) -> dict[str, int]:
        """How many rows are of new orders and of known ones, and how many orders would begin anew with this file."""
        ids = [row.order_id for row in rows]
        known = self.kept.known.orders(sorted(set(ids)))
        foreign = {order: True for order, file in known.items() if file != self._file and order not in self._replaced}
        _remember(self._replaced, foreign)
        counts = Counter("known" if order in known else "new" for order in ids)
        return dict(+(counts + Counter(orders_replaced=len(foreign))))

    def take_again(self, batch: Batch) -> Outcome:
        """Put what came back to the orders it is from; what is wrong with other lines was told at the first reading."""
        outcome, rows = Outcome(errors=[], notes={}, preview=[]), batch.rows
        outcome.rows = len(rows)
        self.show(outcome, rows)
        if not self.dry:
            outcome.errors = self.kept.returns.add_rows(self._file, rows)
        outcome.notes = {"returns": len(rows)} if rows else {}
        return outcome

    def _read(self, batch: Sequence[Record], outcome: Outcome, kind: type[Any]) -> tuple[list[Any], dict[int, Record]]:
        self._ids.learn(batch)
        found: list[Any] = []
        by_line: dict[int, Record] = {}
        equal = 0
        for record in batch:
            try:
                check(record)
                row = self._rows.row(record, self._ids.of(record.cells))
            except Invalid as error:
                self.refuse(outcome, record, error)
                continue
            equal += self._is_equal(row.order_id, record)
            if type(row) is kind:
                found.append(row)
                by_line[record.line] = record
        if equal and kind is OrderRow:
            outcome.notes = {"equal_lines": equal}
        return found, by_line

    def _meet(self, rows: Sequence[OrderRow], by_line: Mapping[int, Record]) -> int:
        """Create the customers that nobody knows, with what their rows say of them; how many facts were unreadable."""
        lines = {row.customer_id: row.row for row in reversed(rows) if row.customer_id not in self._there}
        if not lines:
            return 0
        new = lines.keys() - self.kept.known.customers(sorted(lines))
        met = [self._people.bare(by_line[lines[id]].cells, id) for id in sorted(new)]  # noqa: A001
        self.kept.customers.upsert([customer for customer, _ in met])
        _remember(self._there, lines)
        return sum(left_out for _, left_out in met)

    def _stock(self, rows: Sequence[OrderRow], by_line: Mapping[int, Record]) -> None:
        """Create the products that nobody knows, with the name and price of their first row."""
        first = {row.line.product_id: row for row in reversed(rows) if row.line.product_id not in self._sold}
        if not first:
            return
        new = first.keys() - self.kept.known.products(sorted(first))
        products = [
            _product(row, self._rows.product_name(by_line[row.row].cells))
            for product, row in first.items()
            if product in new
        ]
        self.kept.products.upsert([one for one in products if one.name])
        _remember(self._sold, first)


class ProductTaker(Taker):
    """Takes products, and changes of products."""

    def __init__(self, kept: Kept, plan: Plan, at: datetime, *, dry: bool) -> None:
        super().__init__(kept, plan, at, dry=dry)
        self._rows = ProductRows(plan)

    def take(self, batch: Batch) -> Outcome:
        """Take a batch of products."""
        outcome = Outcome(rows=len(batch.records), errors=[], notes={}, preview=[])
        ids = self._wanted(batch.records)
        known = self.kept.products.get(ids)
        made = dict(known)
        for record in batch.records:
            try:
                check(record)
                id = self._rows.id(record.cells)  # noqa: A001
                made[id] = self._rows.product(record.cells, made.get(id))
            except Invalid as error:
                self.refuse(outcome, record, error)
        good = [one for id, one in made.items() if one is not known.get(id)]  # noqa: A001
        self.show(outcome, good)
        if self.dry:
            same = sum(1 for one in good if one == known.get(one.id))
            counts = {"new": len(made.keys() - known.keys()), "unchanged": same}
            outcome.notes = dict(+Counter(counts | {"changed": len(good) - sum(counts.values())}))
        else:
            self.kept.products.upsert(good)
        return outcome

    def _wanted(self, batch: Sequence[Record]) -> list[str]:
        ids: set[str] = set()
        for record in batch:
            try:
                check(record)
                ids.add(self._rows.id(record.cells))
            except Invalid:
                continue  # told when the row is read
        return sorted(ids)


def _reverse(given: ColumnMap) -> dict[str, str]:
    return given.columns | {f"attributes.{name}": column for name, column in given.attributes.items()}


def _new_and_known(ids: Sequence[str], known: Callable[[Sequence[str]], set[str]]) -> dict[str, int]:
    there = known(sorted(set(ids)))
    counts = Counter("known" if one in there else "new" for one in ids)
    return dict(counts)


def _product(row: OrderRow, name: str) -> Product:
    return Product(id=row.line.product_id, name=name, price=row.line.unit_price, currency=row.currency)


def _remember(known: set[str], new: Mapping[str, object]) -> None:
    if len(known) > REMEMBERED:
        known.clear()
    known.update(new)
