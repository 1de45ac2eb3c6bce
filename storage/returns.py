"""Rows of cancelling invoices: which lines of a file are equal, and which orders they may be from."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pymongo import UpdateOne

from common.clock import Clock
from common.ids import derive
from customers.orders import Order
from storage.aliases import Aliases
from storage.indexes import Index
from storage.mongo import Mongo, from_document

INDEXES = [Index(collection="return_rows", keys=[("at", 1)])]

# Lines are remembered while their file may still be under way; a file that comes again is counted from its start.
KEPT = timedelta(days=30)
SWEPT_EVERY = timedelta(hours=1)


class MongoReturnRows:
    """Reads and keeps in batches, whatever the number of rows."""

    def __init__(self, database: Mongo, aliases: Aliases, clock: Clock) -> None:
        self._rows = database["return_rows"]
        self._orders = database["orders"]
        self._aliases = aliases
        self._clock = clock
        self._swept_at: datetime | None = None

    def places(self, file: str, rows: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
        """Keep on which lines of a file each content stands, once; all the lines known by now, first come first."""
        now = self._clock.now()
        self._sweep(now)
        contents = {derive(file, content): content for content in rows}
        known = self._read(list(contents))
        fresh = [one for one, content in contents.items() if not {*rows[content]} <= {*known.get(one, ())}]
        if fresh:
            self._rows.bulk_write([_standing(one, rows[contents[one]], now) for one in fresh], ordered=False)
            known |= self._read(fresh)
        return {content: known[one] for one, content in contents.items()}

    def bought(self, customers: Sequence[str], products: Sequence[str]) -> dict[str, list[Order]]:
        """The orders of these customers (also by an id they had before) that hold any of these products."""
        people = self._aliases.resolve(customers)
        ids = sorted({people.get(customer, customer) for customer in customers})
        query = {"customer_id": {"$in": ids}, "lines.product_id": {"$in": list(products)}}
        orders: dict[str, list[Order]] = defaultdict(list)
        for found in self._orders.find(query, {"pending": 0, "import_rows": 0}):
            orders[found["customer_id"]].append(from_document(found, Order))
        return {customer: orders.get(people.get(customer, customer), []) for customer in customers}

    def _sweep(self, now: datetime) -> None:
        """Forget lines of long ago, now and then: every write waits for the journal."""
        if self._swept_at is None or now - self._swept_at >= SWEPT_EVERY:
            self._rows.delete_many({"at": {"$lt": now - KEPT}})
            self._swept_at = now

    def _read(self, ids: Sequence[str]) -> dict[str, list[int]]:
        return {found["_id"]: found["rows"] for found in self._rows.find({"_id": {"$in": list(ids)}})}


def _standing(id: str, lines: Sequence[int], now: datetime) -> UpdateOne:
    """Lines are only ever added at the end, so that what was the second of its equals stays the second."""
    return UpdateOne({"_id": id}, {"$addToSet": {"rows": {"$each": list(lines)}}, "$set": {"at": now}}, upsert=True)
