"""Verified webhooks in MongoDB, from the moment they are acknowledged until they are worked off."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from urllib.parse import unquote_plus

from common.clock import Clock
from common.errors import Unavailable
from common.ids import derive, new_id
from messaging.channel import Hook
from messaging.webhooks import Spoilt, Waiting
from storage.indexes import Index
from storage.mongo import Document, Mongo
from storage.personal import Erased
from storage.writes import insert_new

INDEXES = [
    Index(collection="webhooks", keys=[("due", 1)], only={"due": {"$exists": True}}),
    Index(collection="webhooks", keys=[("spoilt", 1)], only={"spoilt": {"$exists": True}}),
]


def forget_mentions(database: Mongo, erased: Erased) -> None:
    """What could not be read goes where it names an address of theirs.

    Raises Unavailable while one that does waits to be worked off: it may hold their STOP.
    """
    for one in list(database["webhooks"].find({})):
        if _names(one["url"].encode() + b" " + bytes(one["body"]), erased):
            if "due" in one:
                raise Unavailable("A provider's word about this customer is being worked off. Ask again shortly.", 2)
            database["webhooks"].delete_one({"_id": one["_id"]})


def _names(body: bytes, erased: Erased) -> bool:
    """Whether a body, in which signs may be escaped in a URL's way or JSON's, names one of their addresses."""
    text = body.decode("utf-8", "replace")
    plain = f"{text} {unquote_plus(text)}".lower()
    # WhatsApp names a number without its plus.
    return any(
        address.lower().removeprefix("+") in plain for addresses in erased.addresses.values() for address in addresses
    )


ERASING = [forget_mentions]


class MongoWebhooks:
    """Keeps webhooks until they are done; then they are gone, with the personal data in them.

    `due` is when a webhook may be worked on: at once, or when the lease of whoever claimed it is over.
    """

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._webhooks = database["webhooks"]
        self._clock = clock

    def store(self, provider: str, hook: Hook) -> None:
        """Keep a webhook; the same one sent again while it waits is the same. Its headers have done their work."""
        id_ = derive("webhook", provider, hook.url, sha256(hook.body).hexdigest())
        document: Document = {"_id": id_, "provider": provider, "url": hook.url, "body": hook.body, "at": hook.at}
        insert_new(self._webhooks, [{**document, "due": hook.at}])

    def claim(self, limit: int, seconds: float) -> list[Waiting]:
        """Those longest due, ours for so many seconds."""
        now, token = self._clock.now(), new_id()
        due: Document = {"due": {"$lte": now}}
        found = self._webhooks.find(due, {"_id": 1}).sort("due", 1).limit(limit)
        mine: Document = {"_id": {"$in": [document["_id"] for document in found]}}
        if not mine["_id"]["$in"]:
            return []
        lease = {"claim": token, "due": now + timedelta(seconds=seconds)}
        self._webhooks.update_many({**mine, **due}, {"$set": lease})
        return [_waiting(document) for document in self._webhooks.find({**mine, "claim": token})]

    def done(self, ids: Sequence[str]) -> None:
        """Forget what was worked off."""
        self._webhooks.delete_many({"_id": {"$in": list(ids)}})

    def spoil(self, id: str, reason: str) -> None:
        """Set aside one that cannot be read, for a person to look at."""
        self._webhooks.update_one({"_id": id}, {"$set": {"spoilt": reason}, "$unset": {"due": "", "claim": ""}})

    def spoilt(self, after: str, limit: int) -> list[Spoilt]:
        """A page of those that were set aside, in the order of ids, without what they say."""
        wanted: Document = {"spoilt": {"$exists": True}, "_id": {"$gt": after}}
        found = self._webhooks.find(wanted, {"provider": 1, "at": 1, "spoilt": 1}).sort("_id", 1).limit(limit)
        return [Spoilt(id=one["_id"], provider=one["provider"], at=one["at"], reason=one["spoilt"]) for one in found]

    def count_spoilt(self) -> dict[str, int]:
        """How many are set aside, by provider."""
        return Counter(one["provider"] for one in self._webhooks.find({"spoilt": {"$exists": True}}, {"provider": 1}))


def _waiting(document: Document) -> Waiting:
    hook = Hook(url=document["url"], at=document["at"], headers={}, body=bytes(document["body"]))
    return Waiting(id=document["_id"], provider=document["provider"], hook=hook)
