"""Referrals: unique by friend and programme, by the friend's traces, and by their places among a programme's limits."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from common.events import Event
from loyalty.referral import Note, Referral, ReferralState, Taken, referral_id
from storage.events import pending_index, pending_push
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, plain, to_document
from storage.personal import Personal

PUMPED = "referrals"

# What fraud is found by, and forgotten after its time.
_EVIDENCE = ("device", "payment", "ip", "person", "home", "barred", "evidence_until")


def _there(field: str, *, unique: bool = False) -> Index:
    return Index(collection=PUMPED, keys=[(field, 1)], unique=unique, only={field: {"$exists": True}})


INDEXES = [
    _there("traces", unique=True),
    _there("places", unique=True),
    _there("barred"),
    _there("device"),
    _there("payment"),
    _there("ip"),
    _there("evidence_until"),
    Index(collection=PUMPED, keys=[("state", 1), ("due_at", 1)]),
    Index(collection=PUMPED, keys=[("programme", 1), ("state", 1)]),
    Index(collection=PUMPED, keys=[("order", 1)]),
    Index(collection=PUMPED, keys=[("advocate", 1)]),
    Index(collection=PUMPED, keys=[("friend", 1)]),
    _there("owing"),
    pending_index(PUMPED),
]

# Neither learns of the other, nor of the other's order and reward; nobody learns what fraud is found by.
_HIDDEN = [
    "advocate", "friend", "traces", *_EVIDENCE, "reasons", "cleared", "owing", "pending", "pending_at", "places",
    "tally", "released", "period", "worth", "notes", "again", "refused",
]  # fmt: skip
PERSONAL = [
    Personal(
        collection=PUMPED,
        customer="advocate",
        erase="nobody",
        gone=["pending", "pending_at", "notes"],
        export="referrals_made",
        hidden=[*_HIDDEN, "order", "order_total", "currency", "friend_voucher", "friend_points", "clicked_at"],
    ),
    Personal(
        collection=PUMPED,
        customer="friend",
        erase="nobody",
        gone=["traces", *_EVIDENCE, "notes", "pending.$[].data.friend"],
        export="referred_by",
        hidden=[*_HIDDEN, "code", "advocate_voucher", "advocate_points"],
    ),
]


class MongoReferrals:
    """Referrals (ReferralStore, ReferralLookups), and the queues of those that wait (ReferralQueues)."""

    def __init__(self, database: Mongo) -> None:
        self._referrals = database[PUMPED]

    def add(self, referral: Referral, over: Referral | None = None) -> bool:
        """Keep a new one, or one in place of a rejected one; False where its id or one of its traces is taken."""
        document = to_document(referral)
        try:
            if over is None or over.id != referral.id:
                self._referrals.insert_one(document)
                return True
            still = {"_id": over.id, "state": over.state.value, "reasons": over.reasons}
            return self._referrals.replace_one(still, document).modified_count == 1
        except DuplicateKeyError:
            return False

    def get(self, ids: Sequence[str]) -> dict[str, Referral]:
        """Those of these referrals that exist."""
        found = self._referrals.find({"_id": {"$in": list(ids)}})
        return {document["_id"]: from_document(document, Referral) for document in found}

    def move(
        self, was: Referral, target: ReferralState, fields: Mapping[str, Any], events: Sequence[Event] = ()
    ) -> bool:
        """Move it on with these fields changed (None takes one away), if it still stands where it was, and owes what it
        did. Raises Taken."""
        change: Document = pending_push(events) if events else {"$set": {}}
        change["$set"] |= {"state": target.value}
        _change(change, fields)
        wanted: Document = {"_id": was.id, "state": was.state.value, "owing": was.owing or {"$exists": False}}
        try:
            return self._referrals.update_one(wanted, change).matched_count == 1
        except DuplicateKeyError:
            raise Taken from None

    def done(self, id: str, what: str, fields: Mapping[str, Any]) -> bool:
        """What was owing is done: strike it and set these fields; False if it was not owing."""
        some: Document = {"$set": {}, "$pull": {"owing": what}}
        _change(some, fields)
        if self._update({"_id": id, "owing": what, "owing.1": {"$exists": True}}, some):
            return True
        last: Document = {"$set": {}, "$unset": {"owing": ""}}
        _change(last, fields)
        return self._update({"_id": id, "owing": [what]}, last)

    def annotate(self, id: str, note: Note) -> bool:
        """Add a note; False where there is no such referral."""
        return self._update({"_id": id}, {"$push": {"notes": to_document(note)}})

    def like(self, programme: str, traces: Sequence[str], marks: Mapping[str, str]) -> list[Referral]:
        """Those of a programme with one of these traces, or this `device` or `payment`; the rejected too."""
        found = list(self._referrals.find({"traces": {"$in": list(traces)}}))
        found += list(self._referrals.find({"barred": {"$in": list(traces)}}))
        for field, value in marks.items():
            found += list(self._referrals.find({field: value}))
        by_id = {document["_id"]: document for document in found if document["programme"] == programme}
        return from_documents(by_id.values(), Referral)

    def of_friends(self, friends: Sequence[str]) -> list[Referral]:
        """Those by which these friends came, in any programme; further orders' and refusals left out."""
        found = from_documents(self._referrals.find({"friend": {"$in": list(friends)}}), Referral)
        return [one for one in found if not one.again and not _refusal(one)]

    def of_advocate(self, programme: str, advocate: str) -> list[Referral]:
        """Those of a customer that count, or have."""
        states = [ReferralState.PENDING, ReferralState.REVIEW, ReferralState.REWARDED, ReferralState.CLAIMED]
        found = from_documents(self._referrals.find({"advocate": advocate}), Referral)
        theirs = [one for one in found if one.programme == programme and one.state in states]
        counting = (ReferralState.PENDING, ReferralState.REWARDED)
        return [one for one in theirs if one.tally or one.state in counting]

    def near(self, programme: str, field: str, value: str, between: tuple[datetime, datetime]) -> int:
        """How many of a programme have this (`advocate`, `ip`) and came between these instants."""
        start, end = between
        wanted: Document = {field: value, "at": {"$gte": start, "$lte": end}, "programme": programme}
        return self._referrals.count_documents({**wanted, "again": {"$exists": False}})

    def of_orders(self, orders: Sequence[str]) -> list[Referral]:
        """Those that these orders made."""
        return from_documents(self._referrals.find({"order": {"$in": list(orders)}}), Referral)

    def page(self, after: str, limit: int, **wanted: str | None) -> list[Referral]:
        """A page in the order of ids: of one state, programme, advocate or friend, if given.

        In review is whatever waits for a person, a doubtful claim too.
        """
        query: Document = {"_id": {"$gt": after}} | {name: value for name, value in wanted.items() if value}
        if query.get("state") == ReferralState.REVIEW:
            doubtful = {"state": ReferralState.CLAIMED.value, "reasons.0": {"$exists": True}, "cleared": {"$ne": True}}
            query |= {"$or": [{"state": query.pop("state")}, doubtful]}
        return from_documents(self._referrals.find(query).sort("_id", 1).limit(limit), Referral)

    def due(self, now: datetime, limit: int) -> list[Referral]:
        """Pending ones whose return window has passed, and claimed ones that nobody ordered with."""
        found: list[Referral] = []
        for state in (ReferralState.PENDING, ReferralState.CLAIMED):
            query = {"state": state.value, "due_at": {"$lte": now}}
            found += from_documents(self._referrals.find(query).sort("due_at", 1).limit(limit), Referral)
        return found[:limit]

    def owed(self, limit: int) -> list[Referral]:
        """Those of which something is decided and not done."""
        return from_documents(self._referrals.find({"owing": {"$exists": True}}).limit(limit), Referral)

    def counts(self, programme: str) -> dict[str, int]:
        """How many of a programme stand in each state, and how many ("rejected: rule") each rule has rejected."""
        counted = {
            state.value: self._referrals.count_documents({"programme": programme, "state": state.value})
            for state in ReferralState
        }
        rejected = {"programme": programme, "state": ReferralState.REJECTED.value}
        for document in self._referrals.find(rejected, {"reasons": 1}):
            # rules that refuse at once come first; what rejected it later came last
            name = f"rejected: {(document.get('reasons') or ['by_hand'])[-1]}"
            counted[name] = counted.get(name, 0) + 1
        return counted

    def forget(self, now: datetime) -> int:
        """Take away what fraud is found by where its time is over; of how many."""
        gone = {"$unset": dict.fromkeys(_EVIDENCE, "")}
        return self._referrals.update_many({"evidence_until": {"$lte": now}}, gone).modified_count

    def _update(self, wanted: Document, change: Document) -> bool:
        return self._referrals.update_one(wanted, {name: one for name, one in change.items() if one}).matched_count == 1


def _change(change: Document, fields: Mapping[str, Any]) -> None:
    """Put fields into an update; None takes one away, and so does what is empty, as it is when a document is new."""
    for name, value in fields.items():
        if value is None or value == [] or value == "":
            change.setdefault("$unset", {})[name] = ""
        else:
            change["$set"][name] = plain(value)


def _refusal(referral: Referral) -> bool:
    """Whether it only tells of a refusal; older ones are known by their id alone."""
    own = referral.id == referral_id(referral.programme, referral.friend)
    return referral.refused or (referral.state is ReferralState.REJECTED and not own)
