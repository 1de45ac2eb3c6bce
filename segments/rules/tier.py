"""The tier of the loyalty programme that a customer is in."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Filter, Rule, Settings, Texts


class Tiers(Settings, frozen=True):
    """Tiers by the names that the shop gave them."""

    any_of: Texts


class InTier(Rule):
    """By the facet `loyalty`; nobody without a tier is in."""

    name = "tier"
    group = "loyalty"
    summary = "They are in one of these tiers of the loyalty programme."
    Settings = Tiers
    settings: Tiers
    examples: ClassVar[list[dict[str, Any]]] = [{"any_of": ["gold"]}, {"any_of": ["silver", "gold"]}]

    def match(self, now: datetime) -> Filter:
        """By the facet."""
        return {"loyalty.tier": {"$in": self.settings.any_of}}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the facet."""
        return customer.loyalty.get("tier") in self.settings.any_of

    def value(self, customer: Customer, now: datetime) -> str:
        """The tier."""
        tier = customer.loyalty.get("tier")
        return f"Their tier is {tier}." if tier else "They are in no tier."
