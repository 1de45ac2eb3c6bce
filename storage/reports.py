"""A campaign's figures, worked out in the database."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from campaigns.experiments.arms import Arm
from campaigns.experiments.result import HOLDOUT, TREATED
from campaigns.plan import SHOP_HOLDOUT
from campaigns.tallies import arm_of, bought_in
from customers.learning import BY_MACHINE, UNSETTLED
from loyalty.redemption import RedemptionState
from messaging.message import State
from storage.bought import Purchases, span_of
from storage.mongo import Mongo

INDEXES: list[Any] = []
# Of so many messages at once the customers' orders are read: of more, the embedded server is slow.
CHUNK = 100


class MongoFigures:
    """Reads messages, facts and orders; keeps nothing."""

    def __init__(self, database: Mongo) -> None:
        self._database = database
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
        """How many messages were opened, clicked, complained about …, by people, by the fact's type."""
        rows = self._facts.aggregate(
            [
                {"$match": {"campaign": campaign, "detail": {"$nin": [BY_MACHINE, UNSETTLED]}}},
                {"$group": {"_id": {"type": "$type", "message": "$message"}}},
                {"$group": {"_id": "$_id.type", "count": {"$sum": 1}}},
            ]
        )
        return {row["_id"]: row["count"] for row in rows}

    def arms(self, campaign: str, window: timedelta, currency: str) -> dict[str, Arm]:
        """The orders within the `window` after the plan of those held out ("holdout"), and of each variant by its id;
        "treated" where there are none.

        By intention to treat: whoever was drawn to be written to counts as treated, reached or not, since
        leaving out the unreachable on one side only would flatter the campaign. Who gets no marketing at all is no
        part of any campaign's comparison: nobody else of its arms goes without the other campaigns.
        """
        compared = {"campaign": campaign, "reason": {"$ne": SHOP_HOLDOUT}}
        purchases = Purchases(self._database, window, window, currency)
        everybody = purchases.everybodys(span_of(self._database, compared))
        drawn = self._messages.find(compared, dict.fromkeys(("customer", "planned_at", "variant", "state"), 1))
        sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
        while chunk := list(islice(drawn, CHUNK)):
            bought = purchases.of(chunk) if everybody is None else everybody
            for message in chunk:
                held = message["state"] == State.HELD_OUT
                name = HOLDOUT if held else message.get("variant", TREATED)
                bought_in(sums[name], bought.get(message["customer"], ()), message["planned_at"], window, window)
        costs = self._costs(campaign, currency)
        return {name: arm_of(arm, costs.get(name, 0)) for name, arm in sums.items()}

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
