"""The language a customer is written to in."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Filter, Rule, Settings

Tag = Annotated[str, msgspec.Meta(min_length=2, max_length=35, pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$")]


class Languages(Settings, frozen=True):
    """Languages as BCP 47 writes them: `pt` takes in `pt-BR`, while `pt-BR` is that alone."""

    any_of: Annotated[list[Tag], msgspec.Meta(min_length=1, max_length=100)]


class Locale(Rule):
    """By the locale the shop gave; nobody without one is in."""

    name = "locale"
    summary = "Their language is one of these; pt takes in pt-BR."
    Settings = Languages
    settings: Languages
    examples: ClassVar[list[dict[str, Any]]] = [{"any_of": ["pt"]}, {"any_of": ["pt-BR", "en"]}]

    def match(self, now: datetime) -> Filter:
        """The tag itself, or what begins with it and a hyphen: a range, since "." comes next after "-"."""
        wider = [{"locale": {"$gte": f"{tag}-", "$lt": f"{tag}."}} for tag in self.settings.any_of]
        return {"$or": [{"locale": {"$in": self.settings.any_of}}, *wider]}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """The tag itself, or what begins with it and a hyphen."""
        own = customer.locale
        return any(own == tag or own.startswith(f"{tag}-") for tag in self.settings.any_of)

    def value(self, customer: Customer, now: datetime) -> str:
        """The locale."""
        return f"Their language is {customer.locale}." if customer.locale else "Their language is not known."
