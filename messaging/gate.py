"""The gate: may this message go out to this person now? Every 'no' keeps its reason. Pure: it looks nothing up."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from customers.customer import Customer
from customers.shop import Cap, QuietHours, Shop
from messaging.message import Message, State
from messaging.routing import agreed

# What a campaign says when it is asked whether its messages may still go out.
Word = Literal["go", "pause", "cancel"]
# A paused campaign's message is looked at again after so long; resuming wakes it sooner.
PAUSE = timedelta(seconds=30)


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate must know of the receiver, loaded for a whole batch at once.

    `suppressed` is the reason why the message's address may not be written to, `received` when marketing
    went out to them within the longest of the shop's caps.
    """

    customer: Customer | None
    suppressed: str = ""
    received: Sequence[datetime] = ()


class Go(msgspec.Struct, frozen=True):
    """It may go out."""


class No(msgspec.Struct, frozen=True, kw_only=True):
    """It never may: it rests in `state`."""

    reason: str
    state: State = State.SKIPPED


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
        return No(reason=no)
    if message.purpose == "marketing" and shop.quiet_hours:
        until = quiet_until(now, shop.quiet_hours, _zone(person.customer, shop))
        if until is not None:
            return Wait(reason="quiet_hours", until=until)
    return Go()


def of_campaign(word: Word, now: datetime) -> No | Wait | None:
    """What a campaign's word means for its messages; None where they may go on."""
    if word == "cancel":
        return No(reason="campaign_cancelled", state=State.CANCELLED)
    if word == "pause":
        return Wait(reason="campaign_paused", until=now + PAUSE)
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


def _never(message: Message, person: Person, shop: Shop, now: datetime) -> str:
    """Why this person may not have this message at all, or ""."""
    marketing = message.purpose == "marketing"
    customer = person.customer
    if marketing and shop.marketing_stopped:
        return "marketing_stopped"
    if customer is None:
        return "no_customer"
    if not message.routes or message.routes[0].address not in customer.addresses.get(message.routes[0].channel, []):
        return "no_address"
    if person.suppressed:
        return "suppressed"
    if not agreed(customer, message.routes[0].channel, message.purpose):
        return "no_consent"
    if marketing and any(_reached(cap, person.received, now) for cap in shop.caps):
        return "frequency_cap"
    return ""


def _reached(cap: Cap, received: Sequence[datetime], now: datetime) -> bool:
    since = now - timedelta(days=cap.days)
    return sum(at > since for at in received) >= cap.count


def _zone(customer: Customer | None, shop: Shop) -> ZoneInfo:
    """The receiver's own zone, else the shop's; a name that no longer exists is passed over."""
    for name in (customer.time_zone if customer else "", shop.time_zone):
        try:
            if name:
                return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")
