"""A customer's word on being written to."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Channel, Filter, Rule, Settings, check_channel


class Word(Settings, frozen=True):
    """The latest word for a channel and a purpose; `unknown` is those who never said."""

    channel: Channel
    purpose: Literal["marketing", "service"] = "marketing"
    state: Literal["granted", "denied", "unknown"] = "granted"

    def __post_init__(self) -> None:
        """Refuse a channel that there is not."""
        check_channel(self.channel)


class ConsentGiven(Rule):
    """By the latest word of consent, whether or not there is an address."""

    name = "consent"
    group = "messages"
    summary = "Their latest word on this channel and purpose was yes, was no, or was never given."
    Settings = Word
    settings: Word
    examples: ClassVar[list[dict[str, Any]]] = [
        {"channel": "email"},
        {"channel": "sms", "purpose": "service", "state": "denied"},
        {"channel": "email", "state": "unknown"},
    ]

    def match(self, now: datetime) -> Filter:
        """By the latest word."""
        wanted = None if self.settings.state == "unknown" else self.settings.state
        return {f"consents.{self.settings.channel}.{self.settings.purpose}.state": {"$eq": wanted}}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the latest word."""
        return self._word(customer) == self.settings.state

    def value(self, customer: Customer, now: datetime) -> str:
        """The latest word."""
        said = {"granted": "said yes", "denied": "said no", "unknown": "never said"}[self._word(customer)]
        return f"They {said} to {self.settings.purpose} over {self.settings.channel}."

    def _word(self, customer: Customer) -> str:
        word = customer.consents.get(self.settings.channel, {}).get(self.settings.purpose)
        return word.state if word else "unknown"
