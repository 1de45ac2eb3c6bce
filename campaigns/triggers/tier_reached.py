"""A customer has reached a tier."""

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec

from campaigns.trigger import Trigger
from common.events import Event


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`tier`: only that one; left out, any."""

    tier: Annotated[str, msgspec.Meta(max_length=64)] = ""


class TierReached(Trigger):
    """A message to each customer who goes up a tier."""

    name: ClassVar[str] = "tier_reached"
    summary: ClassVar[str] = "Goes to a customer when they reach a tier, or one that you name."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    event: ClassVar[str] = "tier_reached"

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None

    def accepts(self, event: Event) -> bool:
        """The tier that is wanted."""
        return super().accepts(event) and self.settings.tier in ("", event.data.get("tier"))
