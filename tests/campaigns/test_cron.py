"""Cron lines by the wall clock: in every zone of the world, through every change of its clocks, each time once."""

import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from campaigns.cron import following, following_anywhere, instants, instants_anywhere, zones
from campaigns.trigger import parse

FULL = os.environ.get("ENCORE_FAULTS") == "full"
DAY = timedelta(days=1)
BERLIN = "Europe/Berlin"
FORWARD = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # Berlin goes from 02:00 to 03:00
BACK = datetime(2026, 10, 25, 1, 0, tzinfo=UTC)  # and from 03:00 to 02:00

LINES = st.sampled_from(["30 2 * * *", "0 0 * * *", "15 1,2,3 * * *", "0 10 * * 1-5", "59 23 * * *", "0 9 1 * *"])
HOURLY = st.sampled_from(["0 * * * *", "*/15 * * * *", "30 */2 * * *"])
TIMES = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # as asked


def test_a_time_that_the_clocks_skip_comes_when_they_have_gone_on_and_one_they_show_twice_comes_once() -> None:
    around = instants("30 2 * * *", BERLIN, FORWARD - DAY / 2, FORWARD + DAY)
    assert [at.astimezone(ZoneInfo(BERLIN)).strftime("%d %H:%M") for at in sorted(around)] == ["29 03:30", "30 02:30"]
    around = instants("30 2 * * *", BERLIN, BACK - DAY / 2, BACK + DAY + timedelta(hours=1))
    assert sorted(around) == [BACK - timedelta(minutes=30), BACK + DAY + timedelta(minutes=30)]


def test_every_hour_is_every_hour_that_there_is() -> None:
    for change in (FORWARD, BACK):
        around = sorted(instants("*/30 * * * *", BERLIN, change - DAY, change + DAY))
        assert around == [change - DAY + timedelta(minutes=30 * number) for number in range(1, 97)]


@with_settings(max_examples=2_000 if FULL else 25)
@given(
    line=LINES | HOURLY, zone=st.sampled_from(zones()), start=TIMES, parts=st.lists(st.integers(1, 4_000), max_size=5)
)
def test_looking_bit_by_bit_finds_each_time_once_and_misses_none(
    line: str, zone: str, start: datetime, parts: list[int]
) -> None:
    borders = [start]
    for minutes in parts:
        borders.append(borders[-1] + timedelta(minutes=minutes))
    whole = sorted(instants(line, zone, start, borders[-1]))
    bits = [at for one, other in pairwise(borders) for at in instants(line, zone, one, other)]
    assert sorted(bits) == whole
    assert len(set(whole)) == len(whole)
    step, walked = following(line, zone, start), list[datetime]()
    while step is not None and step <= borders[-1] and len(walked) <= len(whole):
        walked.append(step)
        step = following(line, zone, step)
    assert walked == whole


@pytest.mark.parametrize("year", range(2024, 2031) if FULL else [2026])
def test_a_daily_time_comes_once_on_each_day_of_a_year_in_every_zone(year: int) -> None:
    start, end = datetime(year, 1, 1, 12, tzinfo=UTC), datetime(year + 1, 1, 1, 12, tzinfo=UTC)
    for zone, found in instants_anywhere("30 2 * * *", start, end):
        days = sorted(time.date() for time in found.values())
        assert all(late - early == DAY for early, late in pairwise(days)), zone
        assert len(days) in (365, 366), zone


def test_in_every_customers_own_time_each_zone_is_in_one_group_each_day() -> None:
    trigger = parse({"kind": "recurring", "cron": "0 10 * * *", "zone": "customer"}, BERLIN)
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)  # the clocks of Europe change in this night
    first = trigger.next_at(start)
    assert first is not None
    assert first == following_anywhere("0 10 * * *", start)
    seen: dict[tuple[str, str], int] = {}
    now = first
    while now <= start + DAY * 1.5:
        for due in trigger.due(now, now):
            assert due.at == now
            for zone in due.zones:
                assert now.astimezone(ZoneInfo(zone)).strftime("%H:%M") == "10:00"
                seen[zone, due.wave] = seen.get((zone, due.wave), 0) + 1
        later = trigger.next_at(now)
        assert later is not None
        now = later
    assert set(seen.values()) == {1}
    assert {(zone, "2026-03-29T10:00:00") for zone in zones()} <= seen.keys()
    home = [due.wave for due in trigger.due(start, start + DAY) if due.elsewhere]
    assert home == ["2026-03-29T10:00:00"]


@pytest.mark.parametrize(("missed", "expected"), [("skip", 0), ("once", 1), ("all", 3)])
def test_what_nobody_was_there_for_is_made_up_for_as_set(missed: str, expected: int) -> None:
    trigger = parse({"kind": "recurring", "cron": "0 12 * * *", "missed": missed}, "UTC")
    first = datetime(2026, 3, 2, 12, tzinfo=UTC)
    late = trigger.due(first, first + 2 * DAY + timedelta(hours=20))
    assert [due.at for due in late] == [first + number * DAY for number in range(3)][3 - expected :]
    assert len(trigger.due(first, first + timedelta(hours=2))) == 1, "a clock that is two hours off missed nothing"
    everywhere = parse({"kind": "recurring", "cron": "0 12 * * *", "missed": missed, "zone": "customer"}, "UTC")
    told = everywhere.due(first, first + 2 * DAY + timedelta(hours=20))
    assert sum("Asia/Tokyo" in due.zones for due in told) == expected
