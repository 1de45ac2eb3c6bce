"""Work on who is who: a merge or an erasure, kept from its first step to its last, so that it ends whoever dies."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec

# What was under way when it began (a file being taken in, a campaign being planned) may still write the old id a
# moment later. So the whole way is gone once more when that is certainly over.
AGAIN_AFTER = timedelta(minutes=15)
# Work that nobody has ended by then was left by a process that died.
LEFT_OVER = timedelta(seconds=60)


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A merge of `other` into `customer`, or the erasure of `customer`.

    An erasure puts `nobody` in the id's place, and knows the customer's `addresses` and the ids they had before they
    were merged (`former`). `again` says that its way has been gone to the end, and is only to be gone once more.
    """

    id: str
    kind: Literal["merge", "erasure"]
    customer: str
    other: str = ""
    nobody: str = ""
    addresses: dict[str, list[str]] = {}
    former: list[str] = []
    at: datetime
    again: bool = False

    @property
    def people(self) -> list[str]:
        """Whom nobody else may merge or erase meanwhile."""
        return list(dict.fromkeys([self.customer, *filter(None, [self.other]), *self.former]))


class Works(Protocol):
    """The work as it is kept."""

    def begin(self, work: Work, left_over_at: datetime) -> bool:
        """Keep it, and its people for it alone; False where one of them is somebody else's."""
        ...

    def of(self, customer: str) -> Work | None:
        """The work that has this person, if any."""
        ...

    def walked(self, work: Work, again_at: datetime) -> None:
        """Its way has been gone: its people are free, and it is to be gone again at `again_at`."""
        ...

    def over(self, work: Work) -> None:
        """Forget it."""
        ...

    def due(self, now: datetime, until: datetime, limit: int) -> Sequence[Work]:
        """Work that was left, or is to be gone again; the caller's own until `until`."""
        ...


class Traces(Protocol):
    """All that is kept of people, but for their own records."""

    def move(self, old: str, into: str) -> Iterator[str]:
        """Make what is one person's another's, step by step; names each step when it is done. Twice is once."""
        ...

    def forget(self, work: Work) -> Iterator[str]:
        """Erase a person, step by step. Raises Unavailable where something about them is just under way."""
        ...

    def told(self, customer: str) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """What is held of a person, section by section."""
        ...


class Ids(Protocol):
    """The ids that customers had before they were merged."""

    def resolve(self, ids: Sequence[str]) -> dict[str, str]:
        """Of these ids, those that were merged, and whom each leads to now."""
        ...

    def add(self, old: str, into: str, at: datetime) -> None:
        """From now on an id leads to another."""
        ...
