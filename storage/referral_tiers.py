"""The tiers that advocates have reached."""

from collections.abc import Sequence

from common.events import Event
from loyalty.referral_tiers import Achievement
from storage.events import pending_fields, pending_index
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document
from storage.personal import Personal
from storage.writes import insert_new

PUMPED = "referral_tiers"

INDEXES = [
    Index(collection=PUMPED, keys=[("advocate", 1)]),
    Index(collection=PUMPED, keys=[("owing", 1)], only={"owing": {"$exists": True}}),
    pending_index(PUMPED),
]
PERSONAL = [
    Personal(
        collection=PUMPED,
        customer="advocate",
        erase="nobody",
        gone=["pending", "pending_at"],
        export="referral_tiers",
        hidden=["advocate", "owing", "worth", "taken", "pending", "pending_at"],
    )
]


class MongoReached:
    """Achievements (Reached)."""

    def __init__(self, database: Mongo) -> None:
        self._reached = database[PUMPED]

    def add(self, achievement: Achievement, news: Sequence[Event]) -> bool:
        """Keep a new one with its events; False where it is there already."""
        return not insert_new(self._reached, [to_document(achievement) | pending_fields(news)])

    def of(self, advocate: str) -> list[Achievement]:
        """A customer's."""
        return from_documents(self._reached.find({"advocate": advocate}), Achievement)

    def owed(self, limit: int) -> list[Achievement]:
        """Those whose reward is not given."""
        return from_documents(self._reached.find({"owing": {"$exists": True}}).limit(limit), Achievement)

    def given(self, id: str, voucher: str) -> None:
        """The reward is given."""
        told = {"$set": {"voucher": voucher}} if voucher else {}
        self._reached.update_one({"_id": id}, {**told, "$unset": {"owing": ""}})

    def decide(self, id: str, taken: str = "", refused: str = "") -> Achievement:
        """Sign it, or refuse it, unless either has been done; as it stands then."""
        change: Document = {"$set": {"taken": taken}}
        if refused:
            change = {"$set": {"refused": refused}, "$unset": {"owing": ""}}
        undecided = {"_id": id, "taken": {"$exists": False}, "refused": {"$exists": False}}
        self._reached.update_one(undecided, change)
        return from_document(self._reached.find_one({"_id": id}) or {}, Achievement)
