"""What journeys look at before a step: what people have done since they entered, and what became of messages."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal

from customers.learning import BY_MACHINE
from messaging.message import OPEN, State
from storage.mongo import Document, Mongo


class MongoSigns:
    """Reads signs (Signs) by the indexes on customers, and withdraws messages."""

    def __init__(self, database: Mongo) -> None:
        self._database = database

    def ordered(self, customers: Sequence[str], since: datetime) -> dict[str, datetime]:
        """When each last placed an order that stands, as far as that is after an instant."""
        wanted = {"customer_id": {"$in": list(customers)}, "placed_at": {"$gt": since}, "state": {"$ne": "cancelled"}}
        return self._latest("orders", wanted, "customer_id", "placed_at")

    def redeemed(self, customers: Sequence[str], since: datetime) -> dict[str, datetime]:
        """When each last used a code."""
        wanted = {"customer": {"$in": list(customers)}, "state": "redeemed", "at": {"$gt": since}}
        return self._latest("redemptions", wanted, "customer", "at")

    def replied(self, customers: Sequence[str], since: datetime) -> dict[str, datetime]:
        """When each last wrote back, whatever it was."""
        wanted = {"customers": {"$in": list(customers)}, "at": {"$gt": since}, "direction": "in"}
        latest: dict[str, datetime] = {}
        for one in self._database["conversations"].find(wanted, {"customers": 1, "at": 1}):
            for customer in one["customers"]:
                latest[customer] = max(one["at"], latest.get(customer, one["at"]))
        return latest

    def reacted(self, customers: Sequence[str], type: Literal["opened", "clicked"]) -> set[str]:
        """The messages to these customers to which somebody, and no machine, did this; a click is an opening too."""
        kinds = ["clicked"] if type == "clicked" else ["opened", "clicked"]
        wanted = {"customer": {"$in": list(customers)}, "type": {"$in": kinds}, "detail": {"$ne": BY_MACHINE}}
        return {one["message"] for one in self._database["facts"].find(wanted, {"message": 1})}

    def open(self, messages: Collection[str]) -> set[str]:
        """Which of these messages are still to be worked on."""
        wanted = {"_id": {"$in": list(messages)}, "state": {"$in": sorted(OPEN)}}
        return {one["_id"] for one in self._database["messages"].find(wanted, {"_id": 1})}

    def withdraw(self, messages: Collection[str], now: datetime) -> int:
        """Cancel those of these that wait; how many. What a worker holds right now goes out."""
        waiting = {"_id": {"$in": list(messages)}, "state": {"$in": [State.QUEUED.value, State.WAITING.value]}}
        cancelled = {"state": State.CANCELLED.value, "reason": "journey_ended", "state_at": now}
        return self._database["messages"].update_many(waiting, {"$set": cancelled}).modified_count

    def _latest(self, collection: str, wanted: Document, customer: str, at: str) -> dict[str, datetime]:
        latest: dict[str, datetime] = {}
        for one in self._database[collection].find(wanted, {customer: 1, at: 1}):
            latest[one[customer]] = max(one[at], latest.get(one[customer], one[at]))
        return latest
