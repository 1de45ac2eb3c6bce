"""The channel that a customer likes best."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Channel, Filter, Rule, Settings, check_channel


class Preferred(Settings, frozen=True):
    """A channel."""

    channel: Channel

    def __post_init__(self) -> None:
        """Refuse a channel that there is not."""
        check_channel(self.channel)


class PreferredChannel(Rule):
    """The first in the customer's own order of channels; nobody who named none is in."""

    name = "preferred_channel"
    group = "messages"
    summary = "The channel they like best is this one."
    Settings = Preferred
    settings: Preferred
    examples: ClassVar[list[dict[str, Any]]] = [{"channel": "email"}, {"channel": "sms"}]

    def match(self, now: datetime) -> Filter:
        """By the first of their list."""
        return {"preferred.0": {"$eq": self.settings.channel}}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the first of their list."""
        return customer.preferred[:1] == [self.settings.channel]

    def value(self, customer: Customer, now: datetime) -> str:
        """What they prefer."""
        return f"They prefer {customer.preferred[0]}." if customer.preferred else "They have named no channel."
