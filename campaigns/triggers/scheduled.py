"""At a set time, once."""

from datetime import datetime
from typing import ClassVar

import msgspec

from campaigns.trigger import Trigger
from common.errors import Invalid


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`at`: when it goes out, RFC 3339 with its zone."""

    at: datetime


class Scheduled(Trigger):
    """The campaign goes out at a set time."""

    name: ClassVar[str] = "scheduled"
    summary: ClassVar[str] = "Goes out once, at a time you set."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    once: ClassVar[bool] = True

    def next_at(self, after: datetime) -> datetime | None:
        """The set time, if it is still to come."""
        at: datetime = self.settings.at
        return at if at > after else None

    def check(self, now: datetime) -> None:
        """Refuse a time without a zone, or one that has passed."""
        at: datetime = self.settings.at
        if at.tzinfo is None:
            raise Invalid.field("trigger.at", "Say in which time zone, as in 2026-12-01T10:00:00+01:00.")
        if at <= now:
            raise Invalid.field("trigger.at", f"{at.isoformat()} has passed.")
