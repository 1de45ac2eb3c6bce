"""How often a customer sent something back."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.ranges import Counts, lies_between, number_between, plural
from segments.rule import NOTHING, Beside, Filter, Rule


class Returns(Rule):
    """Counts the orders of which something came back."""

    name = "returns"
    group = "troubles"
    summary = "They have sent something back of so many orders."
    Settings = Counts
    settings: Counts
    examples: ClassVar[list[dict[str, Any]]] = [{"at_least": 1}, {"at_most": 0}, {"at_least": 1, "at_most": 3}]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile."""
        low, high = self.settings.at_least, self.settings.at_most
        return number_between("profile.returns", low, high, absent_is_zero=True)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's count."""
        return lies_between(customer.profile.returns, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The count."""
        return f"They sent something back of {plural(customer.profile.returns, 'order')}."
