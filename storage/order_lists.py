"""Orders as lists: all of them in the order of their ids, or one customer's, the latest first."""

from collections.abc import Iterator

from customers.orders import Order
from customers.timeline import cursor_of, place_of
from storage.aliases import Aliases
from storage.mongo import Document, Mongo, from_document, from_documents

# Orders that the server sends at a time; what a stream holds in memory.
BATCH = 1_000


class OrderLists:
    """Reads orders by the page, or all in one go with flat memory."""

    def __init__(self, database: Mongo, aliases: Aliases) -> None:
        self._orders = database["orders"]
        self._aliases = aliases

    def page(self, after: str, limit: int, customer: str | None = None) -> list[Order]:
        """Up to `limit` orders after a cursor, which is an order's id or, of a customer's list, what `cursor` gives.

        Raises Invalid for a cursor that was never one.
        """
        query, order = self._where(after, customer)
        return from_documents(self._orders.find(query, _WITHOUT).sort(order).limit(limit), Order)

    def stream(self, after: str = "", customer: str | None = None) -> Iterator[Order]:
        """All of them after a cursor; raises Invalid for one that was never one."""
        query, order = self._where(after, customer)
        return self._each(query, order)

    def _each(self, query: Document, order: list[tuple[str, int]]) -> Iterator[Order]:
        with self._orders.find(query, _WITHOUT, batch_size=BATCH).sort(order) as found:
            for one in found:
                yield from_document(one, Order)

    def _where(self, after: str, customer: str | None) -> tuple[Document, list[tuple[str, int]]]:
        if customer is None:
            return ({"_id": {"$gt": after}} if after else {}), [("_id", 1)]
        query: Document = {"customer_id": self._aliases.one(customer)}
        if after:
            at, order = place_of(after)
            query["$or"] = [{"placed_at": {"$lt": at}}, {"placed_at": at, "_id": {"$lt": order}}]
        return query, [("placed_at", -1), ("_id", -1)]


def cursor(order: Order) -> str:
    """Where the page of a customer's orders goes on after this one."""
    return cursor_of(order.placed_at, order.id)


_WITHOUT = {"pending": 0, "pending_at": 0, "import_rows": 0}
