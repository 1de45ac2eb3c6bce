"""The points that a customer can spend, or is about to get."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from customers.customer import Customer
from segments.ranges import Count, check_limits, lies_between, number_between
from segments.rule import NOTHING, Beside, Filter, Rule, Settings


class Balance(Settings, frozen=True):
    """Points that can be spent now (`active`), or that wait until an order can no longer be sent back (`pending`)."""

    which: Literal["active", "pending"] = "active"
    at_least: Count | None = None
    at_most: Count | None = None

    def __post_init__(self) -> None:
        """Refuse limits that nothing can lie between."""
        check_limits(self.at_least, self.at_most)


class Points(Rule):
    """By the facet `loyalty`; whoever never had points has 0."""

    name = "points"
    group = "loyalty"
    summary = "They have so many points; whoever never had any has 0."
    Settings = Balance
    settings: Balance
    examples: ClassVar[list[dict[str, Any]]] = [
        {"at_least": 100},
        {"at_most": 0},
        {"which": "pending", "at_least": 1, "at_most": 10_000},
    ]

    def match(self, now: datetime) -> Filter:
        """By the facet."""
        field = {"active": "loyalty.points", "pending": "loyalty.pending"}[self.settings.which]
        return number_between(field, self.settings.at_least, self.settings.at_most, absent_is_zero=True)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the facet."""
        return lies_between(self._points(customer), self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The points."""
        return f"They have {self._points(customer)} {self.settings.which} points."

    def _points(self, customer: Customer) -> int:
        points: int = customer.loyalty.get("points" if self.settings.which == "active" else "pending", 0)
        return points
