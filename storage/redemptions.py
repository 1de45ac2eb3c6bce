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
]
PERSONAL = [
    Personal(
        collection=COLLECTION,
        customer="customer",
        erase="nobody",
        export="redemptions",
        hidden=["customer", "attempt", "holds", "by"],
    )
]
_OF_CUSTOMERS = "^customer:"


def take_over_places(database: Mongo, merged: Merged) -> None:
    """What the one used counts among the other's uses; where that makes more than are allowed, they stand beyond."""
    redemptions = database[COLLECTION]
    held = redemptions.find({"customer": {"$in": [merged.old, merged.into]}, "holds": {"$exists": True}})
    for one in list(held):
        for old in [place for place in one["holds"] if place.startswith(f"{customer_key(one['offer'], merged.old)}:")]:
            _replace_place(redemptions, one, old, customer_key(one["offer"], merged.into))


def _replace_place(redemptions: Documents, one: Document, old: str, key: str) -> None:
    taken = redemptions.count_documents({"holds": {"$regex": f"^{key}:"}})
    rest = [place for place in one["holds"] if place != old]
    for number in range(1, taken + 2):
        with suppress(DuplicateKeyError):
            same = {"_id": one["_id"], "holds": old}
            redemptions.update_one(same, {"$set": {"holds": [*rest, f"{key}:{number}"]}})
            return


def give_up_places(database: Mongo, erased: Erased) -> None:
    """A use of a single code stays used; that it was one of theirs goes."""
    theirs = {"customer": {"$in": erased.ids}, "holds": {"$exists": True}}
    database[COLLECTION].update_many(theirs, {"$pull": {"holds": {"$regex": _OF_CUSTOMERS}}})


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

    def taken(self, places: Sequence[str]) -> set[str]:
        """Which of these places are taken."""
        if not places:
            return set()
        found = self._redemptions.find({"holds": {"$in": list(places)}}, {"holds": 1})
        return {place for document in found for place in document["holds"]} & set(places)

    def move(self, was: Redemption, target: RedemptionState, at: datetime, by: str = "") -> bool:
        """Move it on, if it still stands as it was; an ended one leaves its places."""
        wanted = {"_id": was.id, "attempt": was.attempt, "state": was.state.value}
        change: Document = {"$set": {"state": target.value, "at": at}}
        if target not in STANDING:
            change = {"$set": {"state": target.value, "ended_at": at, "by": by}, "$unset": {"holds": ""}}
        return self._redemptions.update_one(wanted, change).modified_count == 1

    def overdue(self, now: datetime, limit: int) -> list[Redemption]:
        """Reserved ones whose hold has run out."""
        found = self._redemptions.find({"state": RedemptionState.RESERVED.value, "until": {"$lte": now}}).limit(limit)
        return from_documents(found, Redemption)

    def totals(self, campaign: str) -> dict[str, Any]:
        """What a campaign's vouchers came to: `{"redeemed": n, "discount": {currency: amount}, "revenue": {…}}`.

        Amounts in minor units; `revenue` is the totals of the orders before the discount.
        """
        rows = self._redemptions.aggregate(
            [
                {"$match": {"campaign": campaign}},
                {
                    "$group": {
                        "_id": {"currency": "$currency", "state": "$state"},
                        "redeemed": {"$sum": 1},
                        "discount": {"$sum": "$discount"},
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
