"""Days and hours of the shop's own time zone, and the periods that budgets are counted by."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = ("day", "week", "month")
CLOCK_PATTERN = r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"
MIDNIGHT = "00:00"

Clock = Annotated[str, msgspec.Meta(pattern=CLOCK_PATTERN)]


class Hours(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From `start` until `end` as "HH:MM" on these `weekdays` (none: on all), by the clock on the shop's wall.

    An `end` that is not after `start` lies on the next day; both alike is the whole day. When the clock is put forward
    the hour that is left out is nobody's, when it is put back the hour that comes twice counts twice.
    """

    weekdays: list[Weekday] = []
    start: Clock = MIDNIGHT
    end: Clock = MIDNIGHT

    def holds(self, at: datetime) -> bool:
        """Whether this instant, in the shop's time zone, lies within."""
        clock = at.strftime("%H:%M")
        if self.start < self.end:
            return self._on(at.weekday()) and self.start <= clock < self.end
        # What begins in the evening and ends in the morning is of the day on which it began.
        return (self._on(at.weekday()) and clock >= self.start) or (self._on(at.weekday() - 1) and clock < self.end)

    def _on(self, weekday: int) -> bool:
        return not self.weekdays or WEEKDAYS[weekday % 7] in self.weekdays


def period_key(period: Period, at: datetime) -> str:
    """The day, ISO week or month of an instant that is in the shop's time zone, as a word: "week_2026-W48"."""
    if period == "day":
        return f"day_{at:%Y-%m-%d}"
    if period == "week":
        year, week, _ = at.isocalendar()
        return f"week_{year:04}-W{week:02}"
    return f"month_{at:%Y-%m}"
