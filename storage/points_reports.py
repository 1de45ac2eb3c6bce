"""What the points outstanding come to, added up in the database; and the orders of a day, for catching up."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from loyalty.points_feed import Progress
from loyalty.points_liability import Sums
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, to_document
from storage.points import ACCOUNTS

INDEXES: list[Index] = []
_PROGRESS = "points_progress"
_ID = "orders"


class MongoLiability:
    """Sums over all accounts (Outstanding)."""

    def __init__(self, database: Mongo) -> None:
        self._accounts = database[ACCOUNTS]

    def sums(self, now: datetime) -> Sums:
        """All points that are not lost by now: what can be spent by the instant of its loss, pending, and owed.

        It is worked out in the database; what comes back is a row for each date of expiry.
        """
        lots: list[Document] = [
            {"$unwind": "$lots"},
            {
                "$project": {
                    "_id": 0,
                    "points": "$lots.points",
                    "expires_at": {"$ifNull": ["$lots.expires_at", None]},
                    "active": {"$lte": ["$lots.active_at", now]},
                }
            },
            {"$group": {"_id": {"at": "$expires_at", "active": "$active"}, "points": {"$sum": "$points"}}},
        ]
        sums = Sums(owed=self._owed())
        for row in self._accounts.aggregate(lots):
            at, active = row["_id"].get("at"), row["_id"]["active"]
            if at is not None and at <= now:
                continue
            if active:
                sums.active[at] = sums.active.get(at, 0) + row["points"]
            else:
                sums.pending += row["points"]
        return sums

    def _owed(self) -> int:
        rows = self._accounts.aggregate([{"$match": {"owed": {"$gt": 0}}}, {"$group": _OWED}])
        return next((int(row["owed"]) for row in rows), 0)


_OWED: Document = {"_id": None, "owed": {"$sum": "$owed"}}


class MongoOrderDays:
    """Orders by the day on which they were placed (OrderDays)."""

    def __init__(self, database: Mongo) -> None:
        self._orders = database["orders"]
        self._progress = database[_PROGRESS]

    def first(self) -> date | None:
        """The day of the first order of all."""
        found: Iterator[Document] = iter(self._orders.find({}, {"placed_at": 1}).sort("placed_at", 1).limit(1))
        earliest = next(found, None)
        return earliest["placed_at"].date() if earliest else None

    def of_day(self, day: date) -> list[str]:
        """The orders of a day (UTC)."""
        start = datetime.combine(day, time(), UTC)
        within = {"placed_at": {"$gte": start, "$lt": start + timedelta(days=1)}}
        return [document["_id"] for document in self._orders.find(within, {"_id": 1})]

    def progress(self) -> Progress:
        """How far it has come."""
        found = self._progress.find_one({"_id": _ID})
        return Progress() if found is None else from_document(found, Progress)

    def note(self, progress: Progress) -> None:
        """Note how far it has come."""
        self._progress.replace_one({"_id": _ID}, to_document(progress), upsert=True)
