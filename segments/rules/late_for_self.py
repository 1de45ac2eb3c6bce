"""Later than is usual for this very person."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from segments.ranges import days_since, plural
from segments.rule import NOTHING, Beside, Filter, Rule, Settings

DAY_MS = 86_400_000
MILLISECOND = timedelta(milliseconds=1)


class Late(Settings, frozen=True):
    """`factor` times the own usual gap must have passed; a gap counts as known from `purchases` occasions on."""

    factor: Annotated[float, msgspec.Meta(ge=0.1, le=100)] = 2.0
    purchases: Annotated[int, msgspec.Meta(ge=2, le=1_000)] = 3


class LateForSelf(Rule):
    """Compares the time since the last order with the customer's own average gap between purchase occasions."""

    name = "late_for_self"
    group = "outlook"
    summary = "Longer has passed since their last order than so many times their own usual gap."
    Settings = Late
    settings: Late
    examples: ClassVar[list[dict[str, Any]]] = [{}, {"factor": 1.5, "purchases": 2}, {"factor": 10, "purchases": 5}]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile; the plain limits keep nulls, which sort below every number, out of the sum."""
        passed = {"$subtract": [now, "$profile.last_at"]}
        return {
            "profile.days": {"$gte": self.settings.purchases},
            "profile.gap_days": {"$gte": 0},
            "profile.last_at": {"$lt": now},
            "$expr": {"$gt": [passed, {"$multiply": ["$profile.gap_days", self._factor_ms]}]},
        }

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """The same sum in the same order, so that both round alike."""
        profile = customer.profile
        if profile.days < self.settings.purchases or profile.gap_days is None or profile.last_at is None:
            return False
        passed = (now - profile.last_at) // MILLISECOND
        return profile.gap_days >= 0 and passed > 0 and passed > profile.gap_days * self._factor_ms

    def value(self, customer: Customer, now: datetime) -> str:
        """The time since, and the usual gap."""
        gap, days = customer.profile.gap_days, days_since(customer.profile.last_at, now)
        if gap is None or days is None:
            return "They have not bought often enough to have a usual gap."
        return f"They last bought {plural(days, 'day')} ago, and usually buy every {plural(round(gap, 1), 'day')}."

    @property
    def _factor_ms(self) -> float:
        return self.settings.factor * DAY_MS
