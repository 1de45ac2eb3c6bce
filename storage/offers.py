"""Offers and what has been taken from their budgets."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from common.clock import Clock
from common.errors import Conflict, NotFound, Stale
from loyalty.offer import Offer, checked
from loyalty.redemption import Entry
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document
from storage.personal import Erasing, Merging

INDEXES: list[Index] = []

# Kept by the redemptions alone: a new definition leaves them as they are.
_BUDGET_FIELDS = ("_id", "seed", "spent", "open", "created_at")
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

# A currency becomes the name of a field.
_CURRENCY = re.compile(r"[A-Z]{3}")


class MongoOffers:
    """Offers (Offers) and their budgets (Budgets), one document each, so that one update is exact."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._offers = database["offers"]
        self._clock = clock

    def add(self, offer: Offer) -> None:
        """Keep a new one; raises Invalid where it makes no sense, Conflict where its id is taken."""
        try:
            self._offers.insert_one(to_document(checked(offer)))
        except DuplicateKeyError:
            raise Conflict(f"There is an offer {offer.id!r} already.", "exists") from None

    def get(self, id: str) -> Offer:
        """One offer; raises NotFound."""
        document = self._offers.find_one({"_id": id})
        if document is None:
            raise NotFound("offer", id)
        return from_document(document, Offer)

    def page(self, after: str, limit: int) -> list[Offer]:
        """A page in the order of ids, without what is open."""
        found = self._offers.find({"_id": {"$gt": after}}, {"open": 0}).sort("_id", 1).limit(limit)
        return from_documents(found, Offer)

    def change(self, offer: Offer, expected_version: int) -> Offer:
        """Keep another definition; what is spent stays as it is. Raises Stale where the version no longer holds."""
        fields = to_document(checked(offer))
        fields |= {"version": expected_version + 1, "updated_at": self._clock.now()}
        for field in _BUDGET_FIELDS:
            fields.pop(field, None)
        held = self._offers.update_one({"_id": offer.id, "version": expected_version}, {"$set": fields})
        if not held.matched_count:
            raise Stale(f"Offer {offer.id!r} has been changed since; read it again.")
        return self.get(offer.id)

    def take(self, offer: Offer, entry: Entry) -> bool:
        """Take the entry's use and money, if the budget allows, the definition is still this one, and nothing is open
        about the same redemption."""
        redemption = entry.redemption
        wanted: Document = {"_id": offer.id, "version": offer.version, "open.about": {"$ne": entry.about}}
        if offer.budget.uses is not None:
            wanted["spent.uses"] = {"$lt": offer.budget.uses}
        if offer.budget.money is not None:
            left = offer.budget.money.amount - redemption.discount
            # "not greater" also holds where nothing has been spent yet
            wanted[_money_field(offer.budget.money.currency)] = {"$not": {"$gt": left}}
            if left < 0:
                return False
        change = {"$inc": _amounts(entry, 1), "$push": {"open": to_document(entry)}}
        return self._offers.update_one(wanted, change).modified_count == 1

    def intend(self, offer: str, entry: Entry) -> None:
        """Note that something is to be given back; nothing is given yet."""
        self._offers.update_one({"_id": offer}, {"$push": {"open": to_document(entry)}})

    def give_back(self, offer: str, entry: Entry) -> bool:
        """Give back the entry's use and money and strike the entry; False where it is struck already."""
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


def _money_field(currency: str) -> str:
    if not _CURRENCY.fullmatch(currency):
        raise ValueError("A currency is three capital letters.")
    return f"spent.money.{currency}"


def _amounts(entry: Entry, sign: int) -> dict[str, Any]:
    redemption = entry.redemption
    return {"spent.uses": sign, _money_field(redemption.currency): sign * redemption.discount}
