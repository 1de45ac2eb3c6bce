"""What a customer has spent in one currency."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.currencies import Sums, path_of
from segments.ranges import lies_between, number_between
from segments.rule import NOTHING, Beside, Filter, Rule


class ProfileSpend(Rule):
    """Adds up the totals of the orders that stand, over all time; other currencies are left aside."""

    name = "profile_spend"
    group = "purchases"
    summary = "They have spent so much in a currency, in minor units (1250 is 12.50)."
    Settings = Sums
    settings: Sums
    examples: ClassVar[list[dict[str, Any]]] = [
        {"currency": "EUR", "at_least": 10_000},
        {"currency": "USD", "at_most": 5_000},
        {"currency": "EUR", "at_least": 1, "at_most": 20_000},
    ]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile; nothing spent is 0."""
        field = f"profile.spend.{path_of(self.settings.currency)}"
        return number_between(field, self.settings.at_least, self.settings.at_most, absent_is_zero=True)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's sum; nothing spent is 0."""
        return lies_between(self._spent(customer), self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The sum."""
        return f"They have spent {self._spent(customer)} {self.settings.currency} (minor units)."

    def _spent(self, customer: Customer) -> int:
        return customer.profile.spend.get(self.settings.currency, 0)
