"""How long ago something last went wrong with an order of a customer."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.ranges import DaysBack, days_ago_between, days_since, lies_between, plural
from segments.rule import NOTHING, Beside, Filter, Rule


class DaysSinceIncident(Rule):
    """Whole days since the last trouble; nobody who never had one is in."""

    name = "days_since_incident"
    group = "troubles"
    summary = "Something last went wrong with an order of theirs so many days ago; those without troubles are out."
    Settings = DaysBack
    settings: DaysBack
    examples: ClassVar[list[dict[str, Any]]] = [{"at_most": 30}, {"at_least": 60}, {"at_least": 30, "at_most": 365}]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile."""
        return days_ago_between("profile.last_incident_at", self.settings.at_least, self.settings.at_most, now)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's date."""
        days = days_since(customer.profile.last_incident_at, now)
        return lies_between(days, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The days and the date."""
        at = customer.profile.last_incident_at
        days = days_since(at, now)
        if at is None or days is None:
            return "Nothing has gone wrong with their orders."
        return f"Something last went wrong {plural(days, 'day')} ago, on {at:%Y-%m-%d}."
