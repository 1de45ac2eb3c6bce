"""What the shop took, worked out in the database."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from customers.orders import Order
from customers.takings import Takings
from storage.mongo import Document, Mongo, from_document

# A path through an array ("$lines.quantity") is not understood by every server; a reduction is.
_LINES: Document = {"$ifNull": ["$lines", []]}
_UNITS: Document = {"$reduce": {"input": _LINES, "initialValue": 0, "in": {"$add": ["$$value", "$$this.quantity"]}}}
_CANCELLED: Document = {"$eq": [{"$ifNull": ["$state", "placed"]}, "cancelled"]}
_MONTH: Document = {"$dateToString": {"date": "$placed_at", "format": "%Y-%m"}}
_ORDER: Document = {
    "customer_id": 1,
    "currency": 1,
    "month": _MONTH,
    "cancelled": _CANCELLED,
    "total": 1,
    "refunded": {"$ifNull": ["$refunded", 0]},
    "lines": {"$size": _LINES},
    "units": _UNITS,
}
_SUMS: Document = {
    "orders": {"$sum": "$orders"},
    "lines": {"$sum": "$lines"},
    "units": {"$sum": "$units"},
    "gross": {"$sum": "$gross"},
    "refunded": {"$sum": "$refunded"},
}
_FIRST: Document = _SUMS | {"orders": {"$sum": 1}, "gross": {"$sum": "$total"}}
# What tells how much of an order came back.
_RETURNED = dict.fromkeys(("customer_id", "placed_at", "currency", "total", "state", "lines", "events"), 1)


class MongoTakings:
    """Reads orders; keeps nothing."""

    def __init__(self, database: Mongo) -> None:
        self._orders = database["orders"]

    def by_month(self, since: datetime | None = None, until: datetime | None = None) -> list[Takings]:
        """Of the orders placed from an instant on and before another; a row a month and currency, in that order."""
        placed = _placed(since, until)
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for row in self._orders.aggregate(_by_month(placed), allowDiskUse=True):
            sums = found.setdefault((row["_id"]["month"], row["_id"]["currency"]), {})
            if row["_id"]["cancelled"]:
                sums["cancelled"] = row["orders"]
            else:
                sums.update({name: value for name, value in row.items() if name != "_id"})
        back = self._returned(placed)
        return [Takings(month=key[0], currency=key[1], **sums, **back[key]) for key, sums in sorted(found.items())]

    def customers(self, since: datetime | None = None, until: datetime | None = None) -> tuple[int, Mapping[str, int]]:
        """How many customers placed them: in all, and by currency."""
        rows = self._orders.aggregate(
            [
                {"$match": _placed(since, until) | {"state": {"$ne": "cancelled"}}},
                {"$group": {"_id": "$customer_id", "currencies": {"$addToSet": "$currency"}}},
                {"$group": {"_id": "$currencies", "people": {"$sum": 1}}},
            ],
            allowDiskUse=True,
        )
        people, by_currency = 0, Counter[str]()
        for row in rows:
            people += row["people"]
            by_currency.update(dict.fromkeys(row["_id"], row["people"]))
        return people, by_currency

    def _returned(self, placed: Document) -> dict[tuple[str, str], Counter[str]]:
        """What came back, by month and currency."""
        back: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        wanted = placed | {"events.type": "returned", "state": {"$ne": "cancelled"}}
        for found in self._orders.find(wanted, _RETURNED):
            order = from_document(found, Order)
            returns = [event for event in order.events if event.type == "returned"]
            back[order.placed_at.astimezone(UTC).strftime("%Y-%m"), order.currency] += Counter(
                returned_orders=1,
                returned_units=sum(order.returned.values()),
                returned_value=sum(event.amount or 0 for event in returns),
            )
        return back


def _by_month(placed: Document) -> list[Document]:
    """By customer first: so customers can be counted without holding a set of them."""
    key = {name: f"${name}" for name in ("month", "currency", "cancelled", "customer_id")}
    month = {name: f"$_id.{name}" for name in ("month", "currency", "cancelled")}
    return [
        {"$match": placed},
        {"$project": _ORDER},
        {"$group": {"_id": key, **_FIRST}},
        {"$group": {"_id": month, "customers": {"$sum": 1}, **_SUMS}},
    ]


def _placed(since: datetime | None, until: datetime | None) -> Document:
    bounds = {name: at for name, at in (("$gte", since), ("$lt", until)) if at is not None}
    return {"placed_at": bounds} if bounds else {}
