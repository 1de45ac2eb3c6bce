"""How many orders are expected of a customer."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from customers.customer import Customer
from segments.lapse import part_of
from segments.ranges import check_limits, lies_between, number_between
from segments.rule import NOTHING, Beside, Filter, Rule, Settings

Orders = Annotated[float, msgspec.Meta(ge=0, le=10_000)]


class Expected(Settings, frozen=True):
    """How many orders, a fraction as a rule, in the next so many days; at least one limit is given."""

    days: Literal[30, 90, 365] = 90
    at_least: Orders | None = None
    at_most: Orders | None = None

    def __post_init__(self) -> None:
        """Refuse limits that nothing can lie between."""
        check_limits(self.at_least, self.at_most)


class ExpectedOrders(Rule):
    """By the outlook as last worked out: last night, or within a minute of their latest order."""

    name = "expected_orders"
    summary = "So many orders are expected of them in the next 30, 90 or 365 days, by what they and others ordered."
    group = "outlook"
    Settings = Expected
    settings: Expected
    examples: ClassVar[list[dict[str, Any]]] = [
        {"at_least": 1.0},
        {"days": 365, "at_most": 0.5},
        {"days": 30, "at_least": 0.1, "at_most": 2.5},
    ]

    def match(self, now: datetime) -> Filter:
        """By the number."""
        path = f"scores.lapse.expected.{self.settings.days}"
        return number_between(path, self.settings.at_least, self.settings.at_most)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the same number."""
        return lies_between(self._expected(customer), self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The number."""
        expected = self._expected(customer)
        if expected is None:
            return "It is not known what to expect of them."
        return f"They are expected to place {expected:g} orders in {self.settings.days} days."

    def _expected(self, customer: Customer) -> float | None:
        expected: float | None = part_of(customer, "expected", self.settings.days)
        return expected
