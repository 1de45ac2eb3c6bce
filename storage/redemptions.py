"""Redemptions: unique by what was redeemed by which order, and by the places they hold."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from loyalty.redemption import OVER, STANDING, Redemption, RedemptionState, customer_key
from storage.indexes import Index
from storage.mongo import Document, Documents, Mongo, from_document, from_documents, to_document
from storage.personal import Erased, Merged, Personal

COLLECTION = "redemptions"
INDEXES = [
    # Several places of one redemption are several keys of one unique index.
    Index(collection=COLLECTION, keys=[("holds", 1)], unique=True, only={"holds": {"$exists": True}}),
    Index(collection=COLLECTION, keys=[("until", 1)], only={"state": RedemptionState.RESERVED.value}),
    Index(collection=COLLECTION, keys=[("campaign", 1)], only={"campaign": {"$exists": True}}),
    Index(collection=COLLECTION, keys=[("customer", 1)]),
    Index(collection=COLLECTION, keys=[("order", 1)]),
    Index(collection=COLLECTION, keys=[("offer", 1), ("_id", 1)]),
    Index(collection=COLLECTION, keys=[("owing", 1)], only={"owing": {"$exists": True}}),
]
PERSONAL = [
    Personal(
        collection=COLLECTION,
        customer="customer",
        erase="nobody",
        export="redemptions",
        hidden=["customer", "attempt", "holds", "stays", "counts", "by", "part_by", "owing"],
    )
]
_OF_CUSTOMERS = "^customer:"


def take_over_places(database: Mongo, merged: Merged) -> None:
    """What the one used counts among the other's uses; where that makes more than are allowed, they stand beyond."""
    redemptions = database[COLLECTION]
    held = redemptions.find({"customer": {"$in": [merged.old, merged.into]}, "holds": {"$exists": True}})
    for one in list(held):
        for period in ["", *one.get("counts", [])]:
            mine, others = (customer_key(one["offer"], who, period) for who in (merged.old, merged.into))
            for old in [place for place in one["holds"] if place.startswith(f"{mine}:")]:
                _replace_place(redemptions, one["_id"], old, others)


def _replace_place(redemptions: Documents, id: str, old: str, key: str) -> None:
    taken = redemptions.count_documents({"holds": {"$regex": f"^{key}:"}})
    for number in range(1, taken + 2):
        with suppress(DuplicateKeyError):
            redemptions.update_one({"_id": id, "holds": old}, {"$set": {"holds.$": f"{key}:{number}"}})
            return


def give_up_places(database: Mongo, erased: Erased) -> None:
    """A use of a single code stays used; that it was one of theirs goes."""
    theirs = {"customer": {"$in": erased.ids}, "holds": {"$exists": True}}
    database[COLLECTION].update_many(theirs, {"$pull": {"holds": {"$regex": _OF_CUSTOMERS}}})
    turns = {"customer": {"$in": erased.ids}, "stays": {"$exists": True}}
    database[COLLECTION].update_many(turns, {"$pull": {"stays": {"$regex": _OF_CUSTOMERS}}})


MERGING = [take_over_places]
ERASING = [give_up_places]


class MongoRedemptions:
    """Redemptions (Redemptions), and what they come to."""

    def __init__(self, database: Mongo) -> None:
        self._redemptions = database[COLLECTION]

    def get(self, id: str) -> Redemption | None:
        """One redemption."""
        document = self._redemptions.find_one({"_id": id})
        return None if document is None else from_document(document, Redemption)

    def put(self, redemption: Redemption, over: str = "") -> bool:
        """Keep a new one, or one in place of the ended attempt `over`; False where its id or a place is taken."""
        document = to_document(redemption)
        try:
            if not over:
                self._redemptions.insert_one(document)
                return True
            ended = {"_id": redemption.id, "attempt": over, "state": {"$in": [state.value for state in OVER]}}
            return self._redemptions.replace_one(ended, document).modified_count == 1
        except DuplicateKeyError:
            return False

    def of_order(self, order: str) -> list[Redemption]:
        """All redemptions of an order, those that ended too."""
        return from_documents(self._redemptions.find({"order": order}), Redemption)

    def of_customer(self, offer: str, customer: str) -> list[Redemption]:
        """A customer's redemptions of an offer, those that ended too."""
        return from_documents(self._redemptions.find({"customer": customer, "offer": offer}), Redemption)

    def taken(self, places: Sequence[str]) -> set[str]:
        """Which of these places are taken."""
        if not places:
            return set()
        found = self._redemptions.find({"holds": {"$in": list(places)}}, {"holds": 1})
        return {place for document in found for place in document["holds"]} & set(places)

    def move(self, was: Redemption, target: RedemptionState, at: datetime, by: str = "", part: int = 0) -> bool:
        """Move it on, if it still stands as it was; an ended one leaves its places but for those that it stays in.

        With `part`, so much of its money is noted as returned, once, and it stays as it is.
        """
        wanted: Document = {"_id": was.id, "attempt": was.attempt, "state": was.state.value}
        wanted["returned"] = was.returned or {"$exists": False}
        change: Document = {"$set": {"state": target.value, "at": at}}
        if part:
            change = {"$set": {"returned": part, "part_by": by}}
        elif target not in STANDING:
            ended: Document = {"state": target.value, "ended_at": at, "by": by}
            change = {"$set": ended | {"holds": was.stays}} if was.stays else {"$set": ended, "$unset": {"holds": ""}}
        if was.points and not part and RedemptionState.REDEEMED in (target, was.state):
            change["$set"]["owing"] = True
        return self._redemptions.update_one(wanted, change).modified_count == 1

    def owing(self, before: datetime, limit: int) -> list[Redemption]:
        """Those whose points are to be credited or taken back since before this."""
        found = self._redemptions.find({"owing": True}).limit(limit)
        return [one for one in from_documents(found, Redemption) if (one.ended_at or one.at) < before]

    def paid(self, redemption: Redemption) -> None:
        """Its points are settled for the state that it is in, unless it has moved on."""
        same = {"_id": redemption.id, "attempt": redemption.attempt, "state": redemption.state.value}
        self._redemptions.update_one(same, {"$unset": {"owing": ""}})

    def overdue(self, now: datetime, limit: int) -> list[Redemption]:
        """Reserved ones whose hold has run out."""
        found = self._redemptions.find({"state": RedemptionState.RESERVED.value, "until": {"$lte": now}}).limit(limit)
        return from_documents(found, Redemption)

    def totals(self, campaign: str) -> dict[str, Any]:
        """What a campaign's vouchers came to: `{"redeemed": n, "discount": {currency: amount}, "revenue": {…}}`.

        Amounts in minor units; `discount` is less what was taken back in part, and `revenue` the totals of the orders
        before any discount.
        """
        rows = self._redemptions.aggregate(
            [
                {"$match": {"campaign": campaign}},
                {
                    "$group": {
                        "_id": {"currency": "$currency", "state": "$state"},
                        "redeemed": {"$sum": 1},
                        "discount": {"$sum": {"$subtract": ["$discount", {"$ifNull": ["$returned", 0]}]}},
                        "revenue": {"$sum": "$order_total"},
                    }
                },
            ]
        )
        # By state afterwards: with a second condition the embedded server would read every redemption.
        redeemed = [row for row in rows if row["_id"]["state"] == RedemptionState.REDEEMED.value]
        return {
            "redeemed": sum(row["redeemed"] for row in redeemed),
            "discount": {row["_id"]["currency"]: row["discount"] for row in redeemed},
            "revenue": {row["_id"]["currency"]: row["revenue"] for row in redeemed},
        }
