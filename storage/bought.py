"""What customers bought around a time, read for many messages at once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from campaigns.told import Order
from storage.mongo import Document, Mongo, from_document

# All orders of the time are read where there are no more than so many for each message, and in all.
ORDERS_A_MESSAGE = 4
MOST_ORDERS = 200_000
ORDER_FIELDS = {"customer_id": 1, "placed_at": 1, "total": 1, "refunded": 1, "currency": 1, "state": 1}
# By customer, the orders that stand.
Bought = Mapping[str, Sequence[Order]]
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# What no longer stands of what was ordered.
FALLEN = frozenset({"cancelled", "refunded"})


def kept_of(order: Document, currency: str) -> int | None:
    """What the shop has kept of an order's total; None where nothing of it stands, or it is of another currency."""
    gone = order["currency"] != currency or order.get("state") in FALLEN
    refunded = order.get("refunded", 0)
    return None if gone or 0 < order["total"] <= refunded else order["total"] - refunded


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages there are, and when they were planned and handed over."""

    count: int = 0
    first: datetime = LONG_AGO
    last: datetime = LONG_AGO
    handed_first: datetime | None = None
    handed_last: datetime | None = None


def span_of(database: Mongo, compared: Document) -> Span:
    """The span of these messages, in one read."""
    times = {
        "_id": None,
        "count": {"$sum": 1},
        "first": {"$min": "$planned_at"},
        "last": {"$max": "$planned_at"},
        "handed_first": {"$min": "$handed_at"},
        "handed_last": {"$max": "$handed_at"},
    }
    found = next(iter(database["messages"].aggregate([{"$match": compared}, {"$group": times}])), None)
    return from_document(found, Span) if found else Span()


class Purchases:
    """Reads orders around the plans of messages: `before` and `after` say how far."""

    def __init__(self, database: Mongo, before: timedelta, after: timedelta, currency: str) -> None:
        self._orders = database["orders"]
        self._before = before
        self._after = after
        self._currency = currency

    def everybodys(self, span: Span) -> Bought | None:
        """What everybody bought around the plans, in one read; None where that is too much for the few who are asked
        about, or for the memory."""
        if not span.count:
            return {}
        around = {"placed_at": {"$gte": span.first - self._before, "$lt": span.last + self._after}}
        most = min(ORDERS_A_MESSAGE * span.count, MOST_ORDERS)
        if self._orders.count_documents(around, limit=most + 1) > most:
            return None
        return self._by_customer(self._orders.find(around, ORDER_FIELDS))

    def of(self, messages: Sequence[Document]) -> Bought:
        """What these messages' customers bought around the plans, in one read: a `$lookup` a message took nine times
        as long on a real engine."""
        plans = [message["planned_at"] for message in messages]
        theirs = {"customer_id": {"$in": sorted({message["customer"] for message in messages})}}
        around = {"placed_at": {"$gte": min(plans) - self._before, "$lt": max(plans) + self._after}}
        # Two stages, since the embedded server is slow at a list and a range in one.
        found = self._orders.aggregate([{"$match": theirs}, {"$match": around}, {"$project": ORDER_FIELDS}])
        return self._by_customer(found)

    def _by_customer(self, orders: Iterable[Document]) -> Bought:
        bought: defaultdict[str, list[Order]] = defaultdict(list)
        for order in orders:
            if (kept := kept_of(order, self._currency)) is not None:
                bought[order["customer_id"]].append(Order(order["placed_at"], kept, order["_id"]))
        return bought
