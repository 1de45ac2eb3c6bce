"""Tags that the shop has put on a customer."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Filter, Rule, Settings, Texts


class Tags(Settings, frozen=True):
    """Tags, of which one is enough."""

    any_of: Texts


class Tagged(Rule):
    """By the list of tags; upper and lower case differ."""

    name = "tag"
    summary = "The shop has put one of these tags on them."
    Settings = Tags
    settings: Tags
    examples: ClassVar[list[dict[str, Any]]] = [{"any_of": ["vip"]}, {"any_of": ["press", "wholesale"]}]

    def match(self, now: datetime) -> Filter:
        """By the list."""
        return {"tags": {"$in": self.settings.any_of}}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the list."""
        return not set(customer.tags).isdisjoint(self.settings.any_of)

    def value(self, customer: Customer, now: datetime) -> str:
        """All their tags."""
        return f"Their tags are {', '.join(customer.tags)}." if customer.tags else "They have no tags."
