"""The history of a segment: its size day by day, and who came and went, which triggers can listen to.

A snapshot walks along two lists at once, both in the order of ids: who was a member when it was last looked, and
who is one now. What differs is written as it is found, so memory is flat, and a snapshot that died is gone on with:
what has been written differs no more.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Literal, Protocol

import msgspec

from common.chores import Turns
from common.clock import Clock
from common.doorbell import Doorbell
from common.errors import Conflict, NotFound
from common.events import Event, Events, event
from common.ids import derive, new_id
from segments.audience import PAGE, Audience
from segments.segment import Segment, Segments

What = Literal["entered", "left"]

CHUNK = 1_000
LEASE_SECONDS = 60.0
# An open snapshot that is older than this has died, or is so slow that ringing for it once more does no harm.
STALE = timedelta(minutes=10)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """A segment at an instant; `number` counts its snapshots, `rules` is a hash of what they were.

    The first one, and the first after the rules were changed, is a `baseline`: nobody came or went, it was only looked.
    `size`, `entered` and `left` are known once it is no longer `open`.
    """

    id: str
    segment: str
    number: int
    at: datetime
    rules: str
    baseline: bool = False
    open: bool = True
    size: int = 0
    entered: int = 0
    left: int = 0


class Move(msgspec.Struct, frozen=True, kw_only=True, rename={"id": "_id"}):
    """Somebody came or went, as a snapshot found."""

    id: str
    segment: str
    number: int
    customer: str
    what: What
    at: datetime


class Memberships(Protocol):
    """Who was a member when it was last looked."""

    def open(self, snapshot: Snapshot) -> Snapshot:
        """Begin this snapshot, or go on with the one of its number that has begun."""
        ...

    def last(self, segment: str) -> Snapshot | None:
        """The latest snapshot of a segment, open or not."""
        ...

    def members(self, segment: str) -> Iterator[str]:
        """The ids of those kept as members, in order."""
        ...

    def write(self, snapshot: Snapshot, moves: Sequence[Move]) -> None:
        """Keep these moves, unless it is a baseline, and the members as they are after them; twice is once."""
        ...

    def close(self, snapshot: Snapshot) -> Snapshot:
        """Count, and end the snapshot."""
        ...


class History:
    """Takes snapshots. Any number may be taken at once, again, or late."""

    def __init__(
        self,
        segments: Segments,
        audience: Audience,
        kept: Memberships,
        events: Events,
        turns: Turns,
        doorbell: Doorbell,
        clock: Clock,
    ) -> None:
        self._segments = segments
        self._audience = audience
        self._kept = kept
        self._events = events
        self._turns = turns
        self._doorbell = doorbell
        self._clock = clock

    def ask(self, id: str) -> bool:
        """Have a snapshot taken by a worker; whether one was told. Raises NotFound, and Conflict if not tracked."""
        if not self._segments.get(id).tracked:
            raise Conflict(f"The segment {id!r} is not tracked; PUT it with `tracked` set.", "not_tracked")
        return self._doorbell.ring("snapshot_segment", id)

    def ring_due(self) -> int:
        """Ring for each tracked segment that has no snapshot of today (by UTC), or one that died; how many."""
        due = [segment.id for segment in self._tracked() if self._is_due(segment.id)]
        for id in due:  # noqa: A001  # as the domain calls it
            self._doorbell.ring("snapshot_segment", id)
        return len(due)

    def take(self, id: str) -> Snapshot | None:
        """Take a snapshot now; None where somebody else is at it, or the segment is gone or no longer tracked."""
        owner = new_id()
        if not self._mine(id, owner):
            return None
        try:
            segment = self._segments.get(id)
            return self._take(segment, owner) if segment.tracked else None
        except NotFound:
            return None
        finally:
            self._turns.release(_chore(id), owner)

    def _take(self, segment: Segment, owner: str) -> Snapshot | None:
        snapshot = self._kept.open(self._next(segment))
        found = changes(self._kept.members(segment.id), self._audience.ids(segment.rules))
        while chunk := list(islice(found, CHUNK)):
            if not self._mine(segment.id, owner):
                return None
            moves = [_move(snapshot, customer, what) for customer, what in chunk]
            if not snapshot.baseline:
                # The events first: who is kept as a member differs no more, and would not be told of again.
                self._events.add([_event(move) for move in moves])
            self._kept.write(snapshot, moves)
        return self._kept.close(snapshot)

    def _next(self, segment: Segment) -> Snapshot:
        last = self._kept.last(segment.id)
        if last is not None and last.open:
            return last
        rules = derive(msgspec.json.encode(segment.rules, order="deterministic").decode())
        number = last.number + 1 if last else 1
        return Snapshot(
            id=derive("snapshot", segment.id, number),
            segment=segment.id,
            number=number,
            at=self._clock.now(),
            rules=rules,
            baseline=last is None or last.rules != rules,
        )

    def _is_due(self, id: str) -> bool:
        last, now = self._kept.last(id), self._clock.now()
        if last is None or last.open:
            return last is None or last.at <= now - STALE
        return last.at.astimezone(UTC).date() < now.astimezone(UTC).date()

    def _tracked(self) -> Iterator[Segment]:
        page = self._segments.page("", PAGE)
        while page:
            yield from (segment for segment in page if segment.tracked)
            page = self._segments.page(page[-1].id, PAGE)

    def _mine(self, id: str, owner: str) -> bool:
        return self._turns.hold(_chore(id), owner, LEASE_SECONDS)


def changes(before: Iterable[str], now: Iterable[str]) -> Iterator[tuple[str, What]]:
    """Who is in one list only, both in the order of ids and held one id at a time; twice in a list is once."""
    old, new = iter(before), iter(now)
    was, is_ = next(old, None), next(new, None)
    while was is not None or is_ is not None:
        if was == is_:
            passed = was
        elif is_ is None or (was is not None and was < is_):
            passed = was
            yield str(was), "left"
        else:
            passed = is_
            yield is_, "entered"
        while was is not None and was == passed:
            was = next(old, None)
        while is_ is not None and is_ == passed:
            is_ = next(new, None)


def _move(snapshot: Snapshot, customer: str, what: What) -> Move:
    return Move(
        id=derive("move", snapshot.segment, snapshot.number, customer, what),
        segment=snapshot.segment,
        number=snapshot.number,
        customer=customer,
        what=what,
        at=snapshot.at,
    )


def _event(move: Move) -> Event:
    about: list[str | int] = [move.segment, move.number, move.customer]
    return event(f"segment_{move.what}", move.at, move.customer, about, segment=move.segment)


def _chore(segment: str) -> str:
    return f"snapshot:{segment}"
