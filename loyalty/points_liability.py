"""What the points outstanding would cost the shop, month by month of their expiry."""

from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from common.money import Money
from loyalty.points_expiry import local
from loyalty.points_programme import Worth


class Sums(msgspec.Struct, kw_only=True):
    """Points over all accounts: those that can be spent by the instant at which they are lost (None: never)."""

    active: dict[datetime | None, int] = {}
    pending: int = 0
    owed: int = 0


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """What is lost at the end of a day of this month ("2026-12"), or "" for what is never lost."""

    month: str
    points: int
    worth: Money


class Liability(msgspec.Struct, frozen=True, kw_only=True):
    """All points outstanding; `worth` is of those that can be spent, and the months' come to exactly that."""

    at: datetime
    outstanding: int
    pending: int
    owed: int
    worth: Money
    pending_worth: Money
    months: list[Month]


class Outstanding(Protocol):
    """Sums over all accounts."""

    def sums(self, now: datetime) -> Sums:
        """All points that are not lost by now."""
        ...


def liability(sums: Sums, at: datetime, worth: Worth, zone: ZoneInfo) -> Liability:
    """The report: each month is worth what the sum up to its end is worth more than up to its beginning."""
    by_month: dict[str, int] = {}
    for lost_at, points in sums.active.items():
        month = month_of(lost_at, zone)
        by_month[month] = by_month.get(month, 0) + points
    months, before, so_far = [], Money(0, worth.money.currency), 0
    for month in sorted(by_month, key=lambda name: (not name, name)):
        so_far += by_month[month]
        months.append(Month(month=month, points=by_month[month], worth=worth.of(so_far) - before))
        before = worth.of(so_far)
    return Liability(
        at=at,
        outstanding=so_far,
        pending=sums.pending,
        owed=sums.owed,
        worth=before,
        pending_worth=worth.of(sums.pending),
        months=months,
    )


def month_of(lost_at: datetime | None, zone: ZoneInfo) -> str:
    """The month of the last day on which points that are lost at an instant are there.

    They are lost at a midnight, and were there at the noon before: in a shop that has moved to another time zone, too.
    """
    return f"{local(lost_at - timedelta(hours=12), zone):%Y-%m}" if lost_at else ""
