"""Newcomers: one purchase so far, and that lately."""

from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from segments.ranges import DAY, MAX_DAYS, days_since, plural
from segments.rule import NOTHING, Beside, Filter, Rule, Settings


class Lately(Settings, frozen=True):
    """How many days back still counts as lately."""

    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)]


class FirstOrderLately(Rule):
    """Exactly one purchase occasion (all orders on one day), not longer ago than so many days."""

    name = "first_order_lately"
    group = "purchases"
    summary = "They have bought on exactly one day so far, within the last so many days."
    Settings = Lately
    settings: Lately
    examples: ClassVar[list[dict[str, Any]]] = [{"days": 30}, {"days": 400}]

    @property
    def index(self) -> str:
        """The profile's last date."""
        return "profile.last_at"

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile."""
        return {"profile.last_at": {"$gte": self._since(now)}, "profile.days": {"$eq": 1}}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the profile's count of days and its last date."""
        last = customer.profile.last_at
        return customer.profile.days == 1 and last is not None and last >= self._since(now)

    def value(self, customer: Customer, now: datetime) -> str:
        """On how many days they bought, and when last."""
        days = days_since(customer.profile.last_at, now)
        if days is None:
            return "They have not ordered yet."
        return f"They have bought on {plural(customer.profile.days, 'day')}, last {plural(days, 'day')} ago."

    def _since(self, now: datetime) -> datetime:
        return now - self.settings.days * DAY
