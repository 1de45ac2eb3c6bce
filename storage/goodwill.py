"""The goodwill policy in MongoDB: one document, changed by compare-and-set."""

from msgspec.structs import replace

from common.errors import Stale
from loyalty.goodwill import Goodwill, checked
from storage.indexes import Index
from storage.mongo import Mongo, from_document, to_document
from storage.writes import insert_new

INDEXES: list[Index] = []
_POLICY = "policy"
_TRIES = 10


class MongoGoodwill:
    """The policy (Policies)."""

    def __init__(self, database: Mongo) -> None:
        self._policies = database["goodwill"]

    def get(self) -> Goodwill:
        """The policy as set, or one that is not active."""
        document = self._policies.find_one({"_id": _POLICY})
        return Goodwill() if document is None else from_document(document, Goodwill)

    def put(self, policy: Goodwill, expected_version: int | None = None) -> Goodwill:
        """Set it; raises Invalid where it makes no sense, Stale when `expected_version` no longer holds."""
        checked(policy)
        for _ in range(_TRIES):
            version = self.get().version
            if expected_version not in (None, version):
                break
            wanted = replace(policy, version=version + 1)
            document = to_document(wanted)
            if version == 0:
                kept = not insert_new(self._policies, [{"_id": _POLICY, **document}])
            else:
                kept = bool(self._policies.replace_one({"_id": _POLICY, "version": version}, document).matched_count)
            if kept:
                return wanted
        raise Stale("The policy has been changed since; read it again.")
