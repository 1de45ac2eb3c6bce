"""How many orders a customer has placed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from customers.orders import Order
from segments.ranges import Counts, lies_between, number_between, plural
from segments.rule import Filter, Rule


class ProfileOrders(Rule):
    """Counts the orders that stand, over all time."""

    name = "profile_orders"
    summary = "They have placed so many orders; cancelled ones do not count."
    Settings = Counts
    settings: Counts
    examples: ClassVar[list[dict[str, Any]]] = [{"at_least": 2}, {"at_most": 0}, {"at_least": 1, "at_most": 4}]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile."""
        return number_between("profile.orders", self.settings.at_least, self.settings.at_most, absent_is_zero=True)

    def holds(self, customer: Customer, now: datetime, orders: Sequence[Order] = ()) -> bool:
        """By the profile's count."""
        return lies_between(customer.profile.orders, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The count."""
        return f"They have placed {plural(customer.profile.orders, 'order')}."
