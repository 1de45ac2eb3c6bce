"""Merges and erasures that somebody left unfinished, and those whose way is to be gone once more."""

import logging
from datetime import timedelta
from typing import Protocol

from common.clock import Clock
from common.errors import EncoreError
from customers.identity import Work, Works

log = logging.getLogger(__name__)

AT_ONCE = 20
# For so long nobody else takes up what was taken up here.
LEASE = timedelta(seconds=60)


class Walking(Protocol):
    """Who goes the way of a merge, or of an erasure."""

    def walk(self, work: Work) -> None:
        """Go all the way; what is done already is passed over."""
        ...


class Identities:
    """Finishes what was begun."""

    def __init__(self, works: Works, merger: Walking, eraser: Walking, clock: Clock) -> None:
        self._works = works
        self._walkers: dict[str, Walking] = {"merge": merger, "erasure": eraser}
        self._clock = clock

    def finish(self) -> int:
        """Go the ways that are due; how many. What cannot be finished now is tried again a minute later."""
        now = self._clock.now()
        due = self._works.due(now, now + LEASE, AT_ONCE)
        for work in due:
            try:
                self._walkers[work.kind].walk(work)
            except EncoreError as error:
                log.info("identity.later", extra={"work": work.id, "kind": work.kind, "error": type(error).__name__})
        return len(due)
