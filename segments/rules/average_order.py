"""How much a customer usually spends at a time."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.currencies import Sums, path_of
from segments.ranges import lies_between, number_between
from segments.rule import NOTHING, Beside, Filter, Rule


class AverageOrder(Rule):
    """What was spent in a currency, over the orders that stand in it; nobody without such an order is in."""

    name = "average_order"
    group = "purchases"
    summary = "An order of theirs comes to so much on average, in minor units (1250 is 12.50)."
    Settings = Sums
    settings: Sums
    examples: ClassVar[list[dict[str, Any]]] = [
        {"currency": "EUR", "at_least": 5_000},
        {"currency": "EUR", "at_most": 20_001},
        {"currency": "USD", "at_least": 0, "at_most": 20_000},
    ]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile."""
        field = f"profile.average.{path_of(self.settings.currency)}"
        return number_between(field, self.settings.at_least, self.settings.at_most)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's average."""
        average = customer.profile.average.get(self.settings.currency)
        return lies_between(average, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The average."""
        average = customer.profile.average.get(self.settings.currency)
        if average is None:
            return f"They have no order in {self.settings.currency}."
        return f"Their orders come to {average} {self.settings.currency} on average (minor units)."
