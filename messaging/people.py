"""What the gate must know of the receivers of a batch, loaded for all of them at once."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

import msgspec

from common.clock import Clock
from customers.consent import Purpose, Suppressions
from customers.customer import Customer, Customers
from customers.preferences import DAYS_APART
from customers.shop import Shop
from messaging.channel import GONE, Letter
from messaging.gate import Person, Sent, listed
from messaging.life import Received
from messaging.message import Message, Route


class Reachable(Customers, Protocol):
    """The customers, and their addresses one by one."""

    def take_away(self, channel: str, address: str) -> int:
        """Take an address from whoever has it; how many had it."""
        ...


class People:
    """Looks receivers up: a read each for customers, suppressions and, where caps or paces ask, what they had."""

    def __init__(self, customers: Reachable, suppressions: Suppressions, received: Received, clock: Clock) -> None:
        self._customers = customers
        self._suppressions = suppressions
        self._received = received
        self._clock = clock

    def of(self, channel: str, messages: Sequence[Message], shop: Shop) -> dict[str, Person]:
        """The receiver of each message on this channel, by the message's id."""
        customers = self._customers.get([message.customer for message in messages])
        suppressed = self._suppressed_by_message(channel, messages)
        received = self._had(messages, customers, shop)
        return {
            message.id: Person(
                customer=customers.get(message.customer),
                suppressed=suppressed.get(message.id, ""),
                received=_others(received, message),
            )
            for message in messages
        }

    def again(
        self, channel: str, messages: Sequence[Message], people: Mapping[str, Person], shop: Shop
    ) -> dict[str, Person]:
        """The same receivers by what is suppressed, and what has gone out to them, until now."""
        customers = {one.id: one for message in messages if (one := people[message.id].customer) is not None}
        suppressed = self._suppressed_by_message(channel, messages)
        received = self._had(messages, customers, shop)
        return {
            one.id: Person(
                customer=people[one.id].customer,
                suppressed=suppressed.get(one.id, ""),
                received=_others(received, one) if received else (),
            )
            for one in messages
        }

    def suppressed(self, channel: str, addresses: Sequence[str], purpose: Purpose) -> dict[str, str]:
        """Which of these addresses may not be written to, with the reason."""
        return self._suppressions.among(channel, addresses, purpose)

    def open_devices(self, channel: str, letters: Sequence[Letter], purpose: Purpose, shop: Shop) -> Sequence[Letter]:
        """The letters without those further addresses that nothing may be sent to."""
        further = sorted({address for letter in letters for address in letter.also})
        if not further:
            return letters
        shut = self.suppressed(channel, further, purpose)
        fit = {address for address in further if address not in shut and listed(address, shop)}
        return [
            msgspec.structs.replace(one, also=tuple(address for address in one.also if address in fit))
            for one in letters
        ]

    def suppress(self, channel: str, address: str, reason: str) -> None:
        """Never write to an address again, whatever it is about; one that is gone is nobody's any more."""
        self._suppressions.add(channel, address, "all", reason, self._clock.now())
        if reason == GONE:
            self._customers.take_away(channel, address)

    def _suppressed_by_message(self, channel: str, messages: Sequence[Message]) -> dict[str, str]:
        reasons: dict[str, str] = {}
        for purpose in sorted({message.purpose for message in messages}):
            address_of = {
                message.id: message.routes[0].address
                for message in messages
                if message.purpose == purpose and message.routes
            }
            found = self.suppressed(channel, sorted(set(address_of.values())), purpose)
            reasons |= {id_: found[address] for id_, address in address_of.items() if address in found}
        return reasons

    def _had(self, messages: Sequence[Message], customers: Mapping[str, Customer], shop: Shop) -> dict[str, list[Sent]]:
        capped = {cap.purpose for cap in shop.caps}
        # A day on which clocks are put back has an hour more.
        paces = {one.id: timedelta(days=DAYS_APART[one.pace], hours=1) for one in customers.values() if one.pace}
        theirs = [
            message.customer
            for message in messages
            if message.purpose in capped or (message.purpose == "marketing" and message.customer in paces)
        ]
        if not theirs:
            return {}
        longest = max([*(cap.period for cap in shop.caps), *paces.values()])
        return self._received.received(theirs, self._clock.now() - longest)


def _others(received: Mapping[str, Sequence[Sent]], message: Message) -> Sequence[Sent]:
    """What a message's receiver had but for itself, which may have gone out over another channel."""
    return [one for one in received.get(message.customer, ()) if one.message != message.id]


def others_of(customer: Customer | None, route: Route) -> tuple[str, ...]:
    """The customer's other addresses on a way's channel: the rest of their devices."""
    return tuple(one for one in customer.addresses.get(route.channel, []) if one != route.address) if customer else ()


def name_of(customer: Customer | None) -> str:
    """What stands beside an address."""
    return f"{customer.first_name} {customer.last_name}".strip() if customer else ""
