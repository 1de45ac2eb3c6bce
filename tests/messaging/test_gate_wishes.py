"""The gate keeps to a customer's own pace and pause, by their own calendar."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.customer import joined
from customers.preferences import DAYS_APART, PACES, Pace, month_later, quiet_since
from messaging.gate import Go, No, Sent, decide
from tests.messaging.test_gate import ANA, MESSAGE, NOW, SHOP, Person, Purpose, without

BERLIN = ZoneInfo("Europe/Berlin")


def asked(purpose: Purpose = "marketing", received: list[Sent] | None = None, **facts: object) -> object:
    message = msgspec.structs.replace(MESSAGE, purpose=purpose)
    return decide(message, Person(customer=without(**facts), received=received or []), SHOP, NOW)


@pytest.mark.parametrize("purpose", ["service", "transactional"])
def test_a_pause_and_a_pace_are_for_marketing_only(purpose: Purpose) -> None:
    lately = [Sent(NOW - timedelta(hours=1), "sms", "marketing")]
    wishes = {"pace": "weekly", "paused_until": NOW + timedelta(days=9)}
    assert asked(received=lately, **wishes) == No(reason="paused_by_customer")
    assert asked(purpose, lately, **wishes) == Go()
    assert asked(paused_until=NOW) == Go()


@pytest.mark.parametrize(
    ("pace", "hours_ago", "allowed"),
    [
        ("", 0, True),
        ("daily", 9, False),  # the same day
        ("daily", 11, True),  # the evening before
        ("weekly", 6 * 24, False),
        ("weekly", 7 * 24 - 1, True),  # last Monday, an hour later in the day
        ("monthly", 29 * 24, False),
        ("monthly", 30 * 24, True),
    ],
)
def test_a_pace_counts_whole_days_over_all_channels(pace: Pace, hours_ago: int, allowed: bool) -> None:
    """NOW is a Monday, ten in the morning in the shop's zone."""
    at = NOW - timedelta(hours=hours_ago)
    assert asked(received=[Sent(at, "whatsapp", "marketing")], pace=pace) == (Go() if allowed else No(reason="pace"))
    assert asked(received=[Sent(at, "whatsapp", "service")], pace=pace) == Go()


def test_a_day_is_the_customers_own() -> None:
    """Ten in the morning in London is the evening of the same day in Auckland, and an early hour of it in Honolulu."""
    at = [Sent(NOW - timedelta(hours=10, minutes=30), "email", "marketing")]  # 23:30 of Sunday in London
    assert asked(received=at, pace="daily", time_zone="Europe/London") == Go()
    assert asked(received=at, pace="daily", time_zone="Pacific/Auckland") == No(reason="pace")


@given(
    minutes=st.lists(st.integers(0, 120 * 24 * 60), min_size=2, max_size=30),
    pace=st.sampled_from([pace for pace in PACES if pace]),
    zone=st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"]).map(ZoneInfo),
)
def test_whatever_a_shop_sends_no_two_are_closer_than_the_pace(minutes: list[int], pace: Pace, zone: ZoneInfo) -> None:
    received: list[datetime] = []
    for at in (datetime(2026, 2, 1, tzinfo=UTC) + timedelta(minutes=one) for one in sorted(minutes)):
        since = quiet_since(pace, at, zone)
        assert since is not None
        assert at - since <= timedelta(days=DAYS_APART[pace], hours=1)  # which is how far back receivers are looked up
        if not any(one >= since for one in received):
            received.append(at)
    days = [at.astimezone(zone).date() for at in received]
    assert all((late - early).days >= DAYS_APART[pace] for early, late in pairwise(days))


def test_a_month_ends_on_the_same_day_or_on_the_last() -> None:
    assert month_later(datetime(2026, 1, 31, 9, tzinfo=BERLIN), BERLIN) == datetime(2026, 2, 28, 9, tzinfo=BERLIN)
    assert month_later(datetime(2026, 12, 5, 9, tzinfo=BERLIN), BERLIN) == datetime(2027, 1, 5, 9, tzinfo=BERLIN)
    # Over the change of the clocks the hour is the same on the wall.
    assert month_later(datetime(2026, 3, 5, 9, tzinfo=BERLIN), BERLIN).astimezone(BERLIN).hour == 9


def test_of_two_ids_of_one_person_the_slower_pace_and_the_longer_pause_hold() -> None:
    assert joined("pace", "daily", "monthly") == joined("pace", "monthly", None) == "monthly"
    assert joined("paused_until", NOW, NOW + timedelta(1)) == joined("paused_until", NOW + timedelta(1), None)
    assert ANA.pace == ""
