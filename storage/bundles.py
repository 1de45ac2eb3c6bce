"""Codes that are held or used together: what was decided about all of them."""

from collections.abc import Collection
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from loyalty.bundle import Bundle, BundleState
from storage.indexes import Index
from storage.mongo import Mongo, from_document, from_documents, to_document
from storage.personal import Personal

COLLECTION = "bundles"
INDEXES = [
    Index(collection=COLLECTION, keys=[("customer", 1)]),
    # One is put together at a time for an order; those that are, are those that somebody may have to end.
    Index(collection=COLLECTION, keys=[("open", 1)], unique=True, only={"open": {"$exists": True}}),
]
PERSONAL = [Personal(collection=COLLECTION, customer="customer", erase="nobody")]


class MongoBundles:
    """Bundles (Bundles), one document each: a move is a compare-and-set on the state."""

    def __init__(self, database: Mongo) -> None:
        self._bundles = database[COLLECTION]

    def add(self, bundle: Bundle) -> bool:
        """Keep a new one; False where another of the same order is open."""
        try:
            self._bundles.insert_one(to_document(bundle) | {"open": bundle.order})
        except DuplicateKeyError:
            return False
        return True

    def get(self, id: str) -> Bundle | None:
        """One bundle."""
        document = self._bundles.find_one({"_id": id})
        return None if document is None else from_document(document, Bundle)

    def move(self, id: str, states: Collection[BundleState], target: BundleState, at: datetime) -> bool:
        """Move it on, if it is in one of these states still."""
        wanted = {"_id": id, "state": {"$in": list(states)}}
        change = {"$set": {"state": target, "at": at}, "$unset": {"open": ""}}
        return self._bundles.update_one(wanted, change).modified_count == 1

    def left_open(self, before: datetime, limit: int) -> list[Bundle]:
        """Those that somebody began to put together before this, and never ended."""
        found = from_documents(self._bundles.find({"open": {"$exists": True}}).limit(limit), Bundle)
        return [bundle for bundle in found if bundle.at < before]

    def at_work(self, order: str) -> Bundle | None:
        """The one that is being put together for an order."""
        document = self._bundles.find_one({"open": order})
        return None if document is None else from_document(document, Bundle)
