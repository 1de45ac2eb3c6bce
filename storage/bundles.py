"""Codes that are held or used together: what was decided about all of them."""

from collections.abc import Collection
from datetime import datetime

from loyalty.bundle import Bundle, BundleState
from storage.indexes import Index
from storage.mongo import Mongo, from_document, from_documents, to_document
from storage.personal import Personal

COLLECTION = "bundles"
INDEXES = [
    Index(collection=COLLECTION, keys=[("customer", 1)]),
    Index(collection=COLLECTION, keys=[("at", 1)], only={"state": "open"}),
]
PERSONAL = [Personal(collection=COLLECTION, customer="customer", erase="nobody")]


class MongoBundles:
    """Bundles (Bundles), one document each: a move is a compare-and-set on the state."""

    def __init__(self, database: Mongo) -> None:
        self._bundles = database[COLLECTION]

    def add(self, bundle: Bundle) -> None:
        """Keep a new one."""
        self._bundles.insert_one(to_document(bundle))

    def get(self, id: str) -> Bundle | None:
        """One bundle."""
        document = self._bundles.find_one({"_id": id})
        return None if document is None else from_document(document, Bundle)

    def move(self, id: str, states: Collection[BundleState], target: BundleState, at: datetime) -> bool:
        """Move it on, if it is in one of these states still."""
        wanted = {"_id": id, "state": {"$in": list(states)}}
        return self._bundles.update_one(wanted, {"$set": {"state": target, "at": at}}).modified_count == 1

    def left_open(self, before: datetime, limit: int) -> list[Bundle]:
        """Those that somebody began to put together before this, and never ended."""
        found = self._bundles.find({"state": "open", "at": {"$lt": before}}).limit(limit)
        return from_documents(found, Bundle)
