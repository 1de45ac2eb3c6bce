"""Customers silent for longer than nine in ten of their own gaps between orders."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from segments.lapse import instant_of
from segments.ranges import DAY, days_since, plural
from segments.rule import NOTHING, Beside, Filter, Rule, Settings

PATH = "scores.lapse"
Days = Annotated[int, msgspec.Meta(ge=0, le=3_650)]


class Since(Settings, frozen=True):
    """How long they have been late already; no longer than `at_most_days`, where that is given."""

    at_least_days: Days = 0
    at_most_days: Days | None = None

    def __post_init__(self) -> None:
        """Refuse limits that nothing can lie between."""
        if self.at_most_days is not None and self.at_most_days < self.at_least_days:
            raise ValueError(f"`at_least_days` ({self.at_least_days}) is more than `at_most_days`.")


class LaterThanUsual(Rule):
    """By the day from which they are late *for this person*: their own gaps, and the shop's where they have few."""

    name = "later_than_usual"
    summary = "Their silence is longer than nine in ten of the gaps between their own orders, since so many days."
    group = "outlook"
    Settings = Since
    settings: Since
    examples: ClassVar[list[dict[str, Any]]] = [{}, {"at_least_days": 30, "at_most_days": 365}, {"at_least_days": 7}]

    @property
    def index(self) -> str:
        """Nobody is late before their next order is due, and one index holds both dates."""
        return f"{PATH}.next_at"

    def match(self, now: datetime) -> Filter:
        """By the dates."""
        latest = now - self.settings.at_least_days * DAY
        window: Filter = {"$lte": latest}
        if self.settings.at_most_days is not None:
            window["$gt"] = now - (self.settings.at_most_days + 1) * DAY
        return {f"{PATH}.next_at": {"$lte": latest}, f"{PATH}.late_at": window}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the same dates."""
        due, late = instant_of(customer, "next_at"), instant_of(customer, "late_at")
        latest = now - self.settings.at_least_days * DAY
        if due is None or late is None or due > latest or late > latest:
            return False
        most = self.settings.at_most_days
        return most is None or late > now - (most + 1) * DAY

    def value(self, customer: Customer, now: datetime) -> str:
        """The day, and how long that is ago."""
        late = instant_of(customer, "late_at")
        days = days_since(late, now)
        if late is None or days is None:
            return "It is not known when they would be late."
        if days < 0:
            return f"By their own gaps they are not late before {late:%Y-%m-%d}."
        return f"By their own gaps they have been late for {plural(days, 'day')}, since {late:%Y-%m-%d}."
