"""Profiles worked out in the database: one aggregation over the orders of the customers that were touched.

Before orders are written, a note says whose profiles will have to be worked out; it goes when they are.
So a process that dies in between leaves its note, and the sweeper makes it good.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from common.ids import new_id
from storage.indexes import Index
from storage.mongo import Document, Mongo

INDEXES = [Index(collection="unrolled", keys=[("at", 1)])]

# A note older than this is of a process that died, or of one so slow that doing its work twice costs little.
LEFT_OVER = timedelta(minutes=2)
# Customers of one aggregation.
BATCH = 1_000


class Profiles:
    """Keeps customers' profiles in step with their orders."""

    def __init__(self, database: Mongo) -> None:
        self._notes = database["unrolled"]
        self._orders = database["orders"]

    def announce(self, customers: Iterable[str], now: datetime) -> str:
        """Note that these customers' orders are about to change; returns the note's id."""
        note = new_id()
        self._notes.insert_one({"_id": note, "at": now, "customers": sorted(set(customers))})
        return note

    def settle(self, note: str, customers: Sequence[str], now: datetime) -> None:
        """Work out the profiles that a note announced, and take the note away."""
        self.roll_up(customers, now)
        self._notes.delete_one({"_id": note})

    def settle_left_over(self, now: datetime) -> int:
        """Settle the notes of processes that died; how many there were."""
        notes = list(self._notes.find({"at": {"$lte": now - LEFT_OVER}}))
        for note in notes:
            self.settle(note["_id"], note["customers"], now)
        return len(notes)

    def roll_up(self, customers: Sequence[str], now: datetime) -> None:
        """Work out these customers' profiles; one who has orders but was never heard of is created bare."""
        for start in range(0, len(customers), BATCH):
            self._orders.aggregate(pipeline(customers[start : start + BATCH], now))


def pipeline(customers: Sequence[str], now: datetime) -> list[Document]:
    """The aggregation over orders that writes these customers' profiles; `customers/profile.py` says what they mean."""
    return [
        {"$match": {"customer_id": {"$in": list(customers)}}},
        {"$project": _ORDER},
        {"$group": _BY_CURRENCY},
        {"$group": _BY_CUSTOMER},
        {"$set": {"days": _united("$days")}},
        {"$project": {"rolled": 1, "profile": _PROFILE}},
        {"$set": {"created_at": now, "updated_at": now, "version": 1}},
        {"$merge": {"into": "customers", "on": "_id", "whenMatched": _UNLESS_NEWER, "whenNotMatched": "insert"}},
    ]


def _united(lists: str) -> Document:
    return {"$reduce": {"input": lists, "initialValue": [], "in": {"$setUnion": ["$$value", "$$this"]}}}


def _if_standing(value: Any, otherwise: Any = None) -> Document:
    return {"$cond": [{"$ne": [{"$ifNull": ["$state", "placed"]}, "cancelled"]}, value, otherwise]}


# A path through an array ("$lines.product_id") is not understood by every server; a map is.
_PRODUCT_IDS = {"$map": {"input": {"$ifNull": ["$lines", []]}, "as": "line", "in": "$$line.product_id"}}
# What an order adds. It is cut down to this before anything else: servers are slow where documents are long.
_ORDER: Document = {
    "_id": 0,
    "customer_id": 1,
    "version": 1,
    "one": _if_standing(1, 0),
    "currency": _if_standing("$currency"),
    "amount": {"$subtract": ["$total", {"$ifNull": ["$refunded", 0]}]},
    "day": _if_standing({"$dateTrunc": {"date": "$placed_at", "unit": "day"}}),
    "at": _if_standing("$placed_at"),
    "products": _if_standing(_PRODUCT_IDS, []),
}
# Orders that do not stand gather under the currency null, and are counted only as having been seen.
_BY_CURRENCY: Document = {
    "_id": {"customer": "$customer_id", "currency": "$currency"},
    "orders": {"$sum": "$one"},
    "amount": {"$sum": "$amount"},
    "days": {"$addToSet": "$day"},
    "first_at": {"$min": "$at"},
    "last_at": {"$max": "$at"},
    "products": {"$push": "$products"},
    "rolled": {"$sum": "$version"},
}
_BY_CUSTOMER: Document = {
    "_id": "$_id.customer",
    "orders": {"$sum": "$orders"},
    "spend": {"$push": {"k": "$_id.currency", "v": "$amount"}},
    "days": {"$push": {"$cond": [{"$gt": ["$orders", 0]}, "$days", []]}},
    "first_at": {"$min": "$first_at"},
    "last_at": {"$max": "$last_at"},
    "products": {"$push": _united("$products")},
    "rolled": {"$sum": "$rolled"},
}
_SPAN_DAYS = {"$dateDiff": {"startDate": {"$min": "$days"}, "endDate": {"$max": "$days"}, "unit": "day"}}
_OCCASIONS = {"$size": "$days"}
_PROFILE: Document = {
    "orders": "$orders",
    "days": _OCCASIONS,
    "spend": {"$arrayToObject": {"$filter": {"input": "$spend", "as": "sum", "cond": {"$ne": ["$$sum.k", None]}}}},
    "first_at": "$first_at",
    "last_at": "$last_at",
    "gap_days": {
        "$cond": [
            {"$gt": [_OCCASIONS, 1]},
            {"$divide": [_SPAN_DAYS, {"$subtract": [_OCCASIONS, 1]}]},
            None,
        ]
    },
    "products": {"$sortArray": {"input": _united("$products"), "sortBy": 1}},
}
# Two workers may work out one customer at once. Versions only grow, so the sum of the orders' versions tells which
# of them saw more; what was worked out from less never replaces what was worked out from more.
_KNOWN: Document = {"$ifNull": ["$rolled", 0]}
_UNLESS_NEWER: list[Document] = [
    {
        "$set": {
            "profile": {"$cond": [{"$gte": ["$$new.rolled", _KNOWN]}, "$$new.profile", "$profile"]},
            "rolled": {"$max": ["$$new.rolled", _KNOWN]},
        }
    }
]
