"""Recency, frequency and money, worked out and kept inside MongoDB; `segments/rfm.py` says what they mean."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from segments.rfm import FIFTHS, GRID, Borders
from storage.mongo import Document, Mongo

# Customers scored by one update: some seconds on a slow server, well within the time-out of a connection.
BATCH = 5_000
ORDERED: Document = {"profile.orders": {"$gt": 0}, "profile.last_at": {"$type": "date"}}


class MongoScores:
    """Keeps each customer's scores in their facet `scores`."""

    def __init__(self, database: Mongo, batch: int = BATCH) -> None:
        self._customers = database["customers"]
        self._batch = batch

    def borders(self, currency: str) -> Borders | None:
        """The borders between the fifths of all customers with orders; None where there are none.

        Servers may estimate a percentile; how well, decides which side of a border a customer next to it is on.
        """
        fifths = {name: _fifths(number) for name, number in _numbers(currency).items()}
        for row in self._customers.aggregate([{"$match": ORDERED}, {"$group": {"_id": None, **fifths}}]):
            return Borders(recency=row["recency"], frequency=row["frequency"], money=row["money"])
        return None

    def write(self, borders: Borders, currency: str, at: datetime) -> Iterator[int]:
        """Score everybody, batch by batch; yields how many customers each batch had.

        A customer whose scores stay the same is not written, so `at` says since when they hold.
        """
        update = [{"$set": {"scores.rfm": _scores(borders, currency, at)}}]
        for first, last in self._ranges():
            found = self._customers.update_many({"_id": {"$gte": first, "$lte": last}, **ORDERED}, update)
            yield found.matched_count

    def forget(self) -> None:
        """Take the scores from customers who have no orders that stand."""
        unordered = {"scores.rfm": {"$exists": True}, "$nor": [ORDERED]}
        self._customers.update_many(unordered, {"$unset": {"scores.rfm": ""}})

    def cells(self) -> dict[str, int]:
        """How many customers are in each cell."""
        scored = {"scores.rfm.cell": {"$exists": True}}
        rows = self._customers.aggregate(
            [{"$match": scored}, {"$group": {"_id": "$scores.rfm.cell", "customers": {"$sum": 1}}}]
        )
        return {row["_id"]: row["customers"] for row in rows}

    def _ranges(self) -> Iterator[tuple[str, str]]:
        """The ids of all customers with orders, cut into batches."""
        first = last = ""
        size = 0
        with self._customers.find(ORDERED, {"_id": 1}).sort("_id", 1).batch_size(self._batch) as rows:
            for row in rows:
                last = row["_id"]
                first, size = (first if size else last), size + 1
                if size == self._batch:
                    yield first, last
                    size = 0
        if size:
            yield first, last


def _numbers(currency: str) -> dict[str, Any]:
    """What is ranked, as expressions over a customer."""
    spent = {"$getField": {"field": {"$literal": currency}, "input": "$profile.spend"}}
    return {
        "recency": {"$toLong": "$profile.last_at"},
        "frequency": {"$ifNull": ["$profile.days", 0]},
        "money": {"$ifNull": [spent, 0]},
    }


def _fifths(number: Any) -> Document:
    return {"$percentile": {"input": number, "p": list(FIFTHS), "method": "approximate"}}


def _score(number: Any, borders: list[float]) -> Document:
    return {"$add": [1, *({"$cond": [{"$gt": [number, border]}, 1, 0]} for border in borders)]}


def _scores(borders: Borders, currency: str, at: datetime) -> Document:
    numbers = _numbers(currency)
    scores = {
        "r": _score(numbers["recency"], borders.recency),
        "f": _score(numbers["frequency"], borders.frequency),
        "m": _score(numbers["money"], borders.money),
    }
    column = {"$floor": {"$divide": [{"$add": ["$$f", "$$m", -1]}, 2]}}
    row = {"$arrayElemAt": [{"$literal": [list(cells) for cells in GRID]}, {"$subtract": ["$$r", 1]}]}
    same = {"$and": [{"$eq": [f"$scores.rfm.{name}", f"$${name}"]} for name in ("r", "f", "m")]}
    return {
        "$let": {
            "vars": scores,
            "in": {
                "r": "$$r",
                "f": "$$f",
                "m": "$$m",
                "cell": {"$arrayElemAt": [row, column]},
                "at": {"$cond": [same, {"$ifNull": ["$scores.rfm.at", at]}, at]},
            },
        }
    }
