"""What failover by time asks of MongoDB: whose time is over, what came of it, and what providers reported lately."""

from collections.abc import Sequence
from datetime import datetime

from pymongo import UpdateOne

from customers.learning import BY_MACHINE
from messaging.channel import ReceiptType
from messaging.life import Move
from messaging.message import Message, State
from storage.claims import next_route, update_unless_taken
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_documents

INDEXES = [Index(collection="messages", keys=[("timer_at", 1)], only={"timer_at": {"$exists": True}})]
JUDGED = sorted([State.ACCEPTED.value, State.DELIVERED.value])


class MongoTimers:
    """Finds messages by when they are judged."""

    def __init__(self, database: Mongo) -> None:
        self._messages = database["messages"]

    def due(self, now: datetime, limit: int) -> list[Message]:
        """Some that are accepted or delivered, have another way to go, and whose time is over."""
        over = {"timer_at": {"$lte": now}, "state": {"$in": JUDGED}, "routes.1": {"$exists": True}}
        return from_documents(self._messages.find(over).limit(limit), Message)

    def stop(self, messages: Sequence[Message]) -> None:
        """These are not looked at again."""
        if messages:
            ids = [message.id for message in messages]
            self._messages.update_many({"_id": {"$in": ids}, "state": {"$in": JUDGED}}, {"$unset": {"timer_at": ""}})

    def reroute(self, batch: str, messages: Sequence[Message], now: datetime) -> int:
        """Queue them in this batch for their next channel, if they are as they were when they were read.

        One whose next address another message of the run has stays as it is, and is not looked at again.
        """
        requests = []
        for one in messages:
            same = {"_id": one.id, "request": one.request, "state": one.state.value}
            reason = f"not_{one.failover[one.channel].success}"
            move = Move(state=State.QUEUED, reason=reason, batch=batch)
            requests.append(UpdateOne(same, next_route(move, one.routes[1:], now, one)))
        moved, taken = update_unless_taken(self._messages, requests)
        self.stop([messages[index] for index in taken])
        return moved


class MongoSuccesses:
    """Reads facts, orders and redemptions."""

    def __init__(self, database: Mongo) -> None:
        self._database = database

    def read(self, messages: Sequence[Message]) -> set[str]:
        """Those that a person opened, or clicked in."""
        wanted: Document = {
            **_theirs(messages),
            "type": {"$in": ["opened", "clicked"]},
            "detail": {"$ne": BY_MACHINE},
        }
        return {fact["message"] for fact in self._database["facts"].find(wanted, {"message": 1})}

    def converted(self, messages: Sequence[Message]) -> set[str]:
        """Those whose receiver has ordered since, or used the voucher in it."""
        used = self._database["redemptions"].find(_theirs(messages), {"message": 1})
        found = {redemption["message"] for redemption in used}
        latest: dict[str, datetime] = {}
        people = sorted({message.customer for message in messages})
        for order in self._database["orders"].find(
            {"customer_id": {"$in": people}, "state": {"$ne": "cancelled"}}, {"customer_id": 1, "placed_at": 1}
        ):
            latest[order["customer_id"]] = max(order["placed_at"], latest.get(order["customer_id"], order["placed_at"]))
        for message in messages:
            ordered = latest.get(message.customer)
            if ordered and message.handed_at and ordered >= message.handed_at:
                found.add(message.id)
        return found

    def heard(self, provider: str, receipts: Sequence[ReceiptType], since: datetime) -> bool:
        """Whether a provider has sent such a receipt since then."""
        ids = [f"{provider}:{receipt}" for receipt in receipts]
        lately = {"_id": {"$in": ids}, "at": {"$gte": since}}
        return self._database["provider_receipts"].find_one(lately) is not None


def _theirs(messages: Sequence[Message]) -> Document:
    """What was noted of these messages; it is found by their receivers, which both collections have an index of."""
    people = sorted({message.customer for message in messages})
    return {"customer": {"$in": people}, "message": {"$in": [message.id for message in messages]}}
