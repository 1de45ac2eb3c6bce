"""Of which categories a customer has bought, ever."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.choice import Choice
from segments.rule import NOTHING, Beside, Filter, Rule


class BoughtCategory(Rule):
    """Looks at the products of all orders that stand, by the categories that the catalogue has them under now."""

    name = "bought_category"
    group = "purchases"
    summary = "They have bought of any, of all, or of none of these categories: of this one, but never of that one."
    Settings = Choice
    settings: Choice
    examples: ClassVar[list[dict[str, Any]]] = [
        {"any_of": ["drinks", "kitchen"]},
        {"all_of": ["drinks", "kitchen"]},
        {"any_of": ["drinks"], "none_of": ["kitchen"]},
        {"none_of": ["drinks"]},
    ]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile's list of categories."""
        return self.settings.match("profile.categories")

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's list of categories."""
        return self.settings.holds(customer.profile.categories)

    def value(self, customer: Customer, now: datetime) -> str:
        """Of which of them they bought."""
        bought = self.settings.among(customer.profile.categories)
        return f"They have bought of {', '.join(bought)}." if bought else "They have bought of none of these."
