"""The audit: what docs/messages.md says is always true, checked against the books and the providers' own notes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from common.clock import Clock
from messaging.message import Message

OLDEST_LEASE = timedelta(minutes=3)


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """A provider's own note that it took a message, with the token of the attempt and the time by its clock."""

    message: str
    token: str
    at: datetime
    channel: str = ""


class HandOver(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt that may have reached somebody who said STOP at `stopped_at`."""

    message: str
    token: str
    started_at: datetime
    stopped_at: datetime


class Books(Protocol):
    """A run's messages, counted afresh."""

    def tally(self, run: str) -> Mapping[str, int]:
        """How many messages a run has in each state."""
        ...

    def stranded(self, run: str) -> list[str]:
        """Open messages that rest in a closed batch, where nobody would look for them."""
        ...

    def unattempted(self, run: str) -> list[str]:
        """Messages that a provider is said to have, without an attempt on them."""
        ...

    def hand_overs_after_stop(self, run: str) -> Iterator[HandOver]:
        """Attempts on addresses whose owner had said STOP before they began."""
        ...

    def stale_leases(self, before: datetime) -> int:
        """How many leases were over before then and are still held."""
        ...


class Purse(Protocol):
    """What was given away."""

    def overspent(self) -> list[str]:
        """The offers whose budget is exceeded or differs from what their redemptions add up to, in words."""
        ...


class Known(Protocol):
    """Messages by id."""

    def get(self, ids: Sequence[str]) -> Mapping[str, Message]:
        """Those of these messages that exist."""
        ...


class Audit:
    """Finds what is not as it must be. Reads all messages of a run: for the demo, for tests, and for doubts."""

    def __init__(self, books: Books, purse: Purse, known: Known, clock: Clock) -> None:
        self._books = books
        self._purse = purse
        self._known = known
        self._clock = clock

    def broken(self, planned: Mapping[str, int], accepted: Iterable[Acceptance] = ()) -> list[str]:
        """What is broken, a sentence each; none is as it must be.

        `planned` is how many messages each run was planned to have, `accepted` all that the providers say they took.
        """
        found = [sentence for run, count in planned.items() for sentence in self._of_run(run, count)]
        found += self._of_acceptances(list(accepted))
        stale = self._books.stale_leases(self._clock.now() - OLDEST_LEASE)
        if stale:
            found.append(f"5. {stale} leases are older than three minutes.")
        found += [f"6. {sentence}" for sentence in self._purse.overspent()]
        return found

    def _of_run(self, run: str, planned: int) -> Iterator[str]:
        total = sum(self._books.tally(run).values())
        if total != planned:
            yield f"1. Run {run}: {planned} planned, {total} in the sum of the states."
        for id_ in self._books.stranded(run):
            yield f"1. Message {id_} is open in a closed batch."
        for id_ in self._books.unattempted(run):
            yield f"3. Message {id_} is accepted without an attempt on it."
        for late in self._books.hand_overs_after_stop(run):
            yield f"4. Message {late.message} was handed over at {late.started_at}, its STOP came at {late.stopped_at}."

    def _of_acceptances(self, accepted: Sequence[Acceptance]) -> Iterator[str]:
        known = self._known.get(sorted({one.message for one in accepted}))
        times = Counter((one.message, one.channel) for one in accepted)
        for (id_, _), count in times.items():
            if count > 1 and id_ in known and known[id_].policy == "at_most_once":
                yield f"2. Message {id_} was accepted {count} times."
        for one in accepted:
            message = known.get(one.message)
            attempts = message.attempts if message else []
            if not any(attempt.token == one.token and attempt.started_at <= one.at for attempt in attempts):
                yield f"3. Message {one.message} was accepted without an attempt written before it."
