"""What has to be done every so often, by one process at a time, for ever."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from common.clock import Clock
from common.ids import new_id

log = logging.getLogger(__name__)


class Turns(Protocol):
    """Sees to it that one process at a time does a chore."""

    def hold(self, chore: str, owner: str, seconds: float) -> bool:
        """Take a chore, or keep it; False where somebody else has it."""
        ...

    def release(self, chore: str, owner: str) -> None:
        """Give it back."""
        ...


class Chore(msgspec.Struct, frozen=True):
    """A piece of work that may be done twice, late, or by another process; `every` in seconds."""

    name: str
    every: float
    work: Callable[[], Any]


class Scheduler:
    """Does each chore when it is due. Several may run: one holds the lease, the others stand by."""

    LEASE = "scheduler"
    LEASE_SECONDS = 30.0
    SLOW_SECONDS = 5.0

    def __init__(self, chores: Sequence[Chore], turns: Turns, clock: Clock) -> None:
        self._chores = chores
        self._turns = turns
        self._clock = clock
        self._owner = new_id()
        self._due: dict[str, datetime] = {}

    def tick(self) -> list[str]:
        """Do what is due now, if the lease is ours; the names of the chores that were done.

        A chore that fails is logged and comes again: an outage of a server must not end the scheduler.
        """
        done: list[str] = []
        for chore in self._chores:
            now = self._clock.now()
            if self._due.get(chore.name, now) > now:
                continue
            try:
                if not self._turns.hold(self.LEASE, self._owner, self.LEASE_SECONDS):
                    return done
                self._do(chore)
                done.append(chore.name)
            except Exception:
                log.exception("chore.failed", extra={"chore": chore.name})
            self._due[chore.name] = now + timedelta(seconds=chore.every)
        return done

    def _do(self, chore: Chore) -> None:
        started = time.monotonic()
        chore.work()
        seconds = time.monotonic() - started
        if seconds > self.SLOW_SECONDS:
            log.warning("chore.slow", extra={"chore": chore.name, "seconds": round(seconds, 1)})

    def stop(self) -> None:
        """Let another process take over at once."""
        self._turns.release(self.LEASE, self._owner)
