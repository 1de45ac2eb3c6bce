"""Visits to customers' pages that went on from there: counted once a day for each visitor, who stays unknown."""

from common.clock import Clock
from common.ids import keyed
from storage.indexes import Index
from storage.mongo import Document, Mongo
from storage.personal import Erased
from storage.writes import insert_new

INDEXES = [
    Index(collection="visits", keys=[("kind", 1), ("about", 1)]),
    Index(collection="visits", keys=[("of", 1)], only={"of": {"$exists": True}}),
]


def forget_codes(database: Mongo, erased: Erased) -> None:
    """Visits that came by a code of theirs go with the code."""
    codes = [code["_id"] for code in database["referral_codes"].find({"customer": erased.customer}, {"_id": 1})]
    if codes:
        database["visits"].delete_many({"kind": "referral", "about": {"$in": codes}})


ERASING = [forget_codes]


class MongoVisits:
    """Visits, added to and counted. `key` makes of a visitor what cannot be turned back."""

    def __init__(self, database: Mongo, clock: Clock, key: bytes) -> None:
        self._visits = database["visits"]
        self._clock = clock
        self._key = key

    def note(self, kind: str, about: str, visitor: str, of: str = "") -> str:
        """Note a visit, unless this visitor was noted today; its id, which says nothing of who it was.

        `of` is what the visits of several belong to together, such as a programme.
        """
        now = self._clock.now()
        unique = keyed(self._key, "visit", kind, about, now.date().isoformat(), visitor)
        visit: Document = {"_id": unique, "kind": kind, "about": about, "at": now} | ({"of": of} if of else {})
        insert_new(self._visits, [visit])
        return unique

    def count(self, kind: str, about: str) -> int:
        """How many were noted."""
        return self._visits.count_documents({"kind": kind, "about": about})

    def count_of(self, kind: str, of: str) -> int:
        """How many were noted of all that belong together."""
        return self._visits.count_documents({"of": of, "kind": kind})
