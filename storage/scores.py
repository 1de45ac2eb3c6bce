"""All customers' scores together: borders, cells and sums worked out inside MongoDB; `segments/rfm.py` says of what."""

from datetime import UTC, datetime
from typing import Any

import pymongo

from segments.rfm import FIFTHS, Borders, Place
from storage.mongo import Document, Mongo, from_document

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
ORDERED: Document = {"profile.orders": {"$gt": 0}, "profile.last_at": {"$type": "date"}}

# Seconds that a worker waits for what looks at everybody; a request to the API never asks for it.
PATIENCE = 300.0


class MongoScores:
    """Reads the facet `scores` of everybody at once."""

    def __init__(self, database: Mongo) -> None:
        self._customers = database["customers"]

    def borders(self, currency: str) -> Borders | None:
        """The borders between the fifths of all customers with orders; None where there are none.

        Servers may estimate a percentile; how well, decides which side of a border a customer next to it is on.
        """
        fifths = {name: _fifths(number) for name, number in _numbers(currency).items()}
        with pymongo.timeout(PATIENCE):
            for row in self._customers.aggregate([{"$match": ORDERED}, {"$group": {"_id": None, **fifths}}]):
                return Borders(recency=row["recency"], frequency=row["frequency"], money=row["money"])
        return None

    def forget(self) -> None:
        """Take the scores from customers who have no orders that stand."""
        scored = {"$or": [{"scores.rfm": {"$exists": True}}, {"scores.lapse": {"$exists": True}}]}
        with pymongo.timeout(PATIENCE):
            self._customers.update_many(
                {**scored, "$nor": [ORDERED]}, {"$unset": {"scores.rfm": "", "scores.lapse": ""}}
            )

    def places(self, currency: str, at: datetime) -> list[Place]:
        """Everybody with scores, gathered by the three of them: at most 125 rows whatever the shop."""
        numbers = {name: f"$scores.rfm.{name}" for name in ("r", "f", "m", "cell")}
        gone = {"$lte": [{"$ifNull": ["$scores.lapse.gone.50", NEVER]}, at]}
        sums = {
            "customers": {"$sum": 1},
            "orders": {"$sum": "$profile.orders"},
            "money": {"$sum": {"$ifNull": [_spent(currency), 0]}},
            "alive": {"$sum": {"$ifNull": ["$scores.lapse.p_alive", 0]}},
            "gone": {"$sum": {"$cond": [gone, 1, 0]}},
            "value": {"$sum": {"$ifNull": ["$scores.lapse.value", 0]}},
        }
        scored: Document = {"scores.rfm.cell": {"$gt": ""}}
        with pymongo.timeout(PATIENCE):
            rows = self._customers.aggregate([{"$match": scored}, {"$group": {"_id": numbers, **sums}}])
            return [from_document({**row.pop("_id"), **row}, Place) for row in rows]

    def cells(self) -> dict[str, int]:
        """How many customers are in each cell."""
        scored = {"scores.rfm.cell": {"$gt": ""}}
        rows = self._customers.aggregate(
            [{"$match": scored}, {"$group": {"_id": "$scores.rfm.cell", "customers": {"$sum": 1}}}]
        )
        return {row["_id"]: row["customers"] for row in rows}


def _spent(currency: str) -> Document:
    return {"$getField": {"field": {"$literal": currency}, "input": "$profile.spend"}}


def _numbers(currency: str) -> dict[str, Any]:
    """What is ranked, as expressions over a customer."""
    return {
        "recency": {"$toLong": "$profile.last_at"},
        "frequency": {"$ifNull": ["$profile.days", 0]},
        "money": {"$ifNull": [_spent(currency), 0]},
    }


def _fifths(number: Any) -> Document:
    return {"$percentile": {"input": number, "p": list(FIFTHS), "method": "approximate"}}
