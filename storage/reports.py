"""A campaign's figures, worked out in the database."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from campaigns.experiments.arms import Arm
from campaigns.experiments.result import HOLDOUT, TREATED
from campaigns.plan import SHOP_HOLDOUT
from loyalty.redemption import RedemptionState
from messaging.message import State
from storage.mongo import Document, Mongo

INDEXES: list[Any] = []
# Of so many messages at once the customers' orders are read: of more, the embedded server is slow.
CHUNK = 100
# All orders of the time are read where there are no more than so many for each message, and in all.
ORDERS_A_MESSAGE = 4
MOST_ORDERS = 200_000
ORDER_FIELDS = {"_id": 0, "customer_id": 1, "placed_at": 1, "total": 1, "currency": 1, "state": 1}
# By customer, the orders that stand: when, and how much.
Bought = Mapping[str, Sequence[tuple[datetime, int]]]
# What no longer stands of what was ordered.
FALLEN = frozenset({"cancelled", "refunded"})


class MongoFigures:
    """Reads messages, facts and orders; keeps nothing."""

    def __init__(self, database: Mongo) -> None:
        self._messages = database["messages"]
        self._facts = database["facts"]
        self._orders = database["orders"]
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
        compared = {"campaign": campaign, "reason": {"$ne": SHOP_HOLDOUT}}
        window = timedelta(days=days)
        everybody = self._bought_by_all(compared, window, currency)
        drawn = self._messages.find(compared, dict.fromkeys(("customer", "planned_at", "variant", "state"), 1))
        sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
        while chunk := list(islice(drawn, CHUNK)):
            bought = self._bought(chunk, window, currency) if everybody is None else everybody
            for message in chunk:
                held = message["state"] == State.HELD_OUT
                name = HOLDOUT if held else message.get("variant", TREATED)
                _count_in(sums[name], message["planned_at"], window, bought.get(message["customer"], ()))
        costs = self._costs(campaign, currency)
        return {name: _arm(arm, costs.get(name, 0)) for name, arm in sums.items()}

    def _bought_by_all(self, compared: Document, window: timedelta, currency: str) -> Bought | None:
        """What everybody bought around the plans, in one read; None where that is too much for the few who are asked
        about, or for the memory."""
        times = {"_id": None, "count": {"$sum": 1}, "first": {"$min": "$planned_at"}, "last": {"$max": "$planned_at"}}
        found = next(iter(self._messages.aggregate([{"$match": compared}, {"$group": times}])), None)
        if found is None:
            return {}
        around = {"placed_at": {"$gte": found["first"] - window, "$lt": found["last"] + window}}
        most = min(ORDERS_A_MESSAGE * found["count"], MOST_ORDERS)
        if self._orders.count_documents(around, limit=most + 1) > most:
            return None
        return _by_customer(self._orders.find(around, ORDER_FIELDS), currency)

    def _bought(self, messages: Sequence[Document], window: timedelta, currency: str) -> Bought:
        """What these messages' customers bought around the plans, in one read: a `$lookup` a message took nine times
        as long on a real engine."""
        plans = [message["planned_at"] for message in messages]
        theirs = {"customer_id": {"$in": sorted({message["customer"] for message in messages})}}
        around = {"placed_at": {"$gte": min(plans) - window, "$lt": max(plans) + window}}
        # Two stages, since the embedded server is slow at a list and a range in one.
        found = self._orders.aggregate([{"$match": theirs}, {"$match": around}, {"$project": ORDER_FIELDS}])
        return _by_customer(found, currency)

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


def _by_customer(orders: Iterable[Document], currency: str) -> Bought:
    bought: defaultdict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for order in orders:
        if order["currency"] == currency and order.get("state") not in FALLEN:
            bought[order["customer_id"]].append((order["placed_at"], order["total"]))
    return bought


def _count_in(arm: Counter[str], planned: datetime, window: timedelta, orders: Iterable[tuple[datetime, int]]) -> None:
    """Add what one bought in so long after the plan, and in as long before: what they buy anyway."""
    after = [total for at, total in orders if planned <= at < planned + window]
    before = sum(total for at, total in orders if planned - window <= at < planned)
    revenue = sum(after)
    arm.update(
        customers=1,
        buyers=bool(after),
        revenue=revenue,
        squares=revenue**2,
        before=before,
        before_squares=before**2,
        products=revenue * before,
    )


def _arm(sums: Mapping[str, int], cost: int) -> Arm:
    return Arm(
        customers=sums["customers"],
        buyers=sums["buyers"],
        revenue=sums["revenue"],
        squares=float(sums["squares"]),
        before=sums["before"],
        before_squares=float(sums["before_squares"]),
        products=float(sums["products"]),
        cost=cost,
    )
