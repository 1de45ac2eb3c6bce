"""Whoever asks for codes that do not exist is counted, slowed down, and shown.

A shop's system asks on behalf of its customers, so a guesser is one customer at one API key. After a few misses a
customer waits, each further miss doubles the wait, and a code that would be right is not tried meanwhile. A key with
very many misses is used by many guessers, or by one under many names: from then on a customer waits after a single
miss, while who never mistypes notices nothing.

What is only read, without a customer, changes nothing that is kept: there each process counts for itself.

A check costs no look-up: who waits is read again every few seconds, and at once where a miss was counted here.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from common.clock import Clock
from common.errors import Slowed
from common.ids import derive

log = logging.getLogger(__name__)

# Nobody who has a code in front of them needs more tries than this.
CUSTOMER_MISSES = 10
KEY_MISSES = 300
WINDOW = timedelta(minutes=10)
WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
# How late another process learns who waits.
READ_AGAIN = timedelta(seconds=2)
REMEMBERED = timedelta(days=30)

REASON = "too_many_guesses"
DETAIL = "Too many codes that do not exist were tried; wait as long as Retry-After says."


class Guesser(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """Somebody who tried codes that do not exist: `misses` until `counted_until`, `in_all` ever.

    `key` is the id of the API key, `customer` the shop's id (empty: the key itself); before `waits_until` they are
    not answered.
    """

    id: str
    key: str
    customer: str = ""
    misses: int = 0
    in_all: int = 0
    first_at: datetime
    last_at: datetime
    counted_until: datetime
    waits_until: datetime | None = None


class Guessers(Protocol):
    """The guessers as they are kept."""

    def count(self, guesser: Guesser) -> Guesser:
        """One more miss at `last_at`, in the window that lasts or in a new one until `counted_until`; how it stands."""
        ...

    def wait(self, id: str, until: datetime) -> None:
        """Make them wait, and count on until the window after it is over."""
        ...

    def waiting(self, now: datetime) -> Mapping[str, datetime]:
        """Who waits at this moment, and until when."""
        ...

    def page(self, after: str, limit: int) -> Sequence[Guesser]:
        """A page in the order of ids."""
        ...

    def forget(self, before: datetime) -> int:
        """Remove those whose last miss was before this; how many there were."""
        ...


class Guessing:
    """Notices guessers and slows them down."""

    def __init__(self, guessers: Guessers, clock: Clock) -> None:
        self._guessers = guessers
        self._clock = clock
        self._waiting: dict[str, datetime] = {}
        self._read_at: datetime | None = None
        # Of reading without a customer: since when which key has missed how often, and until when it waits.
        self._reading: dict[str, tuple[datetime, int]] = {}
        self._readers: dict[str, datetime] = {}

    def check(self, key: str, customer: str = "") -> None:
        """Raise Slowed where this customer of this key, or without one the key, has to wait."""
        now = self._clock.now()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < READ_AGAIN:
            self._read_at = now
            self._waiting = dict(self._guessers.waiting(now))
        until = self._waiting.get(_id(key, customer)) if customer else self._readers.get(key)
        if until is not None and until > now:
            raise Slowed(DETAIL, int((until - now).total_seconds()) + 1, REASON)

    def missed(self, key: str, customer: str = "") -> bool:
        """Count a code that did not exist; whether somebody has to wait from now on."""
        now = self._clock.now()
        if not customer:
            return self._missed_reading(key, now)
        everybody = self._counted(key, "", now)
        if everybody.misses == KEY_MISSES:
            log.warning("guessing.many", extra={"key": key, "misses": everybody.misses})
        own = self._counted(key, customer, now)
        allowed = 1 if everybody.misses >= KEY_MISSES else CUSTOMER_MISSES
        if own.misses < allowed:
            return False
        until = now + min(WAIT * 2 ** min(own.misses - allowed, 6), LONGEST_WAIT)
        self._guessers.wait(own.id, until)
        self._waiting[own.id] = until
        # No id of a person in the log; the list of guessers has it.
        log.warning("guessing.slowed", extra={"key": key, "guesser": own.id, "misses": own.misses})
        return True

    def page(self, after: str, limit: int) -> Sequence[Guesser]:
        """Those who guessed lately, in the order of ids."""
        return self._guessers.page(after, limit)

    def forget(self) -> int:
        """Remove what is long past; how many."""
        return self._guessers.forget(self._clock.now() - REMEMBERED)

    def _counted(self, key: str, customer: str, now: datetime) -> Guesser:
        return self._guessers.count(
            Guesser(
                id=_id(key, customer), key=key, customer=customer, first_at=now, last_at=now, counted_until=now + WINDOW
            )
        )

    def _missed_reading(self, key: str, now: datetime) -> bool:
        began, misses = self._reading.get(key, (now, 0))
        began, misses = (now, 1) if now - began >= WINDOW else (began, misses + 1)
        self._reading[key] = (began, misses)
        if misses < KEY_MISSES:
            return False
        self._readers[key] = now + WAIT
        log.warning("guessing.slowed", extra={"key": key, "misses": misses})
        return True


def _id(key: str, customer: str) -> str:
    return derive("guesser", key, customer)
