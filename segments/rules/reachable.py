"""Who may be sent marketing over a channel, and can be."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Channel, Filter, Rule, Settings, check_channel


class Reach(Settings, frozen=True):
    """A channel."""

    channel: Channel

    def __post_init__(self) -> None:
        """Refuse a channel that there is not."""
        check_channel(self.channel)


class Reachable(Rule):
    """Has an address there and agreed to marketing there; what the gate finds at the moment of sending counts more."""

    name = "reachable"
    group = "messages"
    summary = "They have an address on this channel and agreed to marketing over it."
    Settings = Reach
    settings: Reach
    examples: ClassVar[list[dict[str, Any]]] = [{"channel": "email"}, {"channel": "sms"}]

    def match(self, now: datetime) -> Filter:
        """An address, and the latest word of consent."""
        channel = self.settings.channel
        return {
            f"addresses.{channel}.0": {"$exists": True},
            f"consents.{channel}.marketing.state": {"$eq": "granted"},
        }

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """An address, and the latest word of consent."""
        return self._addressed(customer) and self._agreed(customer)

    def value(self, customer: Customer, now: datetime) -> str:
        """Which of the two is there."""
        address = "an address" if self._addressed(customer) else "no address"
        agreed = "agreed" if self._agreed(customer) else "did not agree"
        return f"They have {address} on {self.settings.channel} and {agreed} to marketing there."

    def _addressed(self, customer: Customer) -> bool:
        return bool(customer.addresses.get(self.settings.channel))

    def _agreed(self, customer: Customer) -> bool:
        word = customer.consents.get(self.settings.channel, {}).get("marketing")
        return word is not None and word.state == "granted"
