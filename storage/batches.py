"""The batches in MongoDB: what workers claim together, and when it is to be rung for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from pymongo.errors import DuplicateKeyError

from messaging.gate import PAUSED
from messaging.message import OPEN, Batch, State
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document

# Whatever was lost, an open batch is looked at again after so long.
LOOKED_AT_AGAIN = timedelta(minutes=15)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

INDEXES = [
    Index(collection="batches", keys=[("due_at", 1)], only={"open": True}),
    Index(collection="batches", keys=[("run", 1)]),
]


class MongoBatches:
    """Keeps batches; reads their messages to know whether one is open."""

    def __init__(self, database: Mongo) -> None:
        self._batches = database["batches"]
        self._messages = database["messages"]

    def get(self, id: str) -> Batch | None:
        """A batch, or None."""
        document = self._batches.find_one({"_id": id})
        return None if document is None else from_document(document, Batch)

    def open(self, batch: Batch) -> None:
        """Keep a batch and, unless it is meant to rest, open it even if it was closed."""
        now = {"open": batch.open, "due_at": batch.due_at, "rung_at": batch.rung_at}
        rest = {name: value for name, value in to_document(batch).items() if name not in {*now, "touched", "_id"}}
        update: Document = {"$set": now, "$inc": {"touched": 1}}
        if rest:
            update["$setOnInsert"] = rest
        try:
            self._batches.update_one({"_id": batch.id}, update, upsert=True)
        except DuplicateKeyError:  # another worker kept it first
            self._batches.update_one({"_id": batch.id}, {"$set": now, "$inc": {"touched": 1}})

    def settle(self, batch: Batch, now: datetime) -> datetime | None:
        """Close it where none of its messages is open (None), else note when it is due again, and say so."""
        still = {"batch": batch.id, "state": {"$in": sorted(OPEN)}}
        found = list(self._messages.find(still, {"state": 1, "not_before": 1, "check_at": 1}))
        if not found:
            self.close([batch])
            return None
        due_at = min(now + LOOKED_AT_AGAIN, *(_due(document, now) for document in found))
        unchanged = {"_id": batch.id, "touched": batch.touched}
        self._batches.update_one(unchanged, {"$set": {"due_at": due_at, "rung_at": LONG_AGO}})
        return due_at

    def put_off(self, ids: Sequence[str], due_at: datetime) -> None:
        """Not to be rung for before `due_at`, and then as soon as may be."""
        self._batches.update_many(
            {"_id": {"$in": list(ids)}, "open": True}, {"$set": {"due_at": due_at, "rung_at": LONG_AGO}}
        )

    def wake(self, run: str, now: datetime) -> int:
        """A run goes on after a pause: its open batches are due now, and what its workers held then; how many."""
        held = {"run": run, "state": State.WAITING.value, "reason": PAUSED}
        self._messages.update_many(held, {"$set": {"not_before": now}})
        paused = {"run": run, "open": True}
        return self._batches.update_many(paused, {"$set": {"due_at": now, "rung_at": LONG_AGO}}).modified_count

    def to_ring(self, now: datetime, rung_before: datetime, limit: int) -> list[Batch]:
        """Open batches that are due and were not rung for lately, the longest due first."""
        due = {"open": True, "due_at": {"$lte": now}, "rung_at": {"$lte": rung_before}}
        return from_documents(self._batches.find(due).sort("due_at", 1).limit(limit), Batch)

    def rung(self, ids: Sequence[str], now: datetime) -> None:
        """Note that these were rung for."""
        self._batches.update_many({"_id": {"$in": list(ids)}}, {"$set": {"rung_at": now}})

    def without_open_messages(self, batches: Sequence[Batch]) -> list[Batch]:
        """Those of these batches that hold no open message."""
        ids = [batch.id for batch in batches]
        still = {"batch": {"$in": ids}, "state": {"$in": sorted(OPEN)}}
        rows = self._messages.aggregate([{"$match": still}, {"$group": {"_id": "$batch"}}])
        open_ids = {row["_id"] for row in rows}
        return [batch for batch in batches if batch.id not in open_ids]

    def close(self, batches: Sequence[Batch]) -> int:
        """Close those that nobody opened since they were read; how many."""
        closed = 0
        for touched in {batch.touched for batch in batches}:
            ids = [batch.id for batch in batches if batch.touched == touched]
            same = {"_id": {"$in": ids}, "touched": touched, "open": True}
            closed += self._batches.update_many(same, {"$set": {"open": False}}).modified_count
        return closed


def _due(document: Document, now: datetime) -> datetime:
    if document["state"] in {State.QUEUED, State.WAITING}:
        due: datetime = document["not_before"]
        return due
    looked_at: datetime = document.get("check_at") or now + LOOKED_AT_AGAIN
    return looked_at
