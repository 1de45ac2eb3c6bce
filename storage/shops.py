"""The one shop in MongoDB: a single document."""

import msgspec

from common.errors import Stale
from customers.shop import Shop
from storage.mongo import Mongo, from_document, to_document
from storage.writes import insert_new

_ID = "shop"
_TRIES = 10


class MongoShops:
    """Where the shop is kept."""

    def __init__(self, database: Mongo) -> None:
        self._shops = database["shops"]

    def get(self) -> Shop:
        """The shop as set, or as a fresh installation has it."""
        found = self._shops.find_one({"_id": _ID})
        return Shop() if found is None else from_document(found, Shop)

    def put(self, shop: Shop, expected_version: int | None = None) -> Shop:
        """Set it; raises Stale when `expected_version` is given and no longer holds."""
        for _ in range(_TRIES):
            version = self.get().version
            if expected_version not in (None, version):
                break
            wanted = msgspec.structs.replace(shop, version=version + 1)
            document = to_document(wanted)
            if version == 0:
                kept = not insert_new(self._shops, [{"_id": _ID, **document}])
            else:
                kept = bool(self._shops.replace_one({"_id": _ID, "version": version}, document).matched_count)
            if kept:
                return wanted
        raise Stale("The shop was changed in the meantime; read it again.")
