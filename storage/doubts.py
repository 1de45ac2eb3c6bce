"""Uncertain messages whose provider can tell, as the reconciler moves them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from messaging.life import Lease
from messaging.message import Message, State
from storage.messages import UNCLAIMED
from storage.mongo import Document, Mongo, from_documents


class MongoDoubts:
    """Finds them by when the sweeper looks at them, which every uncertain message says."""

    def __init__(self, database: Mongo) -> None:
        self._messages = database["messages"]

    def due(self, providers: Sequence[str], now: datetime, limit: int) -> list[Message]:
        """Some whose provider can tell, and was not asked lately."""
        wanted: Document = {
            "check_at": {"$gt": now},
            "state": State.UNCERTAIN.value,
            "provider": {"$in": list(providers)},
            "$or": [{"ask_at": {"$exists": False}}, {"ask_at": {"$lte": now}}],
        }
        return from_documents(self._messages.find(wanted).limit(limit), Message)

    def take_up(self, messages: Sequence[Message], token: str, lease: Lease) -> list[Message]:
        """uncertain -> handing_over, for the same attempt once more; those that were won."""
        ahead = {
            "state": State.HANDING_OVER.value,
            "claim": token,
            "state_at": lease.now,
            "lease_until": lease.until,
            "check_at": lease.check_at,
        }
        return [message for message in messages if self._change(message, {"$set": ahead, "$unset": {"ask_at": ""}})]

    def ask_later(self, messages: Sequence[Message], at: datetime, *, absent: bool) -> None:
        """Ask about these again then; `absent` says that the provider did not have them."""
        for message in messages:
            self._change(message, {"$set": {"ask_at": at}, **({"$inc": {"absent": 1}} if absent else {})})

    def send_again(self, messages: Sequence[Message], now: datetime) -> int:
        """uncertain -> waiting, since the provider certainly has not got them; how many."""
        waiting = {
            "state": State.WAITING.value,
            "reason": "not_there",
            "state_at": now,
            "not_before": now,
            "attempts.$.ended_at": now,
            "attempts.$.outcome": "not_taken",
        }
        gone: dict[str, Any] = {**UNCLAIMED, "ask_at": "", "absent": ""}
        return sum(self._change(message, {"$set": waiting, "$unset": gone}) for message in messages)

    def _change(self, message: Message, update: Document) -> bool:
        """Of this very attempt, and only while nobody knows better."""
        same = {"_id": message.id, "state": State.UNCERTAIN.value, "attempts.token": message.request}
        return self._messages.update_one(same, update).modified_count == 1
