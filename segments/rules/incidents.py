"""How much went wrong with a customer's orders."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.ranges import Counts, lies_between, number_between, plural
from segments.rule import NOTHING, Beside, Filter, Rule


class Incidents(Rule):
    """Each trouble of an order (late, damaged, cancelled, not delivered …) counts once, put right or not."""

    name = "incidents"
    group = "troubles"
    summary = "So much has gone wrong with their orders, ever: late, damaged, out of stock, cancelled …"
    Settings = Counts
    settings: Counts
    examples: ClassVar[list[dict[str, Any]]] = [{"at_least": 1}, {"at_most": 0}, {"at_least": 2, "at_most": 5}]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile."""
        low, high = self.settings.at_least, self.settings.at_most
        return number_between("profile.incidents", low, high, absent_is_zero=True)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's count."""
        return lies_between(customer.profile.incidents, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The count."""
        return f"With their orders, {plural(customer.profile.incidents, 'thing')} went wrong so far."
