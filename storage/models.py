"""What was fitted and worked out for the whole shop, in MongoDB: a document each, by name."""

from typing import Any

from pymongo.errors import DuplicateKeyError

from common.errors import Stale
from storage.mongo import Document, Mongo, plain


class MongoModels:
    """Keeps a shop's models, their settings, and how far they have been applied."""

    def __init__(self, database: Mongo) -> None:
        self._models = database["models"]

    def read(self, id: str) -> dict[str, Any]:
        """What is kept under a name, empty where nothing is."""
        found = self._models.find_one({"_id": id}) or {}
        return {name: value for name, value in found.items() if name != "_id"}

    def write(self, id: str, **fields: Any) -> None:
        """Set some fields; the others stay."""
        values = {name: plain(value) for name, value in fields.items()}
        try:
            self._models.update_one({"_id": id}, {"$set": values}, upsert=True)
        except DuplicateKeyError:  # somebody made it in between
            self._models.update_one({"_id": id}, {"$set": values})

    def change(self, id: str, expected_version: int | None, **fields: Any) -> dict[str, Any]:
        """Set some fields and raise the version; raises Stale when `expected_version` is given and no longer holds."""
        version = self.read(id).get("version", 0)
        if expected_version not in (None, version):
            raise Stale("This was changed in the meantime; read it again.")
        same: Document = {"_id": id, "version": version or None}
        values = {name: plain(value) for name, value in fields.items()}
        update = {"$set": {**values, "version": version + 1}}
        try:
            done = self._models.update_one(same, update, upsert=version == 0)
        except DuplicateKeyError:
            raise Stale("This was changed in the meantime; read it again.") from None
        if not (done.matched_count or done.upserted_id):
            raise Stale("This was changed in the meantime; read it again.")
        return self.read(id)
