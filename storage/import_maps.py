"""Column maps in MongoDB, by name."""

import msgspec

from common.clock import Clock
from common.errors import Stale
from customers.columns import ColumnMap
from storage.mongo import Mongo, from_document, from_documents, to_document
from storage.writes import insert_new


class MongoColumnMaps:
    """Column maps in MongoDB."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._maps = database["import_maps"]
        self._clock = clock

    def get(self, name: str) -> ColumnMap | None:
        """The map of this name."""
        found = self._maps.find_one({"_id": name})
        return None if found is None else from_document(found, ColumnMap)

    def put(self, given: ColumnMap, expected_version: int | None = None) -> ColumnMap:
        """Keep a map under its name; raises Stale when `expected_version` is given and no longer holds."""
        known = self.get(given.name)
        version = known.version if known else 0
        if expected_version not in (None, version):
            raise Stale(f"The map {given.name!r} was changed in the meantime; read it again.")
        if known is not None and msgspec.structs.replace(given, version=version, changed_at=known.changed_at) == known:
            return known
        wanted = msgspec.structs.replace(given, version=version + 1, changed_at=self._clock.now())
        document = to_document(wanted)
        if known is None:
            lost = bool(insert_new(self._maps, [document]))
        else:
            lost = not self._maps.replace_one({"_id": given.name, "version": version}, document).matched_count
        if lost:
            raise Stale(f"The map {given.name!r} was changed in the meantime; read it again.")
        return wanted

    def delete(self, name: str) -> bool:
        """Forget a map; False when there is none."""
        return bool(self._maps.delete_one({"_id": name}).deleted_count)

    def page(self, after: str, limit: int) -> list[ColumnMap]:
        """A page in the order of names."""
        return from_documents(self._maps.find({"_id": {"$gt": after}}).sort("_id", 1).limit(limit), ColumnMap)
