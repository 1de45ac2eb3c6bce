"""Referrals: unique by friend and programme, and by the friend's traces."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from common.events import Event
from loyalty.referral import Referral, ReferralState
from storage.events import pending_fields, pending_index, pending_push
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, plain, to_document
from storage.personal import Personal

PUMPED = "referrals"

INDEXES = [
    Index(collection=PUMPED, keys=[("traces", 1)], unique=True, only={"traces": {"$exists": True}}),
    Index(collection=PUMPED, keys=[("device", 1)], only={"device": {"$exists": True}}),
    Index(collection=PUMPED, keys=[("state", 1), ("due_at", 1)]),
    Index(collection=PUMPED, keys=[("order", 1)]),
    Index(collection=PUMPED, keys=[("advocate", 1)]),
    Index(collection=PUMPED, keys=[("friend", 1)]),
    Index(collection=PUMPED, keys=[("owing", 1)], only={"owing": {"$exists": True}}),
    pending_index(PUMPED),
]

# Neither learns of the other, nor of the other's order and reward; nobody learns what fraud is found by.
_HIDDEN = ["advocate", "friend", "traces", "device", "reasons", "cleared", "owing", "pending", "pending_at"]
PERSONAL = [
    Personal(
        collection=PUMPED,
        customer="advocate",
        erase="nobody",
        gone=["pending", "pending_at"],
        export="referrals_made",
        hidden=[*_HIDDEN, "order", "order_total", "currency", "friend_voucher"],
    ),
    Personal(
        collection=PUMPED,
        customer="friend",
        erase="nobody",
        gone=["traces", "device", "pending.$[].data.friend"],
        export="referred_by",
        hidden=[*_HIDDEN, "code", "advocate_voucher"],
    ),
]


class MongoReferrals:
    """Referrals (ReferralStore), and the queues of those that wait (ReferralQueues)."""

    def __init__(self, database: Mongo) -> None:
        self._referrals = database[PUMPED]

    def add(self, referral: Referral, events: Sequence[Event] = ()) -> bool:
        """Keep a new one with its events; False where its id or one of its traces is taken."""
        document = to_document(referral) | (pending_fields(events) if events else {})
        try:
            self._referrals.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    def get(self, ids: Sequence[str]) -> dict[str, Referral]:
        """Those of these referrals that exist."""
        found = self._referrals.find({"_id": {"$in": list(ids)}})
        return {document["_id"]: from_document(document, Referral) for document in found}

    def move(
        self, was: Referral, target: ReferralState, fields: Mapping[str, Any], events: Sequence[Event] = ()
    ) -> bool:
        """Move it on with these fields changed (None takes one away), if it still stands where it was."""
        change: Document = pending_push(events) if events else {"$set": {}}
        change["$set"] |= {"state": target.value} | {
            name: plain(value) for name, value in fields.items() if value is not None
        }
        gone = {name: "" for name, value in fields.items() if value is None}
        if gone:
            change["$unset"] = gone
        # what is owed may be paid meanwhile, and a change that would set it anew must not bring it back
        wanted: Document = {"_id": was.id, "state": was.state.value}
        if "owing" in fields:
            wanted["owing"] = was.owing or {"$exists": False}
        return self._referrals.update_one(wanted, change).modified_count == 1

    def paid(self, id: str, whom: str, voucher: str) -> bool:
        """What was owing to "friend" or "advocate" is issued, or ("recall") cancelled; False if it was not owing."""
        field = "advocate_voucher" if whom == "advocate" else "friend_voucher"
        rest = self._referrals.update_one(
            {"_id": id, "owing": whom, "owing.1": {"$exists": True}},
            {"$set": {field: voucher}, "$pull": {"owing": whom}},
        )
        if rest.modified_count:
            return True
        last = self._referrals.update_one(
            {"_id": id, "owing": [whom]}, {"$set": {field: voucher}, "$unset": {"owing": ""}}
        )
        return last.modified_count == 1

    def like(self, programme: str, traces: Sequence[str], device: str) -> list[Referral]:
        """Those of a programme with one of these traces or this device, the rejected left out."""
        found = list(self._referrals.find({"traces": {"$in": list(traces)}}))
        if device:
            found += list(self._referrals.find({"device": device}))
        by_id = {document["_id"]: document for document in found if document["programme"] == programme}
        return [one for one in from_documents(by_id.values(), Referral) if one.state is not ReferralState.REJECTED]

    def page(self, after: str, limit: int, state: str | None = None) -> list[Referral]:
        """A page in the order of ids, of one state if given."""
        query: Document = {"_id": {"$gt": after}} | ({"state": state} if state else {})
        return from_documents(self._referrals.find(query).sort("_id", 1).limit(limit), Referral)

    def due(self, now: datetime, limit: int) -> list[Referral]:
        """Pending ones whose return window has passed."""
        query = {"state": ReferralState.PENDING.value, "due_at": {"$lte": now}}
        return from_documents(self._referrals.find(query).sort("due_at", 1).limit(limit), Referral)

    def owed(self, limit: int) -> list[Referral]:
        """Those with a reward that is decided but not issued."""
        return from_documents(self._referrals.find({"owing": {"$exists": True}}).limit(limit), Referral)

    def of_orders(self, orders: Sequence[str]) -> list[Referral]:
        """Those that these orders made."""
        return from_documents(self._referrals.find({"order": {"$in": list(orders)}}), Referral)
