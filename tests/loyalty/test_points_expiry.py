"""When points end: whole days of the shop's calendar, whatever the clocks do; and when tiers are held and lost."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Invalid
from loyalty.points_account import Day, Tiers
from loyalty.points_expiry import Expiry, checked, ends, last_day, local_day, months_later
from loyalty.points_liability import month_of
from loyalty.tiers import Level, TierRules, judge, measure, next_turn

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Asia/Beirut",
    "Pacific/Apia",
    "America/Sao_Paulo",
]


@pytest.mark.parametrize(
    ("policy", "first", "last"),
    [
        ({"policy": "months", "months": 12}, date(2026, 3, 2), date(2027, 3, 2)),
        ({"policy": "months", "months": 1}, date(2026, 1, 31), date(2026, 2, 28)),
        ({"policy": "months", "months": 1}, date(2028, 1, 31), date(2028, 2, 29)),
        ({"policy": "months", "months": 12}, date(2028, 2, 29), date(2029, 2, 28)),
        ({"policy": "end_of_month", "months": 0}, date(2026, 2, 1), date(2026, 2, 28)),
        ({"policy": "end_of_month", "months": 12}, date(2026, 12, 31), date(2027, 12, 31)),
        ({"policy": "fixed_day", "months": 0, "month": 12, "day": 31}, date(2026, 3, 2), date(2026, 12, 31)),
        ({"policy": "fixed_day", "months": 0, "month": 12, "day": 31}, date(2026, 12, 31), date(2027, 12, 31)),
        ({"policy": "fixed_day", "months": 12, "month": 12, "day": 31}, date(2026, 3, 2), date(2027, 12, 31)),
        ({"policy": "fixed_day", "months": 0, "month": 2, "day": 29}, date(2026, 3, 2), date(2027, 2, 28)),
        ({"policy": "never"}, date(2026, 3, 2), None),
    ],
)
def test_the_last_day(policy: dict[str, Any], first: date, last: date | None) -> None:
    assert last_day(checked(Expiry(**policy)), first) == last


@pytest.mark.parametrize("zone", ZONES)
@given(
    at=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # as asked
    months=st.integers(1, 24),
    policy=st.sampled_from(["months", "end_of_month", "fixed_day"]),
)
def test_points_are_there_through_all_of_their_last_day_and_no_longer(
    zone: str, at: datetime, months: int, policy: Any
) -> None:
    expiry, there = Expiry(policy=policy, months=months), ZoneInfo(zone)
    last = last_day(expiry, local_day(at, there))
    end = ends(expiry, at, there)
    assert last is not None
    assert end is not None
    assert end > at
    assert local_day(end - timedelta(milliseconds=1), there) == last
    assert local_day(end, there) > last
    assert month_of(end, there) == f"{last:%Y-%m}"


def test_an_hour_that_a_clock_change_takes_is_taken_from_nobody() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    winter = ends(Expiry(policy="months", months=1), datetime(2026, 2, 28, 12, tzinfo=UTC), berlin)
    summer = ends(Expiry(policy="months", months=1), datetime(2026, 3, 1, 12, tzinfo=UTC), berlin)
    assert winter == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert summer == datetime(2026, 4, 1, 22, tzinfo=UTC)


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_the_ends_of_time_are_no_mistake_of_ours(at: datetime) -> None:
    for zone in ZONES:
        for policy in ("months", "end_of_month", "fixed_day"):
            assert ends(Expiry(policy=policy), at, ZoneInfo(zone)) is not None  # type: ignore[arg-type]  # a policy


@pytest.mark.parametrize("fields", [{"policy": "months", "months": 0}, {"policy": "fixed_day", "month": 4, "day": 31}])
def test_a_policy_that_makes_no_sense_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        checked(Expiry(**fields))


LEVELS = [Level(name="Bronze", threshold=10), Level(name="Silver", threshold=100), Level(name="Gold", threshold=500)]
DAY = date(2026, 3, 2)


def rules(**fields: Any) -> TierRules:
    return TierRules(**{"window_months": 1, "grace_days": 10, "levels": LEVELS} | fields)


def test_the_window_moves_with_the_days() -> None:
    days = [Day(day=DAY, points=60, money=5), Day(day=DAY + timedelta(days=10), points=50)]
    found = [measure(days, rules(), DAY + timedelta(days=gone)) for gone in (30, 31, 40, 41)]
    assert found == [110, 50, 50, 0]
    assert measure(days, rules(by="spend"), DAY) == 5


def test_a_tier_falls_to_what_the_window_says_or_step_by_step() -> None:
    days = [Day(day=DAY, points=500)]
    start = judge(Tiers(), days, rules(), DAY)
    assert (start.tier, start.since) == ("Gold", DAY)
    gone = date(2026, 4, 2)
    warned = judge(start, days, rules(), gone)
    assert (warned.tier, warned.grace_until) == ("Gold", gone + timedelta(days=10))
    assert judge(warned, days, rules(), gone + timedelta(days=10)).tier == ""
    assert judge(warned, days, rules(downgrade="step"), gone + timedelta(days=10)).tier == "Silver"
    assert judge(warned, days, rules(downgrade="step"), gone + timedelta(days=20)).tier == "Bronze"
    assert judge(start, days, rules(grace_days=0), gone).tier == ""


def test_who_earns_again_within_the_grace_keeps_the_tier() -> None:
    warned = judge(judge(Tiers(), [Day(day=DAY, points=100)], rules(), DAY), [], rules(), DAY + timedelta(days=5))
    assert warned.grace_until == DAY + timedelta(days=15)
    saved = judge(warned, [Day(day=DAY, points=120)], rules(), DAY + timedelta(days=6))
    assert (saved.tier, saved.grace_until, saved.since) == ("Silver", None, DAY)


HISTORY = st.lists(st.tuples(st.integers(0, 90), st.sampled_from([5, 10, 60, 100, 500])), max_size=6)


@given(HISTORY, st.integers(0, 200), st.integers(0, 30), st.sampled_from(["fall", "step"]), st.data())
def test_a_judgement_that_comes_late_comes_to_the_same(
    history: list[tuple[int, int]], until: int, grace: int, downgrade: Any, data: Any
) -> None:
    """Where nothing is earned in between: judged each day, on the days on which it is due, or once."""
    days = [Day(day=DAY + timedelta(days=offset), points=points) for offset, points in dict(history).items()]
    held = rules(grace_days=grace, downgrade=downgrade)
    first = DAY + timedelta(days=90)
    last = first + timedelta(days=until)
    start = judge(Tiers(), days, held, first)
    daily = start
    for number in range(until + 1):
        daily = judge(daily, days, held, first + timedelta(days=number))
    due, when = start, first
    while (turn := next_turn(due, days, held, when)) and turn <= last:
        due, when = judge(due, days, held, turn), turn
    due = judge(due, days, held, last)
    assert daily == due == judge(start, days, held, last)


def test_months_later_ends_where_the_calendar_does() -> None:
    assert months_later(date(9998, 6, 1), 120) == date(9998, 12, 31)


def test_a_shop_that_moves_to_another_time_zone_finds_its_points_in_the_same_month() -> None:
    zones = [ZoneInfo(name) for name in ("Europe/Lisbon", "Europe/Berlin", "America/New_York", "Asia/Dubai")]
    for here in zones:
        end = ends(Expiry(policy="end_of_month", months=1), datetime(2026, 11, 5, tzinfo=UTC), here)
        assert {month_of(end, there) for there in zones} == {"2026-12"}
