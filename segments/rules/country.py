"""The country a customer lives in."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Filter, Rule, Settings

Code = Annotated[str, msgspec.Meta(min_length=2, max_length=2, pattern="^[A-Z]{2}$", examples=["PT"])]


class Countries(Settings, frozen=True):
    """Countries by their ISO 3166 codes of two capital letters."""

    any_of: Annotated[list[Code], msgspec.Meta(min_length=1, max_length=250)]


class Country(Rule):
    """By the country the shop gave; nobody without one is in."""

    name = "country"
    summary = "They live in one of these countries."
    Settings = Countries
    settings: Countries
    examples: ClassVar[list[dict[str, Any]]] = [{"any_of": ["PT"]}, {"any_of": ["DE", "AT", "CH"]}]

    def match(self, now: datetime) -> Filter:
        """By the field."""
        return {"country": {"$in": self.settings.any_of}}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the field."""
        return customer.country in self.settings.any_of

    def value(self, customer: Customer, now: datetime) -> str:
        """The country."""
        return f"They live in {customer.country}." if customer.country else "Their country is not known."
