"""A segment: a name for the customers that a tree of rules holds for, now and whenever it is asked again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec


class Segment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """A named tree of rules; `rules` is plain JSON as `segments/tree.py` reads it. `version` counts the changes.

    Of a `tracked` one a snapshot is taken every day: its size, who came and who went.
    """

    id: str
    name: str
    description: str = ""
    rules: dict[str, Any]
    tracked: bool = False
    version: int = 0
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Segments(Protocol):
    """The segments as they are kept."""

    def get(self, id: str) -> Segment:
        """One segment; raises NotFound."""
        ...

    def add(self, segment: Segment) -> Segment:
        """Keep a new one; raises Conflict where its id is taken."""
        ...

    def put(self, segment: Segment, expected_version: int | None = None) -> Segment:
        """Keep it under its id, new or not; raises Stale when `expected_version` is given and no longer holds."""
        ...

    def page(self, after: str, limit: int) -> Sequence[Segment]:
        """Some segments in the order of ids, those after `after`."""
        ...

    def delete(self, id: str) -> None:
        """Forget one; raises NotFound."""
        ...
