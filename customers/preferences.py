"""How often a customer wants offers and news, and until when none at all: their own words, which the gate keeps."""

from calendar import monthrange
from datetime import datetime, timedelta, tzinfo
from typing import Literal

# "" is as the shop does.
Pace = Literal["", "daily", "weekly", "monthly"]
PACES: tuple[Pace, ...] = ("", "daily", "weekly", "monthly")
# At most once in so many days of the customer's own calendar.
DAYS_APART: dict[Pace, int] = {"daily": 1, "weekly": 7, "monthly": 30}
# Nobody asks for a break longer than this; who wants none at all unsubscribes.
LONGEST_PAUSE = timedelta(days=731)


def quiet_since(pace: Pace, now: datetime, zone: tzinfo) -> datetime | None:
    """The instant since which nothing may have come, so that something may come now; None where any pace will do.

    Whole days of the customer's own count, so that a letter of every Tuesday at ten comes every Tuesday, and not
    every other one because it was a second late.
    """
    if not pace:
        return None
    first = now.astimezone(zone).date() - timedelta(days=DAYS_APART[pace] - 1)
    return datetime(first.year, first.month, first.day, tzinfo=zone)


def slower(one: Pace, other: Pace) -> Pace:
    """The one of two paces that lets less through."""
    return max(one, other, key=PACES.index)


def month_later(now: datetime, zone: tzinfo) -> datetime:
    """The same day and hour of the next month by a customer's own calendar; its last day where it has no such day."""
    here = now.astimezone(zone)
    year, month = (here.year + 1, 1) if here.month == 12 else (here.year, here.month + 1)
    return here.replace(year=year, month=month, day=min(here.day, monthrange(year, month)[1]), microsecond=0)
