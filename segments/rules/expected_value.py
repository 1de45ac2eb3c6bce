"""What a customer is expected to spend within a year."""

from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.lapse import lapse_of
from segments.ranges import Counts, lies_between, number_between
from segments.rule import NOTHING, Beside, Filter, Rule


class ExpectedValue(Rule):
    """By the outlook as last worked out: the orders expected in a year, times the worth of one."""

    name = "expected_value"
    summary = "They are expected to spend so much within a year, in minor units (1250 is 12.50) of the shop's currency."
    group = "outlook"
    Settings = Counts
    settings: Counts
    examples: ClassVar[list[dict[str, Any]]] = [
        {"at_least": 10_000},
        {"at_most": 5_000},
        {"at_least": 1, "at_most": 20_000},
    ]

    def match(self, now: datetime) -> Filter:
        """By the sum."""
        return number_between("scores.lapse.value", self.settings.at_least, self.settings.at_most)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the same sum."""
        return lies_between(lapse_of(customer).get("value"), self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The sum."""
        value = lapse_of(customer).get("value")
        if value is None:
            return "It is not known what they will spend."
        return f"They are expected to spend {value} (minor units) within a year."
