"""The same address on two ids: probably one person, offered for merging; a family may share one, so nobody is merged
unasked.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from common.clock import Clock
from common.events import Event, event


class Duplicate(msgspec.Struct, frozen=True, kw_only=True, rename={"id": "_id"}):
    """An address that several customers have; the address itself is not told. `customers` are in order."""

    id: str
    channel: str
    customers: list[str]
    found_at: datetime

    @property
    def reason(self) -> str:
        """Why they may be one, as a word."""
        return f"same_{self.channel}"


class Findings(Protocol):
    """What was found, as it is kept."""

    def look(self, customers: Sequence[str], now: datetime) -> list[Duplicate]:
        """Compare these customers' addresses with everybody's; what was not found before."""
        ...

    def look_at_all(self, now: datetime) -> list[Duplicate]:
        """The same for all customers, in batches."""
        ...

    def noted(self, limit: int) -> dict[str, list[str]]:
        """Notes of customers who were written and not looked at yet, by the note's id."""
        ...

    def done(self, notes: Sequence[str]) -> None:
        """Take notes away."""
        ...


class Duplicates:
    """Looks for customers who may be one."""

    def __init__(self, findings: Findings, tell: Callable[[Sequence[Event]], object], clock: Clock) -> None:
        """`tell` keeps events: what is found stands on each customer's timeline."""
        self._findings = findings
        self._tell = tell
        self._clock = clock

    def look(self, customers: Sequence[str]) -> None:
        """Look at customers whose addresses were just written."""
        self._tell_of(self._findings.look(customers, self._clock.now()))

    def look_at_noted(self, limit: int = 100) -> int:
        """Look at those whom imports have brought; how many notes there were."""
        notes = self._findings.noted(limit)
        for note, customers in notes.items():
            self.look(customers)
            self._findings.done([note])
        return len(notes)

    def look_at_all(self) -> None:
        """Look at everybody."""
        self._tell_of(self._findings.look_at_all(self._clock.now()))

    def _tell_of(self, found: Sequence[Duplicate]) -> None:
        self._tell(
            [
                event("duplicate_found", one.found_at, customer, [one.id, customer], channel=one.channel)
                for one in found
                for customer in one.customers
            ]
        )
