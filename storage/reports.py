"""A campaign's figures, worked out in the database."""

from datetime import datetime
from typing import Any

from campaigns.experiments.arms import Arm
from campaigns.experiments.result import HOLDOUT, TREATED
from campaigns.plan import SHOP_HOLDOUT
from loyalty.redemption import RedemptionState
from messaging.message import State
from storage.mongo import Document, Mongo

INDEXES: list[Any] = []


class MongoFigures:
    """Reads messages, facts and orders; keeps nothing."""

    def __init__(self, database: Mongo) -> None:
        self._messages = database["messages"]
        self._facts = database["facts"]
        self._redemptions = database["redemptions"]

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
        """The orders within `days` of the plan of those held out ("holdout"), and of each variant by its id; "treated"
        where there are none.

        By intention to treat: whoever was drawn to be written to counts as treated, reached or not, since
        leaving out the unreachable on one side only would flatter the campaign. Who gets no marketing at all is no
        part of any campaign's comparison: nobody else of its arms goes without the other campaigns.
        """
        rows = self._messages.aggregate(_arms_pipeline(campaign, days, currency))
        costs = self._costs(campaign, currency)
        return {row["_id"]: _arm(row, costs.get(row["_id"], 0)) for row in rows}

    def _costs(self, campaign: str, currency: str) -> dict[str, int]:
        """What the vouchers of each variant took off the customers' orders, minor units."""
        rows = self._redemptions.aggregate(
            [
                {"$match": {"campaign": campaign}},
                {"$lookup": {"from": "messages", "localField": "message", "foreignField": "_id", "as": "letter"}},
                {
                    "$group": {
                        "_id": {
                            "variant": {"$ifNull": [{"$arrayElemAt": ["$letter.variant", 0]}, TREATED]},
                            "state": "$state",
                            "currency": "$currency",
                        },
                        "cost": {"$sum": {"$subtract": ["$discount", {"$ifNull": ["$returned", 0]}]}},
                    }
                },
            ]
        )
        wanted = (RedemptionState.REDEEMED.value, currency)
        found = [row for row in rows if (row["_id"]["state"], row["_id"]["currency"]) == wanted]
        return {row["_id"]["variant"]: row["cost"] for row in found}

    def planned_until(self, campaign: str) -> datetime | None:
        """When the last of its messages was planned."""
        latest = self._messages.aggregate(
            [{"$match": {"campaign": campaign}}, {"$group": {"_id": None, "at": {"$max": "$planned_at"}}}]
        )
        return next((row["at"] for row in latest), None)


def _arm(row: Document, cost: int) -> Arm:
    return Arm(
        customers=row["customers"],
        buyers=row["buyers"],
        revenue=row["revenue"],
        squares=float(row["squares"]),
        before=row["before"],
        before_squares=float(row["before_squares"]),
        products=float(row["products"]),
        cost=cost,
    )


def _arms_pipeline(campaign: str, days: int, currency: str) -> list[Document]:
    after, before = ({"$ifNull": [f"$bought.{part}", 0]} for part in ("after", "before"))
    named = {"$ifNull": ["$variant", TREATED]}
    held = {"$eq": ["$state", State.HELD_OUT.value]}
    return [
        {"$match": {"campaign": campaign, "reason": {"$ne": SHOP_HOLDOUT}}},
        {"$lookup": _orders_around_the_plan(days, currency)},
        {"$unwind": {"path": "$bought", "preserveNullAndEmptyArrays": True}},
        {
            "$group": {
                "_id": {"$cond": [held, HOLDOUT, named]},
                "customers": {"$sum": 1},
                "buyers": {"$sum": {"$cond": [{"$gt": [{"$ifNull": ["$bought.orders", 0]}, 0]}, 1, 0]}},
                "revenue": {"$sum": after},
                "squares": {"$sum": {"$multiply": [after, after]}},
                "before": {"$sum": before},
                "before_squares": {"$sum": {"$multiply": [before, before]}},
                "products": {"$sum": {"$multiply": [after, before]}},
            }
        },
    ]


def _orders_around_the_plan(days: int, currency: str) -> Document:
    """What each bought in so many days after the plan, and in as many before: what they buy anyway."""
    since, until = (
        {"$dateAdd": {"startDate": "$$planned", "unit": "day", "amount": amount}} for amount in (-days, days)
    )
    is_after = {"$gte": ["$placed_at", "$$planned"]}
    return {
        "from": "orders",
        "localField": "customer",
        "foreignField": "customer_id",
        "let": {"planned": "$planned_at"},
        "pipeline": [
            {"$match": {"$expr": {"$and": [{"$gte": ["$placed_at", since]}, {"$lt": ["$placed_at", until]}]}}},
            {"$match": {"currency": currency, "state": {"$nin": ["cancelled", "refunded"]}}},
            {
                "$group": {
                    "_id": None,
                    "after": {"$sum": {"$cond": [is_after, "$total", 0]}},
                    "before": {"$sum": {"$cond": [is_after, 0, "$total"]}},
                    "orders": {"$sum": {"$cond": [is_after, 1, 0]}},
                }
            },
        ],
        "as": "bought",
    }
