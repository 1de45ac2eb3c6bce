"""API keys in MongoDB, found by the hash of what the caller sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from common.clock import Clock
from common.ids import new_id
from common.keys import ApiKey, Scope, hash_of, new_secret
from storage.indexes import Index
from storage.mongo import Mongo, from_document, from_documents, to_document

COLLECTION = "keys"
INDEXES = [Index(collection=COLLECTION, keys=[("hash", 1)], unique=True)]

# Writing "last used" at every request would make each read a write.
_NOTED_EVERY = timedelta(minutes=1)
# A program that calls many times a second is not looked up each time. For so long another process may still take a key
# that was revoked here.
KNOWN_FOR = timedelta(seconds=1)
_MANY = 1_000


class MongoKeys:
    """Keys, one document each."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._keys = database[COLLECTION]
        self._clock = clock
        self._known: dict[str, tuple[datetime, ApiKey]] = {}

    def create(self, name: str, scopes: Sequence[Scope], id: str | None = None) -> tuple[ApiKey, str]:
        """A new key and its secret, which is shown now or never; the same id again replaces the secret."""
        secret = new_secret()
        key = ApiKey(
            id=id or new_id(), name=name, scopes=list(scopes), hash=hash_of(secret), created_at=self._clock.now()
        )
        self._keys.replace_one({"_id": key.id}, to_document(key), upsert=True)
        self._known.clear()
        return key, secret

    def find(self, secret: str) -> ApiKey | None:
        """The key, unless there is none or it was revoked; notes, at most once a minute, that it was used.

        One that was read less than KNOWN_FOR ago is taken to be as it was.
        """
        hash_, now = hash_of(secret), self._clock.now()
        known = self._known.get(hash_)
        if known is not None and timedelta() <= now - known[0] < KNOWN_FOR:
            return known[1]
        key = self._read(hash_)
        if key is None:
            self._known.pop(hash_, None)
            return None
        if len(self._known) >= _MANY:
            self._known.clear()
        self._known[hash_] = (now, key)
        return key

    def _read(self, hash_: str) -> ApiKey | None:
        document = self._keys.find_one({"hash": hash_})
        if document is None or document.get("revoked_at") is not None:
            return None
        key = from_document(document, ApiKey)
        now = self._clock.now()
        if key.last_used_at is None or now - key.last_used_at > _NOTED_EVERY:
            self._keys.update_one({"_id": key.id}, {"$set": {"last_used_at": now}})
        return key

    def page(self, after: str, limit: int) -> list[ApiKey]:
        """Keys in the order of ids, the revoked ones too."""
        return from_documents(self._keys.find({"_id": {"$gt": after}}).sort("_id", 1).limit(limit), ApiKey)

    def names(self, ids: Sequence[str]) -> dict[str, str]:
        """The names of those of these keys that exist, the revoked ones too."""
        found = self._keys.find({"_id": {"$in": list(ids)}}, {"name": 1}) if ids else ()
        return {document["_id"]: document["name"] for document in found}

    def revoke(self, id: str) -> bool:
        """Make a key useless from now on; False when there is no such key. Twice is once."""
        self._keys.update_one({"_id": id, "revoked_at": None}, {"$set": {"revoked_at": self._clock.now()}})
        self._known.clear()
        return self._keys.count_documents({"_id": id}, limit=1) == 1
