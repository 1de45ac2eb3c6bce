"""A campaign's figures, worked out in the database."""

from typing import Any

from campaigns.experiment import Arm
from messaging.message import State
from storage.mongo import Document, Mongo

INDEXES: list[Any] = []


class MongoFigures:
    """Reads messages, facts and orders; keeps nothing."""

    def __init__(self, database: Mongo) -> None:
        self._messages = database["messages"]
        self._facts = database["facts"]

    def messages(self, campaign: str) -> list[dict[str, Any]]:
        """Rows of {state, channel, reason, count}."""
        key = {"state": "$state", "channel": "$channel", "reason": "$reason"}
        rows = self._messages.aggregate(
            [{"$match": {"campaign": campaign}}, {"$group": {"_id": key, "count": {"$sum": 1}}}]
        )
        return [
            {
                "state": row["_id"]["state"],
                "channel": row["_id"].get("channel") or "",
                "reason": row["_id"].get("reason") or "",
                "count": row["count"],
            }
            for row in rows
        ]

    def engagement(self, campaign: str) -> dict[str, int]:
        """How many messages were opened, clicked, replied to, complained about …, by the fact's type."""
        rows = self._facts.aggregate(
            [
                {"$match": {"campaign": campaign}},
                {"$group": {"_id": {"type": "$type", "message": "$message"}}},
                {"$group": {"_id": "$_id.type", "count": {"$sum": 1}}},
            ]
        )
        return {row["_id"]: row["count"] for row in rows}

    def arms(self, campaign: str, days: int, currency: str) -> dict[str, Arm]:
        """The orders of those written to ("treated") and of those held out ("holdout") within `days` of the plan.

        By intention to treat: whoever was drawn to be written to counts as treated, reached or not, since
        leaving out the unreachable on one side only would flatter the campaign.
        """
        rows = self._messages.aggregate(_arms_pipeline(campaign, days, currency))
        return {
            "holdout" if row["_id"] else "treated": Arm(
                customers=row["customers"], buyers=row["buyers"], revenue=row["revenue"], squares=float(row["squares"])
            )
            for row in rows
        }


def _arms_pipeline(campaign: str, days: int, currency: str) -> list[Document]:
    revenue = {"$ifNull": ["$bought.total", 0]}
    return [
        {"$match": {"campaign": campaign}},
        {"$lookup": _orders_since_the_plan(days, currency)},
        {"$unwind": {"path": "$bought", "preserveNullAndEmptyArrays": True}},
        {
            "$group": {
                "_id": {"$eq": ["$state", State.HELD_OUT.value]},
                "customers": {"$sum": 1},
                "buyers": {"$sum": {"$cond": [{"$gt": [{"$ifNull": ["$bought.orders", 0]}, 0]}, 1, 0]}},
                "revenue": {"$sum": revenue},
                "squares": {"$sum": {"$multiply": [revenue, revenue]}},
            }
        },
    ]


def _orders_since_the_plan(days: int, currency: str) -> Document:
    until = {"$dateAdd": {"startDate": "$$since", "unit": "day", "amount": days}}
    return {
        "from": "orders",
        "localField": "customer",
        "foreignField": "customer_id",
        "let": {"since": "$planned_at"},
        "pipeline": [
            {"$match": {"$expr": {"$and": [{"$gte": ["$placed_at", "$$since"]}, {"$lt": ["$placed_at", until]}]}}},
            {"$match": {"currency": currency, "state": {"$nin": ["cancelled", "refunded"]}}},
            {"$group": {"_id": None, "total": {"$sum": "$total"}, "orders": {"$sum": 1}}},
        ],
        "as": "bought",
    }
