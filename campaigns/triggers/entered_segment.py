"""A customer enters a segment."""

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec

from campaigns.trigger import Trigger
from common.events import Event


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`segment`: the id of a tracked segment."""

    segment: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class EnteredSegment(Trigger):
    """A message to each customer who comes to be in a segment, as its snapshots find."""

    name: ClassVar[str] = "entered_segment"
    summary: ClassVar[str] = "Goes to each customer who enters a tracked segment, when its daily snapshot finds them."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    event: ClassVar[str] = "segment_entered"

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None

    def accepts(self, event: Event) -> bool:
        """Only news of this segment."""
        return super().accepts(event) and event.data.get("segment") == self.settings.segment
