"""The terms on which providers are used, and what came of their requests by the minute, in MongoDB."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from common.errors import Stale
from messaging.desk import Tally, Terms
from storage.indexes import Index
from storage.mongo import Mongo, from_document, to_document
from storage.writes import insert_new

INDEXES = [Index(collection="provider_tallies", keys=[("provider", 1), ("at", 1)])]
KEPT = timedelta(days=2)
_TRIES = 10


class MongoBook:
    """Keeps terms by the provider's name, and a tally for each minute."""

    def __init__(self, database: Mongo) -> None:
        self._terms = database["providers"]
        self._tallies = database["provider_tallies"]

    def terms(self, names: Sequence[str]) -> dict[str, Terms]:
        """The terms of these providers, as set or as of a fresh installation."""
        set_ = {one["_id"]: from_document(one, Terms) for one in self._terms.find({"_id": {"$in": list(names)}})}
        return {name: set_.get(name) or Terms(id=name) for name in names}

    def put(self, terms: Terms, expected_version: int | None = None) -> Terms:
        """Set a provider's terms; raises Stale when `expected_version` is given and no longer holds."""
        for _ in range(_TRIES):
            version = self.terms([terms.id])[terms.id].version
            if expected_version not in (None, version):
                break
            wanted = msgspec.structs.replace(terms, version=version + 1)
            if not version:
                kept = not insert_new(self._terms, [to_document(wanted)])
            else:
                same = {"_id": terms.id, "version": version}
                kept = bool(self._terms.replace_one(same, to_document(wanted)).matched_count)
            if kept:
                return wanted
        raise Stale("The provider's terms were changed in the meantime; read them again.")

    def note(self, provider: str, at: datetime, tally: Tally) -> None:
        """Add what came of a request."""
        minute = at.replace(second=0, microsecond=0)
        added = self._tallies.update_one(
            {"_id": f"{provider}:{minute.isoformat()}"},
            {"$inc": to_document(tally), "$setOnInsert": {"provider": provider, "at": minute}},
            upsert=True,
        )
        if added.upserted_id is not None:
            self._tallies.delete_many({"provider": provider, "at": {"$lt": minute - KEPT}})

    def tally(self, provider: str, since: datetime) -> Tally:
        """What came of the requests since then, to the minute."""
        minute = since.replace(second=0, microsecond=0)
        rows = list(self._tallies.find({"provider": provider, "at": {"$gte": minute}}))
        sums = {name: sum(row.get(name, 0) for row in rows) for name in Tally.__struct_fields__}
        return msgspec.convert(sums, Tally)
