"""Customers whose next order is due."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from segments.lapse import instant_of
from segments.ranges import DAY
from segments.rule import NOTHING, Beside, Filter, Rule, Settings

PATH = "scores.lapse.next_at"
Days = Annotated[int, msgspec.Meta(ge=0, le=3_650)]


class Due(Settings, frozen=True):
    """From so many days overdue to so many days ahead."""

    within_days: Days = 14
    overdue_days: Days = 0


class NextOrderDue(Rule):
    """By the day on which their next order is as likely behind them as ahead; an order moves it on at once."""

    name = "next_order_due"
    summary = "Their next order is to be expected within so many days, or has been overdue for at most so many."
    group = "outlook"
    Settings = Due
    settings: Due
    examples: ClassVar[list[dict[str, Any]]] = [
        {},
        {"within_days": 30, "overdue_days": 30},
        {"within_days": 0, "overdue_days": 365},
    ]

    @property
    def index(self) -> str:
        """The date's own."""
        return PATH

    def match(self, now: datetime) -> Filter:
        """By the date."""
        first, last = self._window(now)
        return {PATH: {"$gte": first, "$lte": last}}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the same date."""
        due = instant_of(customer, "next_at")
        first, last = self._window(now)
        return due is not None and first <= due <= last

    def value(self, customer: Customer, now: datetime) -> str:
        """The date."""
        due = instant_of(customer, "next_at")
        return f"Their next order is due on {due:%Y-%m-%d}." if due else "It is not known when their next order is due."

    def _window(self, now: datetime) -> tuple[datetime, datetime]:
        return now - self.settings.overdue_days * DAY, now + self.settings.within_days * DAY
