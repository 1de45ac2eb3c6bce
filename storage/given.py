"""What offers have given, listed and summed up inside the database."""

from collections.abc import Iterator
from typing import Any

from loyalty.given import Given, Sum
from loyalty.redemption import STANDING, Redemption, RedemptionState
from storage.mongo import Document, Mongo, from_document, from_documents

_STANDING = [state.value for state in sorted(STANDING)]
_SEEN = [state.value for state in RedemptionState if state is not RedemptionState.REFUSED]


class MongoGiven:
    """The redemptions of offers."""

    def __init__(self, database: Mongo) -> None:
        self._redemptions = database["redemptions"]

    def page(self, offer: str, after: str, limit: int, state: str | None = None) -> list[Redemption]:
        """A page of an offer's redemptions in the order of their ids, but for what was refused in a race."""
        found = self._redemptions.find(_query(offer, after, state)).sort("_id", 1).limit(limit)
        return from_documents(found, Redemption)

    def stream(self, offer: str, after: str, state: str | None = None) -> Iterator[Redemption]:
        """All of them from there on, one by one."""
        for document in self._redemptions.find(_query(offer, after, state)).sort("_id", 1):
            yield from_document(document, Redemption)

    def summary(self, offer: str) -> Given:
        """What all of an offer's redemptions come to."""
        sums = [_sum(row) for row in self._redemptions.aggregate([{"$match": {"offer": offer}}, _SUMS])]
        return Given(
            sums=sorted((one for one in sums if one.state is not RedemptionState.REFUSED), key=_place),
            customers=self._distinct(offer, "$customer"),
            orders=self._distinct(offer, "$order"),
            **self._times(offer),
        )

    def _distinct(self, offer: str, field: str) -> int:
        """How many customers, or orders, have something of it that stands."""
        stages: list[Document] = [
            {"$match": {"offer": offer, "state": {"$in": _STANDING}}},
            {"$group": {"_id": field}},
            {"$count": "n"},
        ]
        return sum(row["n"] for row in self._redemptions.aggregate(stages))

    def _times(self, offer: str) -> dict[str, Any]:
        stages: list[Document] = [
            {"$match": {"offer": offer, "state": {"$in": _STANDING}}},
            {"$group": {"_id": None, "first_at": {"$min": "$at"}, "last_at": {"$max": "$at"}}},
        ]
        rows = list(self._redemptions.aggregate(stages))
        return {name: rows[0][name] if rows else None for name in ("first_at", "last_at")}


_SUMS: Document = {
    "$group": {
        "_id": {
            "state": "$state",
            "currency": "$currency",
            "cost_currency": {"$ifNull": ["$cost.currency", "$currency"]},
            "campaign": {"$ifNull": ["$campaign", ""]},
        },
        "count": {"$sum": 1},
        "discount": {"$sum": "$discount"},
        "cost": {"$sum": {"$ifNull": ["$cost.amount", "$discount"]}},
        "returned": {"$sum": {"$ifNull": ["$returned", 0]}},
        "orders": {"$sum": "$order_total"},
        "points": {"$sum": {"$ifNull": ["$points", 0]}},
        "gifts": {"$sum": {"$ifNull": ["$gift.quantity", 0]}},
    }
}


def _query(offer: str, after: str, state: str | None) -> Document:
    return {"offer": offer, "_id": {"$gt": after}, "state": {"$in": [state] if state else _SEEN}}


def _sum(row: Document) -> Sum:
    """What stands is worth what was not taken back in part, as in the budget; what ended shows what it was."""
    group = row["_id"]
    back = row["returned"] if group["state"] in _STANDING else 0
    less = {"discount": row["discount"] - back, "cost": row["cost"] - back}
    return from_document({**row, **group, **less}, Sum)


def _place(one: Sum) -> tuple[str, str, str, str]:
    return (one.state.value, one.currency, one.cost_currency, one.campaign)
