"""When points end: whole days of the shop's own calendar, so that no clock change takes an hour from anybody."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec

from common.errors import Invalid

Policy = Literal["never", "months", "end_of_month", "fixed_day"]
LAST_DAY = date(9998, 12, 31)


class Expiry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """How long points last, counted from the day on which they can be spent.

    "months": through the same day `months` later (31 January and a month: 28 February). "end_of_month": through the
    last day of the month that is `months` later. "fixed_day": through the next `day` of `month` that is at least
    `months` later.
    """

    policy: Policy = "months"
    months: Annotated[int, msgspec.Meta(ge=0, le=120)] = 12
    month: Annotated[int, msgspec.Meta(ge=1, le=12)] = 12
    day: Annotated[int, msgspec.Meta(ge=1, le=31)] = 31


def checked(expiry: Expiry) -> Expiry:
    """The policy, if it makes sense; raises Invalid naming the field that does not."""
    if expiry.policy == "months" and expiry.months == 0:
        raise Invalid.field("expiry.months", "Must be at least 1.")
    if expiry.policy == "fixed_day" and expiry.day > monthrange(2024, expiry.month)[1]:
        raise Invalid.field("expiry.day", "There is no such day in this month.")
    return expiry


def last_day(expiry: Expiry, first: date) -> date | None:
    """The last day on which points that can be spent from `first` on are there; None for ever."""
    if expiry.policy == "never":
        return None
    later = months_later(first, expiry.months)
    if expiry.policy == "months":
        return later
    if expiry.policy == "end_of_month":
        return later.replace(day=monthrange(later.year, later.month)[1])
    this = _day_of(later.year, expiry)
    return this if this >= later and this > first else _day_of(min(later.year + 1, LAST_DAY.year), expiry)


def ends(expiry: Expiry, active_at: datetime, zone: ZoneInfo) -> datetime | None:
    """The instant at which points that can be spent from `active_at` on are lost; None for never."""
    last = last_day(expiry, local_day(active_at, zone))
    return None if last is None else midnight(last + timedelta(days=1), zone)


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or that month's last where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year >= LAST_DAY.year:
        return LAST_DAY
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def local(at: datetime, zone: ZoneInfo) -> datetime:
    """An instant in the time of a zone."""
    try:
        return at.astimezone(zone)
    except OverflowError:  # in the first or last hours that there are
        return at


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The day that it is there at an instant."""
    return local(at, zone).date()


def after(at: datetime, wait: timedelta) -> datetime:
    """So much later than an instant; the instant itself where there are no such times."""
    try:
        return at + wait
    except OverflowError:
        return at


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins there."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return datetime.combine(day, time(), UTC)


def _day_of(year: int, expiry: Expiry) -> date:
    return date(year, expiry.month, min(expiry.day, monthrange(year, expiry.month)[1]))
