"""Redemptions: unique by what was redeemed by which order, and by the places they hold."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from loyalty.redemption import OVER, STANDING, Redemption, RedemptionState
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document

COLLECTION = "redemptions"
INDEXES = [
    # Several places of one redemption are several keys of one unique index.
    Index(collection=COLLECTION, keys=[("holds", 1)], unique=True, only={"holds": {"$exists": True}}),
    Index(collection=COLLECTION, keys=[("until", 1)], only={"state": RedemptionState.RESERVED.value}),
    Index(collection=COLLECTION, keys=[("campaign", 1)], only={"campaign": {"$exists": True}}),
]


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
