"""Idempotency keys in MongoDB: an insert claims a request, a compare-and-set takes over what a crash left behind."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from pymongo.errors import DuplicateKeyError

from common.clock import Clock
from common.errors import Unavailable
from common.idempotency import Answer, Claim, InFlight
from common.ids import new_id
from storage.indexes import Index
from storage.mongo import Mongo
from storage.personal import Personal

COLLECTION = "idempotency"
INDEXES = [
    Index(collection=COLLECTION, keys=[("expires_at", 1)]),
    Index(collection=COLLECTION, keys=[("people", 1)], only={"people": {"$exists": True}}),
]
# An answer is sealed; with whom it is about it goes, and the request may be carried out anew.
PERSONAL = [Personal(collection=COLLECTION, customer="people", many=True)]

_TRIES = 5


class _Kept(msgspec.Struct, kw_only=True, rename={"id": "_id"}):
    """A document: `answer` is there once the request was carried out."""

    id: str
    fingerprint: str
    token: str
    lease_until: datetime
    expires_at: datetime
    answer: Answer | None = None


class MongoAnswers:
    """Answers, one document per key; each is past its time by its date, whether or not it was swept."""

    def __init__(self, database: Mongo, clock: Clock, kept_seconds: float) -> None:
        self._answers = database[COLLECTION]
        self._clock = clock
        self._kept = timedelta(seconds=kept_seconds)

    def claim(self, id: str, fingerprint: str, lease: float) -> Claim | Answer | InFlight:
        """Take a request on for `lease` seconds, or say what is already known of it."""
        for _ in range(_TRIES):
            mine = self._fresh(fingerprint, lease)
            try:
                self._answers.insert_one({"_id": id, **mine})
                return Claim(id=id, token=mine["token"])
            except DuplicateKeyError:
                document = self._answers.find_one({"_id": id})
            if document is None:  # swept between the two
                continue
            found = self._judge(msgspec.convert(document, _Kept), mine)
            if found is not None:
                return found
        raise Unavailable("Many requests with this Idempotency-Key arrive at once. Try again shortly.", 1)

    def renew(self, claim: Claim, lease: float) -> None:
        """Go on holding a claim for `lease` seconds from now."""
        until = self._clock.now() + timedelta(seconds=lease)
        self._answers.update_one({"_id": claim.id, "token": claim.token}, {"$set": {"lease_until": until}})

    def keep(self, claim: Claim, answer: Answer, people: Sequence[str] = ()) -> None:
        """Keep the answer, and the ids of whom it is about, unless the claim was lost meanwhile."""
        document = msgspec.to_builtins(answer, builtin_types=(bytes,))
        kept: dict[str, Any] = {"answer": document, "fingerprint": answer.fingerprint}
        if people:
            kept["people"] = list(people)
        self._answers.update_one({"_id": claim.id, "token": claim.token}, {"$set": kept})

    def release(self, claim: Claim) -> None:
        """Give a claim up without an answer, so that the next sending is carried out."""
        self._answers.delete_one({"_id": claim.id, "token": claim.token, "answer": None})

    def sweep(self, limit: int = 1000) -> int:
        """Remove up to so many answers that are past their time; returns how many."""
        past = {"expires_at": {"$lte": self._clock.now()}}
        ids = [document["_id"] for document in self._answers.find(past, {"_id": 1}).limit(limit)]
        return self._answers.delete_many({"_id": {"$in": ids}, **past}).deleted_count if ids else 0

    def _fresh(self, fingerprint: str, lease: float) -> dict[str, Any]:
        now = self._clock.now()
        return {
            "fingerprint": fingerprint,
            "token": new_id(),
            "lease_until": now + timedelta(seconds=lease),
            "expires_at": now + self._kept,
        }

    def _judge(self, kept: _Kept, mine: dict[str, Any]) -> Claim | Answer | InFlight | None:
        """What a document that is already there means; None when it changed under our hands."""
        now = self._clock.now()
        over = kept.expires_at <= now
        if kept.answer is not None and not over:
            return kept.answer
        other = kept.fingerprint != mine["fingerprint"]
        if not over and (kept.lease_until > now or (other and kept.fingerprint)):
            return InFlight(fingerprint=kept.fingerprint)
        won = self._answers.update_one({"_id": kept.id, "token": kept.token}, {"$set": {**mine, "answer": None}})
        return Claim(id=kept.id, token=mine["token"]) if won.matched_count else None
