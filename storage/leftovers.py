"""Messages that somebody left behind, as the sweeper moves them: by their state and time, whoever they were held by."""

from datetime import datetime
from typing import Any

from messaging.message import State
from storage.messages import UNCLAIMED
from storage.mongo import Document, Mongo


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


def _over(state: State, now: datetime) -> Document:
    return {"check_at": {"$lte": now}, "state": state.value}
