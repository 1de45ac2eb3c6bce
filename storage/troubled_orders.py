"""Orders that are late against a word of ours, and those that a wider trouble hits."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from customers.incident import Scope
from customers.orders import Order
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_documents

INDEXES = [
    Index(collection="orders", keys=[("promised_at", 1)], only={"promised_at": {"$exists": True}}),
    Index(collection="orders", keys=[("events.expected_at", 1)], only={"events.expected_at": {"$exists": True}}),
]
CHUNK = 200
# The state is left out of a document where it is the first one.
_UNDER_WAY: Document = {"state": {"$in": [None, "placed", "shipped", "delivery_failed"]}}
_NOT_SENT: Document = {"state": {"$in": [None, "placed"]}}
_WITHOUT = {"pending": 0, "pending_at": 0, "import_rows": 0}


class MongoTroubledOrders:
    """Reads orders; keeps nothing."""

    def __init__(self, database: Mongo) -> None:
        self._orders = database["orders"]

    def between(self, since: datetime, until: datetime) -> Iterator[Sequence[Order]]:
        """Those that some word promised for after `since` and until `until` and that are not there yet, by the lot."""
        within = {"$gt": since, "$lte": until}
        yield from self._lots({"promised_at": within, **_UNDER_WAY})
        # An event of the order says a date within; the elements of a list are not looked at one by one here.
        yield from self._lots({"events.expected_at": within, **_UNDER_WAY})

    def hit(self, scope: Scope) -> Iterator[Sequence[Order]]:
        """The orders that an incident's scope names, by the lot."""
        if scope.orders:
            for start in range(0, len(scope.orders), CHUNK):
                yield from self._lots({"_id": {"$in": scope.orders[start : start + CHUNK]}})
            return
        placed: Document = {"placed_at": {"$gte": scope.since}} if scope.since else {}
        if scope.product:
            yield from self._lots({**placed, **_NOT_SENT, "lines.product_id": scope.product})
        else:
            sent = self._lots({**placed, "state": "shipped", "events.carrier": scope.carrier})
            yield from ([order for order in lot if _carrier(order) == scope.carrier] for lot in sent)

    def _lots(self, query: Document) -> Iterator[Sequence[Order]]:
        lot: list[Document] = []
        with self._orders.find(query, _WITHOUT, batch_size=CHUNK) as found:
            for document in found:
                lot.append(document)
                if len(lot) == CHUNK:
                    yield from_documents(lot, Order)
                    lot = []
        if lot:
            yield from_documents(lot, Order)


def _carrier(order: Order) -> str:
    """Who brings it, by the latest word."""
    return next((event.carrier for event in reversed(order.events) if event.carrier), "")
