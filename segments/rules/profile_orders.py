"""How many orders a customer has placed."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.ranges import Counts, lies_between, number_between, plural
from segments.rule import NOTHING, Beside, Filter, Rule


class ProfileOrders(Rule):
    """Counts the orders that stand, over all time."""

    name = "profile_orders"
    group = "purchases"
    summary = "They have placed so many orders; cancelled ones do not count."
    Settings = Counts
    settings: Counts
    examples: ClassVar[list[dict[str, Any]]] = [{"at_least": 2}, {"at_most": 0}, {"at_least": 1, "at_most": 4}]

    @property
    def index(self) -> str:
        """The count's own."""
        return "profile.orders"

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile."""
        return number_between("profile.orders", self.settings.at_least, self.settings.at_most, absent_is_zero=True)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's count."""
        return lies_between(customer.profile.orders, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The count."""
        return f"They have placed {plural(customer.profile.orders, 'order')}."
