"""How often a customer usually buys."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.ranges import DaysBack, lies_between, number_between, plural
from segments.rule import NOTHING, Beside, Filter, Rule


class UsualGap(Rule):
    """The customer's own average gap between purchase occasions, in days; nobody with fewer than two is in."""

    name = "usual_gap"
    group = "purchases"
    summary = "They usually let so many days pass between purchases; customers with one purchase are out."
    Settings = DaysBack
    settings: DaysBack
    examples: ClassVar[list[dict[str, Any]]] = [{"at_most": 30}, {"at_least": 20, "at_most": 90}, {"at_least": 45}]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile."""
        return number_between("profile.gap_days", self.settings.at_least, self.settings.at_most)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's gap."""
        return lies_between(customer.profile.gap_days, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The gap."""
        gap = customer.profile.gap_days
        if gap is None:
            return "They have not bought often enough to have a usual gap."
        return f"They usually buy every {plural(round(gap, 1), 'day')}."
