"""A customer is about to lose points."""

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec

from campaigns.trigger import Trigger
from common.events import Event


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`at_least`: only where so many points or more are about to be lost."""

    at_least: Annotated[int, msgspec.Meta(ge=1, le=10**9)] = 1


class PointsExpiring(Trigger):
    """A message to each customer whose points end soon; how soon is the programme's `notice_days`."""

    name: ClassVar[str] = "points_expiring"
    summary: ClassVar[str] = "Goes to a customer some days before points of theirs are lost, once for each such day."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    event: ClassVar[str] = "points_expiring"

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None

    def accepts(self, event: Event) -> bool:
        """Enough points."""
        points = event.data.get("points")
        return super().accepts(event) and isinstance(points, int) and points >= self.settings.at_least
