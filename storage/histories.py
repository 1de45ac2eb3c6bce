"""Customers' histories in MongoDB, and the scores that are worked out from them; `segments/lapse.py` says of what."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pymongo
from pymongo import UpdateOne

from segments.lapse import Group, History, Scored, Spending
from storage.indexes import Index
from storage.mongo import Document, Mongo
from storage.scores import ORDERED, PATIENCE

# docs/decisions/0007-eight-indexes-on-customers.md says why these.
INDEXES = [
    Index(collection="customers", keys=[("profile.orders", 1)]),
    Index(collection="customers", keys=[("scores.lapse.gone.50", 1)], only={"scores.lapse.gone.50": {"$exists": True}}),
    # Nobody is late before their next order is due, so that one index finds both.
    Index(
        collection="customers",
        keys=[("scores.lapse.next_at", 1), ("scores.lapse.late_at", 1)],
        only={"scores.lapse.next_at": {"$exists": True}},
    ),
]

# Customers of one read, one bulk and one note of how far a refresh is.
BATCH = 2_000
# Averages within 2 % of each other are gathered: the logarithm in fiftieths.
FIFTIETHS = 50
_FIELDS = {f"profile.{name}": 1 for name in ("days", "first_at", "last_at", "spend", "counts")}
_FIELDS |= {"rolled.by": 1, "rolled.days_of": 1, "scores.rfm": 1, "scores.lapse": 1}


class MongoHistories:
    """Reads histories by the batch, and keeps scores by the bulk."""

    def __init__(self, database: Mongo, batch: int = BATCH) -> None:
        self._customers = database["customers"]
        self._batch = batch

    def groups(self, at: datetime, unit_days: int, limit: int) -> list[Group]:
        """All customers with orders, gathered by history; cut off where there are more groups than `limit`."""
        history = {
            "x": {"$subtract": ["$profile.days", 1]},
            "tx": _units("$profile.last_at", unit_days),
            "age": _units(at, unit_days),
        }
        rows = self._everybody(
            [
                {"$match": {**ORDERED, "profile.first_at": {"$type": "date"}, "profile.last_at": {"$lte": at}}},
                {"$group": {"_id": history, "customers": {"$sum": 1}}},
                {"$limit": limit + 1},
            ]
        )
        return [Group(**{name: int(value) for name, value in {**row.pop("_id"), **row}.items()}) for row in rows]

    def spending(self, currency: str) -> list[Spending]:
        """All who spent something in a currency, gathered by number and worth of orders."""
        literal = {"$literal": currency}
        spent = {"$getField": {"field": literal, "input": "$profile.spend"}}
        orders = {"$getField": {"field": literal, "input": "$profile.counts"}}
        mean = {"$divide": ["$spent", "$orders"]}
        worth = {"$floor": {"$multiply": [FIFTIETHS, {"$ln": mean}]}}
        rows = self._everybody(
            [
                {"$match": ORDERED},
                {"$project": {"spent": spent, "orders": orders}},
                {"$match": {"spent": {"$gt": 0}, "orders": {"$gt": 0}}},
                {
                    "$group": {
                        "_id": {"orders": "$orders", "worth": worth},
                        "means": {"$avg": mean},
                        "customers": {"$sum": 1},
                    }
                },
            ]
        )
        return [Spending(int(row["_id"]["orders"]), float(row["means"]), int(row["customers"])) for row in rows]

    def _everybody(self, stages: list[Document]) -> list[Document]:
        """What stages over all customers leave, which is little, however long they take."""
        with pymongo.timeout(PATIENCE):
            return list(self._customers.aggregate(stages, allowDiskUse=True))

    def batches(self, after: str, currency: str) -> Iterator[list[History]]:
        """All customers with orders and an id greater than `after`, in the order of ids, a batch at a time.

        One cursor along the ids: other indexes would find those with orders, and then have to sort them all.
        """
        query = {"_id": {"$gt": after}, **ORDERED}
        rows = self._customers.find(query, _FIELDS, batch_size=self._batch).sort("_id", 1).hint([("_id", 1)])
        batch: list[History] = []
        with rows:
            for row in rows:
                batch.append(_history(row, currency))
                if len(batch) == self._batch:
                    yield batch
                    batch = []
        if batch:
            yield batch

    def unscored(self, since: datetime, currency: str, limit: int) -> list[History]:
        """Some who ordered since an instant and have no scores yet."""
        query = {"profile.last_at": {"$gte": since}, "profile.orders": {"$gt": 0}, "scores.lapse": {"$exists": False}}
        return [_history(row, currency) for row in self._customers.find(query, _FIELDS).limit(limit)]

    def write(self, scored: Sequence[Scored]) -> int:
        """Keep scores; who has new orders since they were worked out is left out. How many were kept."""
        if not scored:
            return 0
        return self._customers.bulk_write([_update(one) for one in scored], ordered=False).matched_count


def _units(until: Any, unit_days: int) -> Document:
    """Whole units of time from the first order until an instant, by UTC days."""
    days = {"$dateDiff": {"startDate": "$profile.first_at", "endDate": until, "unit": "day"}}
    return {"$floor": {"$divide": [days, unit_days]}}


def _history(row: Mapping[str, Any], currency: str) -> History:
    profile, scores, rolled = row["profile"], row.get("scores", {}), row.get("rolled", {})
    last_at = profile["last_at"]
    return History(
        row["_id"],
        rolled.get("by"),
        rolled.get("days_of") or _days(profile.get("first_at") or last_at, last_at, profile.get("days", 1)),
        last_at,
        profile.get("counts", {}).get(currency, 0),
        profile.get("spend", {}).get(currency, 0),
        scores.get("rfm", {}),
        scores.get("lapse", {}),
    )


def _days(first_at: datetime, last_at: datetime, occasions: int) -> list[int]:
    """Evenly spread days, for a profile that came without them."""
    first, last = (first_at - _EPOCH).days, (last_at - _EPOCH).days
    return [first + round((last - first) * place / max(occasions - 1, 1)) for place in range(max(occasions, 1))]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _update(scored: Scored) -> UpdateOne:
    """The condition: `rolled.by` is another with every change of a customer's orders."""
    same = {"_id": scored.id, "rolled.by": scored.rolled}
    return UpdateOne(same, {"$set": {"scores.rfm": scored.rfm, "scores.lapse": scored.lapse}})
