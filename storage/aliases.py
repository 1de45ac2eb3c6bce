"""The ids that customers had before they were merged into others: an old id leads to the person for ever."""

from collections.abc import Sequence
from datetime import datetime

from storage.indexes import Index
from storage.mongo import Mongo
from storage.personal import Personal

INDEXES = [Index(collection="aliases", keys=[("into", 1)])]
PERSONAL = [Personal(collection="aliases", customer="into", stays=True)]


class Aliases:
    """Old ids and whom they lead to: `{_id: old, into: survivor, at}`."""

    def __init__(self, database: Mongo) -> None:
        self._aliases = database["aliases"]

    def resolve(self, ids: Sequence[str]) -> dict[str, str]:
        """Of these ids, those that were merged, and the customer each leads to now; chains are followed.

        Cheap where few were merged: then all aliases are read at once, however many ids are asked for.
        """
        asked = set(ids)
        if not asked or not (kept := self._aliases.estimated_document_count()):
            return {}
        into = self._read(None if kept <= len(asked) else asked)
        further = set(into.values()) - into.keys()
        while further and (more := self._read(further)):
            into |= more
            further = set(more.values()) - into.keys()
        return {old: _end(old, into) for old in asked & into.keys()}

    def one(self, id: str) -> str:
        """The customer that an id leads to: itself, unless it was merged."""
        return self.resolve([id]).get(id, id)

    def add(self, old: str, into: str, at: datetime) -> None:
        """From now on `old`, and all that led to it, leads to `into`; twice is once."""
        self._aliases.update_one({"_id": old}, {"$set": {"into": into, "at": at}}, upsert=True)
        self._aliases.update_many({"into": old, "_id": {"$ne": into}}, {"$set": {"into": into}})

    def of(self, customer: str) -> list[str]:
        """The old ids that lead to a customer, sorted."""
        return sorted(one["_id"] for one in self._aliases.find({"into": customer}, {"_id": 1}))

    def _read(self, ids: set[str] | None) -> dict[str, str]:
        wanted = {} if ids is None else {"_id": {"$in": sorted(ids)}}
        return {one["_id"]: one["into"] for one in self._aliases.find(wanted, {"into": 1})}


def _end(old: str, into: dict[str, str]) -> str:
    """Where a chain ends; a ring, which merging does not allow, ends where it began."""
    seen = {old}
    at = into[old]
    while at in into and at not in seen:
        seen.add(at)
        at = into[at]
    return at
