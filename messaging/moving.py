"""What a provider's outcomes mean for the messages of a parcel: the moves out of handing_over."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from common.ids import derive
from messaging.channel import Accepted, NotTaken, Outcome, Rejected, Uncertain
from messaging.gate import Go, No, Person, Verdict, Wait
from messaging.life import Breaker, Move
from messaging.message import Batch, Message, Route, State
from messaging.onward import by_channel, reason_of, ways_after

log = logging.getLogger(__name__)

# Where the provider does not say how long to wait: so many seconds, doubled with each try, up to the most.
FIRST_BACKOFF = 5.0
LONGEST_BACKOFF = 300.0
# A provider that stops everything (wrong credentials) is asked again after so many seconds.
STOPPED_FOR = 60.0
# What may be tried again at once may not be so for ever.
TRIES_AT_ONCE = 5


def moves(
    outcomes: Mapping[str, Outcome],
    messages: Mapping[str, Message],
    batch: Batch,
    now: datetime,
    *,
    elsewhere: bool = False,
) -> list[Move]:
    """The moves for what became of each message of a request; `messages` are theirs, by id.

    `elsewhere` says that another provider could take at once what this one did not.
    """
    groups: dict[Outcome, list[Message]] = {}
    for id_, outcome in outcomes.items():
        groups.setdefault(outcome, []).append(messages[id_])
    only = len(groups) == 1
    found = [move for outcome, group in groups.items() for move in _of(outcome, group, batch, now, only)]
    if not elsewhere:
        return found
    return [msgspec.structs.replace(move, not_before=now) if move.not_before else move for move in found]


def unsent(
    verdicts: Mapping[str, Verdict],
    messages: Mapping[str, Message],
    people: Mapping[str, Person],
    batch: Batch,
    now: datetime,
    outcome: str = "",
) -> list[Move]:
    """The moves for what the gate did not let go: on over the next channel, back to where an earlier one had it, or
    at rest, one for each reason.
    """
    groups: dict[Verdict, list[str]] = {}
    for id_, verdict in verdicts.items():
        if not isinstance(verdict, Go):
            groups.setdefault(verdict, []).append(id_)
    found: list[Move] = []
    for verdict, ids in groups.items():
        if isinstance(verdict, No):
            found += _refused(verdict, [messages[id_] for id_ in ids], people, batch, now, outcome)
        else:
            found.append(unsent_move(verdict, ids, outcome))
    return found


def _refused(
    no: No, group: Sequence[Message], people: Mapping[str, Person], batch: Batch, now: datetime, outcome: str
) -> Iterable[Move]:
    """The moves for one no of the gate."""
    ways = {one.id: ways_after(one, no, people[one.id].customer if one.id in people else None) for one in group}
    resting: dict[str, list[Message]] = {}
    onward: dict[str, dict[str, list[Route]]] = {}
    for one in group:
        if ways[one.id]:
            onward.setdefault(reason_of(one, no), {})[one.id] = ways[one.id]
        else:
            resting.setdefault(reason_of(one, no), []).append(one)
    for first, theirs in onward.items():
        for channel, routes in by_channel(theirs).items():
            to = next_batch(batch, channel, now).id
            yield Move(state=State.QUEUED, reason=no.reason, batch=to, routes=routes, shut=first, outcome=outcome)
    for reason, some in resting.items():
        yield from at_rest(Move(state=no.state, reason=reason, outcome=outcome), some)


def at_rest(move: Move, group: Sequence[Message]) -> Iterable[Move]:
    """A move to an end that says nothing went out, but for those that an earlier channel had: they did get it."""
    if ids := [one.id for one in group if one.before is None]:
        yield msgspec.structs.replace(move, ids=ids)
    if back := {one.id: one.before for one in group if one.before is not None}:
        yield msgspec.structs.replace(move, back=back)


def unsent_move(verdict: Verdict, ids: Sequence[str], outcome: str = "") -> Move:
    """The move for a wait; raises TypeError for a Go, which moves nothing, and for a No."""
    if isinstance(verdict, Wait):
        return Move(state=State.WAITING, reason=verdict.reason, ids=ids, not_before=verdict.until, outcome=outcome)
    raise TypeError("Only what waits is moved so.")


def wait_for(outcome: NotTaken, tries: int, now: datetime) -> datetime:
    """When to try again: as the provider said, else after ever longer waits."""
    backoff = min(FIRST_BACKOFF * 2 ** min(tries, 16), LONGEST_BACKOFF)
    if outcome.stop:
        seconds = STOPPED_FOR
    elif outcome.retry_after is None:
        seconds = backoff
    else:
        seconds = max(outcome.retry_after, 0.0 if tries < TRIES_AT_ONCE else backoff)
    return now + timedelta(seconds=seconds)


def rest_after(breaker: Breaker | None, outcomes: Mapping[str, Outcome], elsewhere: bool, now: datetime) -> Wait | None:
    """A provider that takes nothing now is not asked for the rest; one that is left alone, by nobody at all."""
    if breaker is not None:
        log.error("provider.left_alone", extra={"provider": breaker.id, "reason": breaker.reason})
        return Wait(reason=breaker.reason, until=now if elsewhere else breaker.until)
    refusals = [outcome for outcome in outcomes.values() if isinstance(outcome, NotTaken)]
    if not refusals or len(refusals) < len(outcomes):
        return None
    return Wait(reason=refusals[0].reason, until=max(wait_for(refusal, 0, now) for refusal in refusals))


def untried(breaker: Breaker) -> Wait:
    """For what a provider was to be tried with again, and was not: nobody was left to send to, or another tries it."""
    return Wait(reason=breaker.reason, until=breaker.until)


def next_batch(batch: Batch, channel: str, now: datetime) -> Batch:
    """Where the messages of a batch go on over their next channel; the same for all of them, whoever asks."""
    id_ = derive("batch", batch.id, channel)
    return msgspec.structs.replace(batch, id=id_, channel=channel, due_at=now, rung_at=now, open=True, touched=0)


def _of(outcome: Outcome, group: Sequence[Message], batch: Batch, now: datetime, only: bool) -> Iterable[Move]:
    ids = None if only else [message.id for message in group]
    match outcome:
        case Accepted(provider_id=provider_id):
            return [Move(state=State.ACCEPTED, ids=ids, provider_id=provider_id, outcome="accepted")]
        case Uncertain(reason=reason, detail=detail):
            return [Move(state=State.UNCERTAIN, reason=reason, ids=ids, outcome="uncertain", detail=detail)]
        case NotTaken(reason=reason, detail=detail):
            tries = max(len(message.attempts) for message in group)
            until = min(wait_for(outcome, tries, now), min(message.expires_at for message in group))
            return [
                Move(state=State.WAITING, reason=reason, ids=ids, not_before=until, outcome="not_taken", detail=detail)
            ]
        case Rejected():
            return _rejected(outcome, group, batch, now)


def _rejected(outcome: Rejected, group: Sequence[Message], batch: Batch, now: datetime) -> Iterable[Move]:
    """failed where no way is left, else queued for the next channel."""
    failed = Move(state=State.FAILED, reason=outcome.reason, outcome="rejected", detail=outcome.detail)
    yield from at_rest(failed, [message for message in group if len(message.routes) < 2])
    ways = {message.id: message.routes[1:] for message in group if len(message.routes) > 1}
    for channel, routes in by_channel(ways).items():
        yield Move(
            state=State.QUEUED,
            reason=outcome.reason,
            batch=next_batch(batch, channel, now).id,
            routes=routes,
            outcome="rejected",
            detail=outcome.detail,
        )
