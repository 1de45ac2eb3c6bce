"""Orders with a trouble that nobody has put right yet."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.ranges import Counts, lies_between, number_between, plural
from segments.rule import NOTHING, Beside, Filter, Rule


class OpenIncidents(Rule):
    """Counts orders: one that was delivered, given back or refunded after its trouble is put right."""

    name = "open_incidents"
    group = "troubles"
    summary = "So many of their orders have a trouble that is not put right yet."
    Settings = Counts
    settings: Counts
    examples: ClassVar[list[dict[str, Any]]] = [{"at_least": 1}, {"at_most": 0}, {"at_least": 1, "at_most": 2}]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile."""
        low, high = self.settings.at_least, self.settings.at_most
        return number_between("profile.open_incidents", low, high, absent_is_zero=True)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's count."""
        return lies_between(customer.profile.open_incidents, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The count."""
        return f"They have {plural(customer.profile.open_incidents, 'order')} with a trouble that is not put right yet."
