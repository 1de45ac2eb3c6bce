"""The gate: may this message go out to this person now? Every 'no' keeps its reason. Pure: it looks nothing up."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zlib import crc32
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from customers.consent import Purpose
from customers.customer import Customer
from customers.incident import rests
from customers.preferences import quiet_since
from customers.shop import DAYS, Cap, QuietHours, SendWindow, Shop
from messaging.message import Message, State
from messaging.routing import agreed

# What a campaign says when it is asked whether its messages may still go out.
Word = Literal["go", "pause", "cancel"]
# A paused campaign's message is looked at again after so long; resuming wakes it sooner.
PAUSE = timedelta(seconds=30)
PAUSED = "campaign_paused"


# Who waits for what another worker is just handing over asks again after so many seconds, and up to as many more, which
# are not the same for two batches: where each waits for the other, one comes first the next time.
ANOTHER_UNDER_WAY = timedelta(seconds=2)


# Each obstacle in time may lead into the next; after so many, it is looked at again then.
OBSTACLES = 24


class Sent(msgspec.Struct, frozen=True):
    """A message that went out to somebody: when, over which channel, about what, and its id.

    One that is not `settled` is in somebody's hands just now: it may turn out that nobody took it.
    """

    at: datetime
    channel: str
    purpose: Purpose
    message: str = ""
    settled: bool = True


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate must know of the receiver, loaded for a whole batch at once.

    `suppressed` is the reason why the message's address may not be written to, `received` what went out to them
    within the longest of the shop's caps and of their own pace.
    """

    customer: Customer | None
    suppressed: str = ""
    received: Sequence[Sent] = ()


class Go(msgspec.Struct, frozen=True):
    """It may go out."""


class No(msgspec.Struct, frozen=True, kw_only=True):
    """It never may: it rests in `state`. One that holds only `here`, on this channel, may go over another."""

    reason: str
    state: State = State.SKIPPED
    here: bool = False


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """Not before `until`."""

    reason: str
    until: datetime


Verdict = Go | No | Wait


def decide(message: Message, person: Person, shop: Shop, now: datetime, campaign: Word = "go") -> Verdict:
    """Whether a message may go out to a person now; what is final is looked at before what passes."""
    if message.expires_at <= now:
        return No(reason="expired", state=State.EXPIRED)
    if stopped := of_campaign(campaign, now):
        return stopped
    if no := _never(message, person, shop, now):
        return no
    return _not_yet(message, shop, now, zone_of(person.customer, shop)) or too_often(message, person, shop, now) or Go()


def too_often(message: Message, person: Person, shop: Shop, now: datetime) -> No | Wait | None:
    """What the customer's own pace and the shop's caps say; None where there is room for one more.

    For what is only being handed over, a message waits: nobody is left out for a letter that was never sent.
    """
    settled = [one for one in person.received if one.settled]
    if no := _too_many(message, person.customer, settled, shop, now):
        return no
    if len(settled) < len(person.received) and (no := _too_many(message, person.customer, person.received, shop, now)):
        share = crc32(f"{message.batch}:{message.epoch}".encode()) / 2**32
        return Wait(reason=no.reason, until=now + ANOTHER_UNDER_WAY * (1 + share))
    return None


def _not_yet(message: Message, shop: Shop, now: datetime, zone: ZoneInfo) -> Wait | None:
    """The first obstacle in time, until all are over: quiet hours may end on a day that is not allowed."""
    at, reason = now, ""
    for _ in range(OBSTACLES):
        obstacle = _obstacle(message, shop, at, zone)
        if obstacle is None:
            break
        at, reason = obstacle.until, reason or obstacle.reason
    return Wait(reason=reason, until=at) if reason else None


def _obstacle(message: Message, shop: Shop, at: datetime, zone: ZoneInfo) -> Wait | None:
    if message.purpose == "marketing" and shop.quiet_hours:
        until = quiet_until(at, shop.quiet_hours, zone)
        if until is not None:
            return Wait(reason="quiet_hours", until=until)
    if message.purpose == "marketing" and shop.allowed_days:
        opens = opens_at(at, SendWindow(days=shop.allowed_days), zone)
        if opens is not None:
            return Wait(reason="not_today", until=opens)
    if message.window:
        opens = opens_at(at, message.window, zone)
        if opens is not None:
            return Wait(reason="send_window", until=opens)
    return None


def opens_at(now: datetime, window: SendWindow, zone: ZoneInfo) -> datetime | None:
    """When a window opens next for a receiver in this zone; None while it is open.

    By the receiver's wall clock: a start that daylight saving skips is when it has been skipped, if that is still
    within the window, and one that comes twice is its first time.
    """
    local = now.astimezone(zone)
    if _in_window(local, window):
        return None
    start = time.fromisoformat(window.start)
    for ahead in range(9):
        opens = datetime.combine(local.date() + timedelta(days=ahead), start, zone).astimezone(UTC)
        if opens > now and _in_window(opens.astimezone(zone), window):
            return opens
    return now + timedelta(days=1)


def _in_window(local: datetime, window: SendWindow) -> bool:
    on_a_day = not window.days or DAYS[local.weekday()] in window.days
    ends = time.fromisoformat(window.end) if window.end else time.max
    return on_a_day and time.fromisoformat(window.start) <= local.time() < ends


def of_campaign(word: Word, now: datetime) -> No | Wait | None:
    """What a campaign's word means for its messages; None where they may go on."""
    if word == "cancel":
        return No(reason="campaign_cancelled", state=State.CANCELLED)
    if word == "pause":
        return Wait(reason=PAUSED, until=now + PAUSE)
    return None


def quiet_until(now: datetime, hours: QuietHours, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours that `now` falls into are over for a receiver in this zone; None outside of them.

    By the receiver's wall clock, whatever daylight saving does to it: an end that the clock skips is over
    when it has skipped it, and one that comes twice is over at the next time it comes.
    """
    local = now.astimezone(zone)
    start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
    if not _within(local.time(), start, end):
        return None
    day = local.date() if local.time() < end else local.date() + timedelta(days=1)
    ends = [datetime.combine(day, end, zone).replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
    over = (at for at in sorted(ends) if at > now and not _within(at.astimezone(zone).time(), start, end))
    return next(over, now + timedelta(hours=1))


def _within(at: time, start: time, end: time) -> bool:
    return start <= at < end if start <= end else at >= start or at < end


def _never(message: Message, person: Person, shop: Shop, now: datetime) -> No | None:
    """Why this person may not have this message: not at all, or not on this channel."""
    customer = person.customer
    if stop := stopped_by(shop, message):
        return No(reason=stop, here=stop == "test_mode")
    if customer is None:
        return No(reason="no_customer")
    if not message.routes or message.routes[0].address not in customer.addresses.get(message.routes[0].channel, []):
        return No(reason="no_address", here=True)
    if person.suppressed:
        return No(reason="suppressed", here=True)
    if not agreed(customer, message.routes[0].channel, message.purpose):
        return No(reason="no_consent", here=True)
    if message.purpose == "marketing" and rests(customer.care, now):
        return No(reason="incident_open")
    if message.purpose == "marketing" and customer.paused_until and customer.paused_until > now:
        return No(reason="paused_by_customer")
    settled = [one for one in person.received if one.settled]
    return _too_many(message, customer, settled, shop, now)


def _too_many(
    message: Message, customer: Customer | None, received: Sequence[Sent], shop: Shop, now: datetime
) -> No | None:
    """Whether the customer's own pace or one of the shop's caps is reached by what they received."""
    if not received and not shop.caps:
        return None
    if message.purpose == "marketing" and customer is not None:
        since = quiet_since(customer.pace, now, zone_of(customer, shop))
        if since and any(one.purpose == "marketing" and one.at >= since for one in received):
            return No(reason="pace")
    reached = [cap for cap in shop.caps if _reached(cap, message, received, now)]
    return No(reason="frequency_cap", here=all(cap.channel for cap in reached)) if reached else None


def stopped_by(shop: Shop, message: Message) -> str:
    """The shop's own switch that holds a message back, or ""."""
    if message.purpose == "marketing" and shop.marketing_stopped:
        return "marketing_stopped"
    if message.routes and not listed(message.routes[0].address, shop):
        return "test_mode"
    return ""


def listed(address: str, shop: Shop) -> bool:
    """Whether an address may get anything: in test mode, only those that the shop lists."""
    return not shop.test_mode or address in shop.test_addresses


def _reached(cap: Cap, message: Message, received: Sequence[Sent], now: datetime) -> bool:
    channel = message.routes[0].channel if message.routes else message.channel
    if message.purpose != cap.purpose or cap.channel not in ("", channel):
        return False
    since = now - cap.period
    counted = [one for one in received if one.purpose == cap.purpose and cap.channel in ("", one.channel)]
    return sum(one.at > since for one in counted) >= cap.count


def zone_of(customer: Customer | None, shop: Shop) -> ZoneInfo:
    """The receiver's own zone, else the shop's; a name that no longer exists is passed over."""
    for name in (customer.time_zone if customer else "", shop.time_zone):
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")
