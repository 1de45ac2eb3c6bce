"""What a customer has bought, ever."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.choice import Choice
from segments.rule import NOTHING, Beside, Filter, Rule


class Bought(Rule):
    """Looks at the products of all orders that stand, by the shop's ids of them."""

    name = "bought"
    group = "purchases"
    summary = "They have bought any, all, or none of these products: this one, but not that one."
    Settings = Choice
    settings: Choice
    examples: ClassVar[list[dict[str, Any]]] = [
        {"any_of": ["tea", "mug"]},
        {"all_of": ["tea", "kettle"]},
        {"any_of": ["tea"], "none_of": ["kettle"]},
        {"none_of": ["mug"]},
    ]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile's list of products."""
        return self.settings.match("profile.products")

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's list of products."""
        return self.settings.holds(customer.profile.products)

    def value(self, customer: Customer, now: datetime) -> str:
        """Which of them they bought."""
        bought = self.settings.among(customer.profile.products)
        return f"They have bought {', '.join(bought)}." if bought else "They have bought none of these."
