"""Offers and what has been taken from their budgets."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from pymongo.errors import DuplicateKeyError

from common.clock import Clock
from common.errors import Conflict, NotFound, Stale
from common.events import Event
from common.money import Money
from loyalty.budgets import Alert, Limit, campaign_key, checked_key, returned, stale_keys
from loyalty.changes import changed, differing
from loyalty.offer import Offer, checked
from loyalty.redemption import Entry
from storage.events import pending_fields, pending_index, pending_push
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document, to_documents
from storage.personal import Erasing, Merging

PUMPED = "offers"
INDEXES: list[Index] = [pending_index("offers")]

# Kept by others alone: a new definition leaves them as they are.
_BUDGET_FIELDS = ("_id", "seed", "spent", "open", "alerts", "created_at")
_OPEN = "open.redemption.customer"


def rename_open(database: Mongo, old: str, new: str) -> None:
    """Put another id in the place of a person's in what is being settled at this moment."""
    offers = database["offers"]
    for offer in list(offers.find({_OPEN: old}, {"open": 1})):
        for token in [entry["token"] for entry in offer["open"] if entry["redemption"]["customer"] == old]:
            held = {"_id": offer["_id"], "open.token": token}
            offers.update_one(held, {"$set": {"open.$.redemption.customer": new}})


MERGING: list[Merging] = [lambda database, merged: rename_open(database, merged.old, merged.into)]
ERASING: list[Erasing] = [lambda database, erased: rename_open(database, erased.customer, erased.nobody)]

# The latest of them; a day's budget that runs out each day has two a day.
KEPT_ALERTS = 200

# A currency becomes the name of a field.
_CURRENCY = re.compile(r"[A-Z]{3}")


class MongoOffers:
    """Offers (Offers) and their budgets (Budgets), one document each, so that one update is exact."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._offers = database["offers"]
        self._clock = clock

    def add(self, offer: Offer, by: str = "") -> None:
        """Keep a new one; raises Invalid where it makes no sense, Conflict where its id is taken."""
        told = pending_fields([_change(None, checked(offer), self._clock.now(), by)])
        try:
            self._offers.insert_one(to_document(offer) | told)
        except DuplicateKeyError:
            raise Conflict(f"There is an offer {offer.id!r} already.", "exists") from None

    def get(self, id: str) -> Offer:
        """One offer; raises NotFound, for a deleted one too."""
        offer = self.kept(id)
        if offer.deleted_at is not None:
            raise NotFound("offer", id, "offer_deleted", f"The offer {id!r} was deleted.")
        return offer

    def kept(self, id: str) -> Offer:
        """One offer, even if it was deleted; raises NotFound."""
        document = self._offers.find_one({"_id": id}, {"pending": 0})
        if document is None:
            raise NotFound("offer", id)
        return from_document(document, Offer)

    def page(self, after: str, limit: int) -> list[Offer]:
        """A page in the order of ids, without those deleted and without what is open."""
        there: Document = {"_id": {"$gt": after}, "deleted_at": None}
        found = self._offers.find(there, {"open": 0, "pending": 0}).sort("_id", 1).limit(limit)
        return from_documents(found, Offer)

    def change(self, offer: Offer, expected_version: int, by: str = "") -> Offer:
        """Keep another definition; what is spent stays as it is. Raises Stale where the version no longer holds."""
        now = self._clock.now()
        new = msgspec.structs.replace(checked(offer), version=expected_version + 1, updated_at=now)
        told = pending_push([_change(self.kept(offer.id), new, now, by)])
        fields = {name: value for name, value in to_document(new).items() if name not in _BUDGET_FIELDS}
        update = {"$set": fields | told["$set"], "$push": told["$push"]}
        held = self._offers.update_one({"_id": offer.id, "version": expected_version}, update)
        if not held.matched_count:
            raise Stale(f"Offer {offer.id!r} has been changed since; read it again.")
        return self.kept(offer.id)

    def take(self, offer: Offer, entry: Entry) -> bool:
        """Take the entry's use and money, if every limit allows, the definition is still this one, and nothing is open
        about the same redemption."""
        counts = entry.redemption.counts or []
        cost = returned(entry)
        wanted: Document = {"_id": offer.id, "version": offer.version, "open.about": {"$ne": entry.about}}
        wanted |= _within("spent", Limit(uses=offer.budget.uses, money=offer.budget.money), cost)
        for key in counts:
            wanted |= _within(f"spent.by.{checked_key(key)}", offer.budget.limit(key), cost)
        change: Document = {"$inc": _amounts(entry, 1), "$push": {"open": to_document(entry)}}
        if campaign := entry.redemption.campaign:
            named = [key for key in counts if key == campaign_key(campaign)]
            change |= {"$set": {f"spent.by.{key}.of": campaign for key in named}} if named else {}
        if stale := stale_keys(offer.spent.by, counts):
            change["$unset"] = {f"spent.by.{checked_key(key)}": "" for key in stale}
        return self._offers.update_one(wanted, change).modified_count == 1

    def intend(self, offer: str, entry: Entry) -> None:
        """Note that something is to be given back; nothing is given yet."""
        self._offers.update_one({"_id": offer}, {"$push": {"open": to_document(entry)}})

    def give_back(self, offer: str, entry: Entry) -> bool:
        """Give back what the entry says and strike the entry; False where it is struck already."""
        change = {"$inc": _amounts(entry, -1), "$pull": {"open": {"token": entry.token}}}
        return self._offers.update_one({"_id": offer, "open.token": entry.token}, change).modified_count == 1

    def close(self, offer: str, entry: Entry) -> None:
        """Strike the entry; what it took stays taken."""
        self._offers.update_one({"_id": offer}, {"$pull": {"open": {"token": entry.token}}})

    def unsettled(self, before: datetime) -> Sequence[tuple[str, Entry]]:
        """Entries older than this, with their offers' ids; there are as many offers as marketers can think of."""
        found = self._offers.find({"open.0": {"$exists": True}}, {"open": 1})
        entries = [(document["_id"], from_document(entry, Entry)) for document in found for entry in document["open"]]
        return [(offer, entry) for offer, entry in entries if entry.at < before]

    def note_alerts(self, offer: Offer, alerts: Sequence[Alert], told: Sequence[Event]) -> bool:
        """Add alerts to an offer, and tell of them, unless somebody else has noticed since it was read."""
        pushed = pending_push(told)
        known = to_documents([*offer.alerts, *alerts][-KEPT_ALERTS:])
        same: Document = {"_id": offer.id, "alerts": {"$size": len(offer.alerts)}}
        if not offer.alerts:
            same = {"_id": offer.id, "alerts.0": {"$exists": False}}
        update = {"$push": pushed["$push"], "$set": {**pushed["$set"], "alerts": known}}
        return self._offers.update_one(same, update).modified_count == 1


def _within(path: str, limit: Limit, cost: Money) -> Document:
    """The condition that a counter has room for one more use that costs this."""
    wanted: Document = {}
    # "not greater" also holds where nothing has been spent yet
    if limit.uses is not None:
        wanted[f"{path}.uses"] = {"$not": {"$gte": limit.uses}}
    if limit.money is not None and cost.amount:
        left = limit.money.amount - cost.amount
        wanted[f"{path}.{_money_field(limit.money.currency)}"] = {"$not": {"$gt": left}}
        if left < 0 or cost.currency != limit.money.currency:
            wanted["_id"] = None  # there is no room, whatever is spent
    return wanted


def _money_field(currency: str) -> str:
    if not _CURRENCY.fullmatch(currency):
        raise ValueError("A currency is three capital letters.")
    return f"money.{currency}"


def _amounts(entry: Entry, sign: int) -> dict[str, Any]:
    """What an entry adds to every counter that it is counted in; a part of a use is money alone."""
    money, amounts = returned(entry), {}
    for path in ["spent", *(f"spent.by.{checked_key(key)}" for key in entry.redemption.counts or [])]:
        amounts[f"{path}.{_money_field(money.currency)}"] = sign * money.amount
        if not entry.part:
            amounts[f"{path}.uses"] = sign
    return amounts


def _change(was: Offer | None, now: Offer, at: datetime, by: str) -> Event:
    what = "made" if was is None else "deleted" if now.deleted_at and not was.deleted_at else "changed"
    return changed("offer", (now.id, now.version), what, at, by, differing(was, now))
