"""Suppressions in MongoDB, under keyed hashes of addresses: they tell a reader nothing, and outlive an erasure.

The newest key hashes what is added; what older keys hashed is still found, so that keys can be rotated.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from common.ids import keyed
from customers.consent import BY_HAND, SuppressionRecord, SuppressionWord
from storage.mongo import Document, Mongo, from_documents, to_document
from storage.writes import insert_new

ALL = "all"


class MongoSuppressions:
    """Addresses never to be written to. `hash_key` is the newest secret key, `older` those before it."""

    def __init__(self, database: Mongo, hash_key: bytes, *older: bytes) -> None:
        self._suppressions = database["suppressions"]
        self._keys = (hash_key, *older)

    def add(self, channel: str, address: str, purpose: str, reason: str, at: datetime) -> None:
        """Suppress an address; each reason stands until it is lifted, and the first one is the one told."""
        word = {"purpose": purpose, "reason": reason, "at": at}
        newest = self._hashes(channel, address)[0]
        if not insert_new(self._suppressions, [{"_id": newest, "channel": channel, "words": [word]}]):
            return
        untold: Document = {"words": {"$not": {"$elemMatch": {"purpose": purpose, "reason": reason}}}}
        self._suppressions.update_one({"_id": newest, **untold}, {"$push": {"words": word}})

    def lift(self, channel: str, address: str, reason: str) -> None:
        """Lift what was suppressed for this reason (a START after a STOP)."""
        self._suppressions.update_many(
            {"_id": {"$in": self._hashes(channel, address)}}, {"$pull": {"words": {"reason": reason}}}
        )

    def among(self, channel: str, addresses: Sequence[str], purpose: str) -> dict[str, str]:
        """Which of these addresses are suppressed for this purpose, with the reason, in one read."""
        address_of = {hashed: address for address in addresses for hashed in self._hashes(channel, address)}
        found = self._suppressions.find({"_id": {"$in": list(address_of)}})
        reasons: dict[str, str] = {}
        for suppression in found:
            for word in suppression["words"]:
                if word["purpose"] in (purpose, ALL):
                    reasons.setdefault(address_of[suppression["_id"]], word["reason"])
        return reasons

    def since(self, channel: str, addresses: Sequence[str], reason: str) -> dict[str, dict[str, datetime]]:
        """Since when these addresses are suppressed for this reason: address -> purpose -> instant."""
        address_of = {hashed: address for address in addresses for hashed in self._hashes(channel, address)}
        found: dict[str, dict[str, datetime]] = {}
        for suppression in self._suppressions.find({"_id": {"$in": list(address_of)}}):
            words = {word["purpose"]: word["at"] for word in suppression["words"] if word["reason"] == reason}
            if words:
                found.setdefault(address_of[suppression["_id"]], {}).update(words)
        return found

    def record(self, channel: str, address: str) -> SuppressionRecord:
        """All that stands against an address, and what was lifted by hand, the oldest first."""
        standing: list[Document] = []
        lifted: list[Document] = []
        for found in self._suppressions.find({"_id": {"$in": self._hashes(channel, address)}}):
            standing += found["words"]
            lifted += found.get("lifted", [])
        return SuppressionRecord(
            standing=sorted(from_documents(standing, SuppressionWord), key=attrgetter("at")),
            lifted=sorted(from_documents(lifted, SuppressionWord), key=attrgetter("at")),
        )

    def add_by_hand(self, channel: str, address: str, word: SuppressionWord) -> None:
        """Suppress an address on a person's word; the same purpose again changes nothing."""
        newest = self._hashes(channel, address)[0]
        document = to_document(word)
        if not insert_new(self._suppressions, [{"_id": newest, "channel": channel, "words": [document]}]):
            return
        untold: Document = {"words": {"$not": {"$elemMatch": {"purpose": word.purpose, "reason": BY_HAND}}}}
        self._suppressions.update_one({"_id": newest, **untold}, {"$push": {"words": document}})

    def lift_by_hand(self, channel: str, address: str, reason: str, at: datetime, by: str, note: str) -> bool:
        """Lift what was suppressed for a reason, and keep who did so and why; False where nothing was."""
        hashes = self._hashes(channel, address)
        found = list(self._suppressions.find({"_id": {"$in": hashes}, "words.reason": reason}))
        for one in found:
            done = [
                {"purpose": word["purpose"], "reason": reason, "at": at, "by": by, "note": note}
                for word in one["words"]
                if word["reason"] == reason
            ]
            # Only while it is still there: two who lift it at once leave one trace.
            self._suppressions.update_one(
                {"_id": one["_id"], "words.reason": reason},
                {"$pull": {"words": {"reason": reason}}, "$push": {"lifted": {"$each": done}}},
            )
        return bool(found)

    def forget_notes(self, addresses: Mapping[str, Sequence[str]]) -> None:
        """Take away what people noted about these addresses, by channel; that they are suppressed stays."""
        hashes = [
            hashed for channel, theirs in addresses.items() for one in theirs for hashed in self._hashes(channel, one)
        ]
        for field in ("words", "lifted"):
            noted: Document = {"_id": {"$in": hashes}, f"{field}.note": {"$exists": True}}
            self._suppressions.update_many(noted, {"$unset": {f"{field}.$[].note": ""}})

    def _hashes(self, channel: str, address: str) -> list[str]:
        return [keyed(key, "suppression", channel, address) for key in self._keys]
