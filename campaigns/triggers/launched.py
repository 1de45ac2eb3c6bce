"""Launched by hand, once."""

from datetime import datetime
from typing import ClassVar

from campaigns.trigger import Trigger


class Launched(Trigger):
    """The campaign goes out when somebody launches it."""

    name: ClassVar[str] = "launched"
    summary: ClassVar[str] = "Goes out when you launch it, once."
    once: ClassVar[bool] = True

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None
