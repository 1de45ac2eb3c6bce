"""Again and again, by a cron line: win-back jobs."""

import re
from datetime import UTC, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from croniter import CroniterBadCronError, CroniterBadDateError, croniter

from campaigns.trigger import Trigger
from common.errors import Invalid

# A run plans a whole audience; more often than this is a mistake in the line.
LEAST_MINUTES = 15
# What cron has in common everywhere: croniter knows random and hashed fields too, which would move with each reading.
_NAMES = "mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_VALUE = rf"(?:[0-9]{{1,2}}|{_NAMES})"
_ITEM = rf"(?:\*|{_VALUE}(?:-{_VALUE})?)(?:/[0-9]{{1,2}})?"
_FIELD = rf"{_ITEM}(?:,{_ITEM})*"
_LINE = re.compile(rf"{_FIELD}(?:[ \t]+{_FIELD}){{4}}", re.IGNORECASE)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`cron`: five fields; `time_zone`: the IANA zone they are meant in."""

    cron: str
    time_zone: str = "UTC"


class Recurring(Trigger):
    """The campaign goes out each time its cron line says so."""

    name: ClassVar[str] = "recurring"
    summary: ClassVar[str] = "Goes out again and again, by a cron line such as '0 10 * * 2' (Tuesdays at ten)."
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def next_at(self, after: datetime) -> datetime | None:
        """The next time of the line; None where it names a day that never comes."""
        local = after.astimezone(ZoneInfo(self.settings.time_zone))
        try:
            following: datetime = croniter(self.settings.cron, local).get_next(datetime)
        except CroniterBadDateError:
            return None
        return following.astimezone(UTC)

    def check(self, now: datetime) -> None:
        """Refuse a line that is malformed, never due, or due too often, and an unknown time zone."""
        try:
            ZoneInfo(self.settings.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a directory of the zone database
            raise Invalid.field("trigger.time_zone", f"There is no time zone {self.settings.time_zone!r}.") from None
        if not _LINE.fullmatch(self.settings.cron.strip()):
            raise Invalid.field(
                "trigger.cron",
                "Five fields: minute, hour, day of month, month, day of week; numbers, *, lists, ranges and steps, "
                "and names of days and months.",
            )
        try:
            first = self.next_at(now)
            second = self.next_at(first) if first else None
        except (CroniterBadCronError, ValueError) as error:
            raise Invalid.field("trigger.cron", f"Not a cron line: {error}.") from None
        if first is None or second is None:
            raise Invalid.field("trigger.cron", "This never comes to pass.")
        if (second - first).total_seconds() < LEAST_MINUTES * 60:
            raise Invalid.field("trigger.cron", f"At most every {LEAST_MINUTES} minutes.")
