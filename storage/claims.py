"""Messages as a worker moves them: whole batches at once, each move a compare-and-set on the claim's token."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pymongo import UpdateMany, UpdateOne
from pymongo.errors import BulkWriteError

from messaging.life import Lease, Move
from messaging.message import Attempt, Before, Message, Route, State
from messaging.routing import address_hash
from storage.messages import DUPLICATE, UNCLAIMED, back_to
from storage.mongo import AT_ONCE, Document, Documents, Mongo, from_documents, to_document

CLAIMABLE = [State.QUEUED.value, State.WAITING.value]
# A 2xx that comes late is the provider's own word: it ends a doubt that the sweeper had meanwhile.
BEFORE_ACCEPTED = [State.HANDING_OVER.value, State.UNCERTAIN.value, State.UNCERTAIN_FINAL.value]


class MongoClaims:
    """Claims messages and moves them on. Never findAndModify, which some servers answer by reading everything."""

    def __init__(self, database: Mongo, uncertain_final_after: float) -> None:
        """After `uncertain_final_after` seconds the sweeper gives up on an uncertain message."""
        self._messages = database["messages"]
        self._doubted_for = timedelta(seconds=uncertain_final_after)

    def claim(self, batch: str, token: str, lease: Lease) -> list[Message]:
        """Claim what is due of a batch: queued or waiting -> claimed."""
        due = {"batch": batch, "state": {"$in": CLAIMABLE}, "not_before": {"$lte": lease.now}}
        claimed = {**_held(lease), "state": State.CLAIMED.value, "reason": "", "claim": token, "state_at": lease.now}
        if not self._messages.update_many(due, {"$set": claimed, "$inc": {"epoch": 1}}).modified_count:
            return []
        won = self._messages.find({"claim": token, "state": State.CLAIMED.value}).batch_size(AT_ONCE)
        return from_documents(won, Message)

    def renew(self, token: str, lease: Lease) -> int:
        """Prolong the lease of what is still claimed and not over yet; how many."""
        return self._messages.update_many(_claimed(token, lease), {"$set": _held(lease)}).modified_count

    def settle(self, token: str, moves: Sequence[Move], now: datetime) -> int:
        """Move claimed messages on, unsent; how many moved."""
        held = {"claim": token, "state": State.CLAIMED.value}
        plain = [move for move in moves if not move.routes and not move.back]
        moved = self._bulk([UpdateMany(_of(held, move), _unclaim(move, now)) for move in plain])
        for move in moves:
            moved += self._onward(held, move, now, {}) + self._back(held, move, now, {})
        return moved

    def begin(self, token: str, ids: Sequence[str], whole: bool, attempt: Attempt, lease: Lease) -> list[str]:
        """Write the attempt ahead, while the lease lasts: claimed -> handing_over; returns the ids that were won.

        `whole` says that `ids` is all that the claim still holds, which saves the database looking each up.
        """
        held = _claimed(token, lease)
        if not whole:
            held["_id"] = {"$in": list(ids)}
        ahead = {
            **_held(lease),
            "state": State.HANDING_OVER.value,
            "request": attempt.token,
            "provider": attempt.provider,
            "handed_at": lease.now,
            "state_at": lease.now,
            **({"timer_at": lease.timer_at} if lease.timer_at else {}),
        }
        update = {"$set": ahead, "$push": {"attempts": to_document(attempt)}}
        if self._messages.update_many(held, update).modified_count == len(ids):
            return list(ids)
        won = self._messages.find({"claim": token, "request": attempt.token}, {"_id": 1})
        return [document["_id"] for document in won]

    def record(self, token: str, request: str, moves: Sequence[Move], now: datetime) -> None:
        """Move what was handed over in a request.

        What is queued for a next address that another message of the run has is skipped with `same_address`.
        """
        plain = [move for move in moves if not move.routes and not move.back]
        self._bulk([self._outcome(token, request, move, now) for move in plain])
        held = {"claim": token, "attempts.token": request, "state": State.HANDING_OVER.value}
        for move in moves:
            self._onward(held, move, now, _attempt(move, now))
            self._back(held, move, now, _attempt(move, now))

    def _outcome(self, token: str, request: str, move: Move, now: datetime) -> UpdateMany:
        origins = BEFORE_ACCEPTED if move.state is State.ACCEPTED else [State.HANDING_OVER.value]
        held = {"claim": token, "attempts.token": request, "state": {"$in": origins}}
        update = _unclaim(move, now)
        if move.state is State.UNCERTAIN:  # keeps its claim, by which a late answer still finds it
            update["$unset"] = {"lease_until": ""}
            update["$set"]["check_at"] = now + self._doubted_for
        update["$set"] |= _attempt(move, now)
        return UpdateMany(_of(held, move), update)

    def _onward(self, held: Document, move: Move, now: datetime, attempt: Document) -> int:
        """claimed or handing_over -> queued, next channel; each with an address of its own."""
        if not move.routes:
            return 0
        ids, requests = list(move.routes), []
        for id_, routes in move.routes.items():
            update = next_route(move, routes, now)
            update["$set"] |= attempt
            requests.append(UpdateOne({"_id": id_, **held}, update))
        moved, taken = update_unless_taken(self._messages, requests)
        if taken:
            same = Move(state=State.SKIPPED, reason="same_address", ids=[ids[index] for index in taken])
            update = _unclaim(same, now)
            update["$set"] |= attempt
            moved += self._bulk([UpdateMany(_of(held, same), update)])
        return moved

    def _back(self, held: Document, move: Move, now: datetime, attempt: Document) -> int:
        """Return to where an earlier channel had them; why they went no further stays said."""
        requests = []
        for id_, before in move.back.items():
            update = back_to(before, move.reason, now)
            update["$set"] |= attempt
            requests.append(UpdateOne({"_id": id_, **held}, update))
        return self._bulk(requests)

    def _bulk(self, requests: Sequence[UpdateMany | UpdateOne]) -> int:
        return self._messages.bulk_write(list(requests), ordered=True).modified_count if requests else 0


def _held(lease: Lease) -> Document:
    return {"lease_until": lease.until, "check_at": lease.check_at}


def _claimed(token: str, lease: Lease) -> Document:
    """What this claim holds and has not lost by sleeping too long."""
    return {"claim": token, "state": State.CLAIMED.value, "lease_until": {"$gt": lease.now}}


def _of(held: Document, move: Move) -> Document:
    return held if move.ids is None else {**held, "_id": {"$in": list(move.ids)}}


def _unclaim(move: Move, now: datetime) -> Document:
    fields: Document = {"state": move.state.value, "reason": move.reason, "state_at": now}
    if move.not_before is not None:
        fields["not_before"] = move.not_before
    if move.provider_id:
        fields["provider_id"] = move.provider_id
    return {"$set": fields, "$unset": dict(UNCLAIMED)}


def _attempt(move: Move, now: datetime) -> Document:
    """The attempt's end; the query names its token, so that `$` is its place in the list."""
    return {"attempts.$.ended_at": now, "attempts.$.outcome": move.outcome, "attempts.$.detail": move.detail}


def next_route(move: Move, routes: Sequence[Route], now: datetime, gone_on: Message | None = None) -> Document:
    """The update that queues a message for its next channel, at an address of its own.

    One that has `gone_on` from a channel whose provider had it may return there.
    """
    fields = {
        **({"shut": move.shut} if move.shut else {}),
        **({"before": to_document(_before(gone_on))} if gone_on else {}),
        **_unclaim(move, now)["$set"],
        "not_before": now,
        "batch": move.batch,
        "channel": routes[0].channel,
        "routes": [to_document(route) for route in routes],
        "address_hash": address_hash(routes[0]),
    }
    # A word on the earlier attempt says nothing of the next one.
    return {"$set": fields, "$unset": {**UNCLAIMED, "request": "", "timer_at": ""}}


def _before(message: Message) -> Before:
    return Before(
        state=message.state,
        route=message.routes[0],
        request=message.request,
        provider=message.provider,
        provider_id=message.provider_id,
        handed_at=message.handed_at,
    )


def update_unless_taken(messages: Documents, requests: Sequence[UpdateOne]) -> tuple[int, list[int]]:
    """Update each; returns how many were, and the places of those whose address another message of the run has."""
    try:
        return messages.bulk_write(requests, ordered=False).modified_count, []
    except BulkWriteError as error:
        failures = error.details["writeErrors"]
        if any(failure["code"] != DUPLICATE for failure in failures):
            raise
        return error.details["nModified"], [failure["index"] for failure in failures]
