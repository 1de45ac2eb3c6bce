"""What is not to go over one channel: over which it goes on, or where it comes to rest."""

from collections.abc import Sequence

import msgspec

from customers.customer import Customer
from messaging.gate import No
from messaging.message import Message, Route
from messaging.routing import agreed


def ways_after(message: Message, no: No, customer: Customer | None) -> list[Route]:
    """The ways left to a message after the gate's no; none where that is about the person, or none is open to them."""
    if not no.here or customer is None:
        return []
    return [route for route in message.routes[1:] if _open(route, message, customer)]


def gone_on(message: Message, no: No, customer: Customer | None) -> Message | None:
    """The message as it goes on over its next way after the gate's no; None where it has none."""
    ways = ways_after(message, no, customer)
    if not ways:
        return None
    return msgspec.structs.replace(message, routes=ways, channel=ways[0].channel, shut=reason_of(message, no))


def reason_of(message: Message, no: No) -> str:
    """Why a message with no way left is not sent: what shut the first of them, unless it is about the person."""
    return (message.shut if no.here else "") or no.reason


def by_channel(ways: dict[str, list[Route]]) -> dict[str, dict[str, Sequence[Route]]]:
    """The ways left, by message, put together by the channel that comes next."""
    found: dict[str, dict[str, Sequence[Route]]] = {}
    for id_, routes in ways.items():
        found.setdefault(routes[0].channel, {})[id_] = routes
    return {channel: found[channel] for channel in sorted(found)}


def _open(route: Route, message: Message, customer: Customer) -> bool:
    """As far as the customer's own record tells; what else the gate wants there it looks at then."""
    known = route.address in customer.addresses.get(route.channel, [])
    return known and agreed(customer, route.channel, message.purpose)
