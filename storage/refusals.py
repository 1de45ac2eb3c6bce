"""Who was not let into campaigns, and why, in MongoDB: a document an occasion, for half a year."""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from pymongo import UpdateOne

from campaigns.refusals import Reason, Refusal
from common.clock import Clock
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, to_document
from storage.personal import Personal
from storage.writes import insert_new

COLLECTION = "refusals"
INDEXES = [
    Index(collection=COLLECTION, keys=[("campaign", 1), ("_id", 1)]),
    Index(collection=COLLECTION, keys=[("customer", 1)]),
    Index(collection=COLLECTION, keys=[("at", 1)]),
]
PERSONAL = [Personal(collection=COLLECTION, customer="customer", export="refusals", hidden=["_id", "customer"])]
KEPT = timedelta(days=183)
AT_ONCE = 1_000


class MongoRefusals:
    """Keeps refusals (Refusals), and lists them."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._refusals = database[COLLECTION]
        self._clock = clock

    def keep(self, refusals: Sequence[Refusal]) -> None:
        """Keep these; what was refused for the same reason before stays as it is."""
        wanted = {one.id: one for one in refusals}
        if not wanted:
            return
        known = self._refusals.find({"_id": {"$in": list(wanted)}}, {"reason": 1})
        reasons: dict[str, str] = {one["_id"]: one["reason"] for one in known}
        insert_new(self._refusals, [to_document(one) for id_, one in wanted.items() if id_ not in reasons])
        changes = [
            UpdateOne({"_id": id_}, {"$set": {"reason": one.reason, "at": one.at}})
            for id_, one in wanted.items()
            if reasons.get(id_, one.reason) != one.reason
        ]
        if changes:
            self._refusals.bulk_write(changes, ordered=False)

    def forget(self, ids: Collection[str]) -> None:
        """These were let in after all."""
        self._refusals.delete_many({"_id": {"$in": list(ids)}})

    def of_campaign(
        self, campaign: str, after: str, limit: int, reason: Reason | None = None, customer: str = ""
    ) -> Iterator[Refusal]:
        """Those of a campaign after an id, in the order of ids; a `limit` of 0 is all of them."""
        wanted: Document = {"campaign": campaign, "_id": {"$gt": after}}
        wanted |= {name: value for name, value in (("reason", reason), ("customer", customer)) if value}
        for document in self._refusals.find(wanted).sort("_id", 1).limit(limit):
            yield from_document(document, Refusal)

    def tidy(self) -> int:
        """Remove some that are half a year old; how many."""
        old = {"at": {"$lte": self._clock.now() - KEPT}}
        ids = [one["_id"] for one in self._refusals.find(old, {"_id": 1}).limit(AT_ONCE)]
        return self._refusals.delete_many({"_id": {"$in": ids}}).deleted_count if ids else 0
