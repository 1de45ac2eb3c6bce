"""Days that come round every year, near to today where the customer lives.

No server is asked to reckon with time zones: at any instant there are at most three dates in the world, so each zone
has one of these, and customers are found by their zone and a few days of the calendar.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from segments.rule import Settings

MAX_NEAR = 100
Near = Annotated[int, msgspec.Meta(ge=0, le=MAX_NEAR)]


class NearDays(Settings, frozen=True):
    """It comes within the next `next_days` days (0 is today), or came within the last `past_days`."""

    next_days: Near = 0
    past_days: Near = 0


class Today(msgspec.Struct, frozen=True, kw_only=True):
    """A date, and the zones where it is that now; `elsewhere` also stands for customers without a known zone."""

    day: date
    zones: list[str]
    elsewhere: bool


@lru_cache(maxsize=16)
def todays(hour: datetime) -> tuple[Today, ...]:
    """The dates in the world at an instant; whoever has no zone, or one that there is not, lives by UTC."""
    by_day: dict[date, list[str]] = {}
    for zone in sorted(available_timezones()):
        by_day.setdefault(hour.astimezone(ZoneInfo(zone)).date(), []).append(zone)
    utc = hour.astimezone(UTC).date()
    return tuple(Today(day=day, zones=zones, elsewhere=day == utc) for day, zones in sorted(by_day.items()))


def today_of(time_zone: str, now: datetime) -> date:
    """The date where a customer lives."""
    days = todays(now)
    here = next((today.day for today in days if time_zone in today.zones), None)
    return here or next(today.day for today in days if today.elsewhere)


def near(today: date, settings: NearDays) -> Iterator[date]:
    """The days that are asked about, the earliest first."""
    for days in range(-settings.past_days, settings.next_days + 1):
        yield today + timedelta(days=days)


def names_of(day: date) -> list[str]:
    """The "MM-DD" that a day is kept as: 28 February, in a year without a 29th, is that day too."""
    name = f"{day:%m-%d}"
    return [name, "02-29"] if name == "02-28" and (day + timedelta(days=1)).day == 1 else [name]


def zones_filter(today: Today, all_zones: list[str]) -> dict[str, list[str]]:
    """Customers for whom it is this date: by their zone, or by its not being one of the others."""
    if today.elsewhere:
        return {"$nin": [zone for zone in all_zones if zone not in set(today.zones)]}
    return {"$in": today.zones}
