"""How long ago a customer's last order was."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.ranges import DaysBack, days_ago_between, days_since, lies_between, plural
from segments.rule import NOTHING, Beside, Filter, Rule


class DaysSinceLastOrder(Rule):
    """Whole days since the last order that stands; nobody without one is in."""

    name = "days_since_last_order"
    group = "purchases"
    summary = "Their last order was so many days ago; customers without orders are out."
    Settings = DaysBack
    settings: DaysBack
    examples: ClassVar[list[dict[str, Any]]] = [{"at_least": 90}, {"at_most": 30}, {"at_least": 60, "at_most": 365}]

    @property
    def index(self) -> str:
        """The date's own."""
        return "profile.last_at"

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile."""
        return days_ago_between("profile.last_at", self.settings.at_least, self.settings.at_most, now)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's date."""
        days = days_since(customer.profile.last_at, now)
        return lies_between(days, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The days and the date."""
        at = customer.profile.last_at
        days = days_since(at, now)
        if at is None or days is None:
            return "They have not ordered yet."
        return f"Their last order was {plural(days, 'day')} ago, on {at:%Y-%m-%d}."
