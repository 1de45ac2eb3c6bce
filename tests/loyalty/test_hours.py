"""Hours and periods by the clock on the shop's wall, also where it is put forward or back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.hours import Hours, period_key

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = Hours(weekdays=["fri"], start="17:00", end="20:00")
NIGHT = Hours(weekdays=["fri"], start="22:00", end="02:00")


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(BERLIN)


@pytest.mark.parametrize(
    ("hours", "utc", "holds"),
    [
        (EVENING, "2026-03-06T16:00", True),  # a Friday, an hour ahead of UTC
        (EVENING, "2026-03-06T15:59", False),
        (EVENING, "2026-03-06T19:00", False),
        (EVENING, "2026-03-05T16:00", False),
        (EVENING, "2026-07-03T15:00", True),  # in summer two hours ahead
        (EVENING, "2026-07-03T18:00", False),
        (NIGHT, "2026-03-06T22:30", True),
        (NIGHT, "2026-03-07T00:59", True),  # Saturday morning is of the Friday night
        (NIGHT, "2026-03-07T01:00", False),
        (NIGHT, "2026-03-06T00:30", False),  # Friday morning is of Thursday
        (Hours(weekdays=["sun"], start="02:00", end="03:00"), "2026-03-29T01:00", False),  # left out: 02:00 is 03:00
        (Hours(weekdays=["sun"], start="03:00", end="04:00"), "2026-03-29T01:00", True),
        (Hours(weekdays=["sun"], start="02:00", end="03:00"), "2026-10-25T00:30", True),  # comes twice
        (Hours(weekdays=["sun"], start="02:00", end="03:00"), "2026-10-25T01:30", True),
        (Hours(weekdays=["sun"], start="02:00", end="03:00"), "2026-10-25T02:00", False),
        (Hours(weekdays=["mon"]), "2026-03-01T23:00", True),  # Monday begins in Berlin
        (Hours(weekdays=["mon"]), "2026-03-02T23:00", False),
    ],
)
def test_an_hour_is_one_of_the_shop(hours: Hours, utc: str, holds: bool) -> None:
    assert hours.holds(berlin(utc)) is holds


@pytest.mark.parametrize(
    ("utc", "day", "week", "month"),
    [
        ("2026-03-29T22:30", "day_2026-03-30", "week_2026-W14", "month_2026-03"),
        ("2026-12-31T22:59", "day_2026-12-31", "week_2026-W53", "month_2026-12"),
        ("2026-12-31T23:00", "day_2027-01-01", "week_2026-W53", "month_2027-01"),
        ("2027-01-03T23:00", "day_2027-01-04", "week_2027-W01", "month_2027-01"),
    ],
)
def test_a_period_is_one_of_the_shop(utc: str, day: str, week: str, month: str) -> None:
    at = berlin(utc)
    assert [period_key(period, at) for period in ("day", "week", "month")] == [day, week, month]


def test_later_periods_have_later_keys_whatever_the_zone() -> None:
    @given(st.integers(10**9, 4 * 10**9), st.integers(0, 10**6))
    def promise(seconds: int, minutes: int) -> None:
        first = datetime.fromtimestamp(seconds, UTC)
        second = first + timedelta(minutes=minutes)
        for period in ("day", "week", "month"):
            assert period_key(period, first.astimezone(BERLIN)) <= period_key(period, second.astimezone(BERLIN))

    promise()
