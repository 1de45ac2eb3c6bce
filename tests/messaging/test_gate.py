"""The gate: a table of who may be written to when, and quiet hours in every zone through daylight saving."""

import random
import zoneinfo
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.consent import Consent, Purpose
from customers.customer import Customer
from customers.shop import DAYS, Cap, QuietHours, SendWindow, Shop
from messaging.gate import Go, No, Person, Sent, Verdict, Wait, Word, decide, quiet_until
from messaging.message import Message, Route, State

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
YES = Consent(state="granted", at=NOW)
NO = Consent(state="denied", at=NOW)
ANA = Customer(id="ana", addresses={"email": ["ana@example.com"]}, consents={"email": {"marketing": YES}})
MESSAGE = Message(
    id="m",
    run="r",
    campaign="c",
    customer="ana",
    routes=[Route("email", "ana@example.com")],
    not_before=NOW,
    expires_at=NOW + timedelta(hours=1),
)
SHOP = Shop()


def verdict(purpose: Purpose = "marketing", shop: Shop = SHOP, campaign: Word = "go", **person: object) -> Verdict:
    receiver = msgspec.structs.replace(Person(customer=ANA), **person)
    return decide(msgspec.structs.replace(MESSAGE, purpose=purpose), receiver, shop, NOW, campaign)


def without(**facts: object) -> Customer:
    return msgspec.structs.replace(ANA, **facts)


def test_one_who_agreed_may_be_written_to() -> None:
    assert verdict() == Go()


@pytest.mark.parametrize("purpose", ["service", "transactional"])
def test_what_is_not_marketing_needs_no_consent(purpose: Purpose) -> None:
    assert verdict(purpose, customer=without(consents={})) == Go()


@pytest.mark.parametrize(
    ("reason", "person"),
    [
        ("no_customer", {"customer": None}),
        ("no_address", {"customer": without(addresses={})}),
        ("no_address", {"customer": without(addresses={"email": ["new@example.com"]})}),
        ("suppressed", {"suppressed": "stop"}),
        ("no_consent", {"customer": without(consents={})}),
        ("no_consent", {"customer": without(consents={"sms": {"marketing": YES}})}),
        ("no_consent", {"customer": without(consents={"email": {"marketing": NO}})}),
    ],
)
def test_a_no_keeps_its_reason(reason: str, person: dict[str, object]) -> None:
    assert verdict(**person) == No(reason=reason, here=reason != "no_customer")  # type: ignore[arg-type]


def test_a_no_to_service_messages_is_a_no() -> None:
    assert verdict("service", customer=without(consents={"email": {"service": NO}})) == No(
        reason="no_consent", here=True
    )


def test_a_suppressed_address_gets_nothing_at_all() -> None:
    assert verdict("transactional", suppressed="bounced") == No(reason="suppressed", here=True)


def test_the_shop_can_stop_all_marketing_and_nothing_else() -> None:
    stopped = Shop(marketing_stopped=True)
    assert verdict(shop=stopped) == No(reason="marketing_stopped")
    assert verdict("transactional", shop=stopped) == Go()


def test_an_expired_message_expires_whatever_else_holds() -> None:
    late = decide(MESSAGE, Person(customer=ANA), SHOP, MESSAGE.expires_at, "pause")
    assert late == No(reason="expired", state=State.EXPIRED)


def test_the_campaigns_word_holds() -> None:
    assert verdict(campaign="cancel") == No(reason="campaign_cancelled", state=State.CANCELLED)
    paused = verdict(campaign="pause")
    assert isinstance(paused, Wait)
    assert paused.reason == "campaign_paused"


@pytest.mark.parametrize(
    ("days_ago", "allowed"),
    [([], True), ([1], True), ([1, 2], False), ([1, 8], True), ([8, 9, 20], True), ([8, 9, 10, 20], False)],
)
def test_a_cap_counts_what_was_sent_in_its_days(days_ago: list[int], allowed: bool) -> None:
    shop = Shop(caps=[Cap(count=2, days=7), Cap(count=4, days=30)])
    received = [Sent(NOW - timedelta(days=days), "email", "marketing") for days in days_ago]
    assert verdict(shop=shop, received=received) == (Go() if allowed else No(reason="frequency_cap"))
    assert verdict("service", shop=shop, received=received) == Go()


@pytest.mark.parametrize(
    ("cap", "purpose", "allowed"),
    [
        (Cap(count=1, hours=2), "marketing", False),
        (Cap(count=1, hours=1), "marketing", True),
        (Cap(count=1, days=1, channel="email"), "marketing", True),
        (Cap(count=1, days=1, channel="sms"), "marketing", True),
        (Cap(count=1, days=2, channel="email"), "marketing", False),
        (Cap(count=1, days=1, purpose="service"), "service", False),
        (Cap(count=1, days=1, purpose="service"), "marketing", True),
        (Cap(count=0, days=1), "transactional", True),
    ],
)
def test_a_cap_is_of_a_channel_a_purpose_and_a_period(cap: Cap, purpose: Purpose, allowed: bool) -> None:
    received = [
        Sent(NOW - timedelta(minutes=90), "sms", "marketing"),
        Sent(NOW - timedelta(minutes=90), "sms", "service"),
        Sent(NOW - timedelta(hours=40), "email", "marketing"),
        Sent(NOW - timedelta(minutes=5), "email", "transactional"),
    ]
    found = verdict(purpose, shop=Shop(caps=[cap]), received=received)
    assert found == (Go() if allowed else No(reason="frequency_cap", here=bool(cap.channel)))


@pytest.mark.parametrize("purpose", ["marketing", "transactional"])
def test_in_test_mode_only_listed_addresses_get_anything(purpose: Purpose) -> None:
    closed, listed = Shop(test_mode=True), Shop(test_mode=True, test_addresses=["ana@example.com"])
    assert verdict(purpose, shop=closed) == No(reason="test_mode", here=True)
    assert verdict(purpose, shop=listed) == Go()


def test_marketing_waits_for_an_allowed_day_and_then_for_the_end_of_the_quiet_hours() -> None:
    """NOW is a Monday, 11:00 in Berlin."""
    ana = without(time_zone="Europe/Berlin")
    shop = Shop(allowed_days=["tue", "thu"], quiet_hours=QuietHours(start="21:00", end="09:00"))
    tuesday = datetime(2026, 3, 3, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    assert verdict(shop=shop, customer=ana) == Wait(reason="not_today", until=tuesday.astimezone(UTC))
    assert verdict("service", shop=shop, customer=ana) == Go()


ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Pacific/Apia",
]


@given(
    now=st.integers(0, 365 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    start=st.integers(0, 22 * 60),
    minutes=st.integers(30, 90),
    days=st.lists(st.sampled_from(DAYS), unique=True),
)
def test_a_window_opens_at_ten_in_the_morning_theirs_whatever_their_clocks_do(
    now: datetime, zone: ZoneInfo, start: int, minutes: int, days: list[str]
) -> None:
    end = start + minutes
    window = SendWindow(start=f"{start // 60:02}:{start % 60:02}", end=f"{end // 60:02}:{end % 60:02}", days=days)
    message = msgspec.structs.replace(MESSAGE, window=window, expires_at=now + timedelta(days=30))
    found = decide(message, Person(customer=without(time_zone=zone.key)), SHOP, now)

    def fits(at: datetime) -> bool:
        local = at.astimezone(zone)
        return start <= local.hour * 60 + local.minute < end and (not days or DAYS[local.weekday()] in days)

    if isinstance(found, Go):
        assert fits(now)
        return
    assert isinstance(found, Wait)
    assert found.reason == "send_window"
    assert found.until > now
    assert fits(found.until)
    assert decide(message, Person(customer=without(time_zone=zone.key)), SHOP, found.until) == Go()
    between = (now + timedelta(minutes=15 * step) for step in range(int((found.until - now).total_seconds() // 900)))
    early = [at for at in between if fits(at)]
    assert early == []


@pytest.mark.parametrize("time_zone", ["", "Mars/Olympus_Mons", "../../etc/passwd"])
def test_one_without_a_zone_lives_in_the_shops(time_zone: str) -> None:
    shop = Shop(time_zone="Asia/Tokyo", quiet_hours=QuietHours(start="18:00", end="20:00"))  # 19:00 there
    assert verdict(shop=shop, customer=without(time_zone=time_zone)) == Wait(
        reason="quiet_hours", until=NOW + timedelta(hours=1)
    )


def test_quiet_hours_are_for_marketing_only() -> None:
    shop = Shop(quiet_hours=QuietHours(start="00:00", end="23:59"))
    assert isinstance(verdict(shop=shop), Wait)
    assert verdict("service", shop=shop) == Go()


@pytest.mark.parametrize(
    ("zone", "now", "until"),
    [
        # An ordinary night, before and after midnight.
        ("Europe/Madrid", "2026-01-10T22:30", "2026-01-11T09:00"),
        ("Europe/Madrid", "2026-01-11T03:00", "2026-01-11T09:00"),
        # The hour that is skipped in spring, and the one that comes twice in autumn, shorten and lengthen the night.
        ("Europe/Madrid", "2026-03-28T22:30", "2026-03-29T09:00"),
        ("Europe/Madrid", "2026-10-24T22:30", "2026-10-25T09:00"),
        ("America/New_York", "2026-03-07T23:00", "2026-03-08T09:00"),
        ("Australia/Lord_Howe", "2026-04-04T23:00", "2026-04-05T09:00"),  # half an hour
        ("Pacific/Apia", "2026-06-30T23:00", "2026-07-01T09:00"),
    ],
)
def test_a_night_ends_by_the_receivers_own_clock(zone: str, now: str, until: str) -> None:
    here = ZoneInfo(zone)
    then = datetime.fromisoformat(now).replace(tzinfo=here)
    end = quiet_until(then.astimezone(UTC), QuietHours(start="21:00", end="09:00"), here)
    assert end == datetime.fromisoformat(until).replace(tzinfo=here).astimezone(UTC)


def test_an_end_that_the_clock_skips_is_over_when_it_has_skipped_it() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 3, 28, 23, 0, tzinfo=berlin).astimezone(UTC)
    end = quiet_until(now, QuietHours(start="22:00", end="02:30"), berlin)
    assert end is not None
    assert end.astimezone(berlin).time() >= time(3, 0)


def test_an_end_that_comes_twice_is_over_when_it_next_comes() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    hours = QuietHours(start="22:00", end="02:30")
    first = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)  # 02:10, the first time
    second = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10, the second time
    assert quiet_until(first, hours, berlin) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert quiet_until(second, hours, berlin) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_in_every_zone_a_wait_ends_outside_of_quiet_hours_within_a_day() -> None:
    chance = random.Random(20260302)
    for name in sorted(zoneinfo.available_timezones()):
        zone = ZoneInfo(name)
        for _ in range(20):
            now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=chance.randrange(365 * 24 * 60))
            start, end = (f"{chance.randrange(24):02}:{chance.choice(['00', '30'])}" for _ in range(2))
            until = quiet_until(now, QuietHours(start=start, end=end), zone)
            if until is None:
                assert not _quiet(now, start, end, zone), (name, now, start, end)
                continue
            assert _quiet(now, start, end, zone), (name, now, start, end)
            assert now < until <= now + timedelta(hours=25), (name, now, start, end)
            assert not _quiet(until, start, end, zone), (name, now, start, end)


def _quiet(at: datetime, start: str, end: str, zone: ZoneInfo) -> bool:
    """By the minutes of the wall clock, counted another way than the gate does."""
    minutes = [int(text[:2]) * 60 + int(text[3:]) for text in (start, end)]
    local = at.astimezone(zone)
    length = (minutes[1] - minutes[0]) % (24 * 60)
    return (local.hour * 60 + local.minute - minutes[0]) % (24 * 60) < length
