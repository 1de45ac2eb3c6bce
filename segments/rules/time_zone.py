"""The time zone a customer lives in."""

from datetime import datetime
from typing import Annotated, Any, ClassVar
from zoneinfo import available_timezones

import msgspec

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Filter, Rule, Settings, Text

Zone = Annotated[Text, msgspec.Meta(examples=["Europe/Lisbon"])]


class Zones(Settings, frozen=True):
    """Time zones by their IANA names, like Europe/Lisbon."""

    any_of: Annotated[list[Zone], msgspec.Meta(min_length=1, max_length=600)]

    def __post_init__(self) -> None:
        """Refuse a zone that there is not, since it would quietly match nobody."""
        unknown = sorted(set(self.any_of) - available_timezones())
        if unknown:
            raise ValueError(f"There is no time zone {unknown[0]!r}; write it like Europe/Lisbon.")


class TimeZone(Rule):
    """By the time zone the shop gave; nobody without one is in."""

    name = "time_zone"
    summary = "They live in one of these time zones."
    Settings = Zones
    settings: Zones
    examples: ClassVar[list[dict[str, Any]]] = [{"any_of": ["Europe/Lisbon"]}, {"any_of": ["UTC", "Asia/Tokyo"]}]

    def match(self, now: datetime) -> Filter:
        """By the field."""
        return {"time_zone": {"$in": self.settings.any_of}}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the field."""
        return customer.time_zone in self.settings.any_of

    def value(self, customer: Customer, now: datetime) -> str:
        """The time zone."""
        return f"Their time zone is {customer.time_zone}." if customer.time_zone else "Their time zone is not known."
