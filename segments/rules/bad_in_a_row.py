"""Several bad experiences in a row."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.ranges import Counts, lies_between, number_between, plural
from segments.rule import NOTHING, Beside, Filter, Rule


class BadInARow(Rule):
    """Counts the latest orders with a trouble that no order without one has followed."""

    name = "bad_in_a_row"
    group = "troubles"
    summary = "With so many of their latest orders in a row something went wrong."
    Settings = Counts
    settings: Counts
    examples: ClassVar[list[dict[str, Any]]] = [{"at_least": 2}, {"at_most": 0}, {"at_least": 1, "at_most": 2}]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile."""
        low, high = self.settings.at_least, self.settings.at_most
        return number_between("profile.bad_in_a_row", low, high, absent_is_zero=True)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's count."""
        return lies_between(customer.profile.bad_in_a_row, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The count."""
        if not customer.profile.bad_in_a_row:
            return "Nothing went wrong with their latest order."
        return f"Something went wrong with their latest {plural(customer.profile.bad_in_a_row, 'order')} in a row."
