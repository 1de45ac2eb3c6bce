"""Messages that somebody left behind, as the sweeper moves them: by their state and time, whoever they were held by."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from messaging.life import Move
from messaging.message import Message, State
from storage.claims import next_route, update_unless_taken
from storage.messages import NEGATIVE, UNCLAIMED
from storage.mongo import Document, Mongo, from_documents


class MongoLeftovers:
    """Moves what is over, in bulk, by compare-and-set: twice or at once is once."""

    def __init__(self, database: Mongo) -> None:
        self._messages = database["messages"]

    def give_back(self, now: datetime) -> int:
        """claimed, lease over -> queued: nothing left the machine."""
        return self._move(_over(State.CLAIMED, now), {"$unset": UNCLAIMED}, state=State.QUEUED.value, state_at=now)

    def doubt(self, now: datetime, check_at: datetime) -> int:
        """handing_over, long past its lease -> uncertain, to be looked at again at `check_at`.

        It keeps its claim, by which a late answer still finds it.
        """
        doubted: Document = {"state": State.UNCERTAIN.value, "reason": "no_word", "state_at": now, "check_at": check_at}
        return self._move(_over(State.HANDING_OVER, now), {"$unset": {"lease_until": ""}}, **doubted)

    def try_again(self, now: datetime, doubted_before: datetime) -> int:
        """uncertain since then, where the campaign would rather send twice than not -> waiting."""
        # Asking for a check_at lets the database use the small index of what is to be looked at.
        doubted = {"check_at": {"$gt": now}, "state": State.UNCERTAIN.value, "policy": "at_least_once"}
        waiting = {"state": State.WAITING.value, "reason": "sent_again", "state_at": now, "not_before": now}
        return self._move({**doubted, "state_at": {"$lte": doubted_before}}, {"$unset": UNCLAIMED}, **waiting)

    def give_up(self, now: datetime) -> int:
        """uncertain for too long -> uncertain_final."""
        final = {"state": State.UNCERTAIN_FINAL.value, "state_at": now}
        return self._move(_over(State.UNCERTAIN, now), {"$unset": {"check_at": ""}}, **final)

    def _move(self, held: Document, update: Document, **fields: Any) -> int:
        return self._messages.update_many(held, {"$set": fields, **update}).modified_count


class MongoUndelivered:
    """Messages that a provider took and could not deliver; they are found by when they are to be looked at."""

    def __init__(self, database: Mongo) -> None:
        self._messages = database["messages"]

    def due(self, now: datetime, limit: int) -> list[Message]:
        """Some of those whose provider has had its time for second thoughts."""
        negative = {"check_at": {"$lte": now}, "state": {"$in": sorted(NEGATIVE)}}
        return from_documents(self._messages.find(negative).limit(limit), Message)

    def reroute(self, batch: str, messages: Sequence[Message], now: datetime) -> int:
        """Queue them in this batch for their next channel, if nothing better was heard since they were read.

        One whose next address another message of the run has stays as it is, and is not looked at again.
        """
        held = {"state": {"$in": sorted(NEGATIVE)}}
        requests = [
            UpdateOne(
                {"_id": one.id, "request": one.request, **held},
                next_route(Move(state=State.QUEUED, reason=one.state.value, batch=batch), one.routes[1:], now, one),
            )
            for one in messages
        ]
        moved, taken = update_unless_taken(self._messages, requests)
        left = [messages[index].id for index in taken]
        self._messages.update_many({"_id": {"$in": left}, **held}, {"$unset": {"check_at": ""}})
        return moved


def _over(state: State, now: datetime) -> Document:
    return {"check_at": {"$lte": now}, "state": state.value}
