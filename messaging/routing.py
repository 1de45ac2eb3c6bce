"""A customer's ways: which channels, in which order; and what comes after the first."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from common.ids import derive
from customers.consent import Purpose
from customers.customer import Customer
from messaging.message import Message, Route, Step


def routes_for(customer: Customer, channels: Sequence[str], purpose: Purpose) -> list[Route]:
    """The ways to a customer over these channels: the preferred first, then those in the given order.

    Marketing goes only where the customer agreed to it. One who agreed nowhere keeps all ways, so that the
    gate says no to the first of them, and why.
    """
    order = sorted(channels, key=lambda channel: _place(customer, channel, channels))
    routes = [Route(channel, customer.addresses[channel][0]) for channel in order if customer.addresses.get(channel)]
    return [route for route in routes if agreed(customer, route.channel, purpose)] or routes


def agreed(customer: Customer, channel: str, purpose: Purpose) -> bool:
    """Whether the customer may be written to for this: marketing wants a yes, all else only that there is no no."""
    word = customer.consents.get(channel, {}).get(purpose)
    if purpose == "marketing":
        return word is not None and word.state == "granted"
    return word is None or word.state != "denied"


def address_hash(route: Route) -> str:
    """What two messages of one run and step to one address have in common."""
    return derive("address", route.channel, route.address)


def timer_of(message: Message, now: datetime) -> datetime | None:
    """When it is judged whether the channel at hand did enough; None where being accepted is."""
    step = message.failover.get(message.channel, Step())
    return None if step.success == "accepted" else now + timedelta(minutes=step.wait_minutes)


def _place(customer: Customer, channel: str, channels: Sequence[str]) -> tuple[int, int]:
    preferred = customer.preferred
    return (preferred.index(channel) if channel in preferred else len(preferred), channels.index(channel))
