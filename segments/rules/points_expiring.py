"""Points that are lost soon unless they are spent."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from segments.ranges import Count, plural
from segments.rule import NOTHING, Beside, Filter, Rule, Settings

FIELD = "loyalty.expiring"


class Expiring(Settings, frozen=True):
    """Within how many days, and from how many points on."""

    days: Annotated[int, msgspec.Meta(ge=1, le=3_650)]
    at_least: Count = 1


class PointsExpiring(Rule):
    """By the facet `loyalty`, which lists what expires when; what has expired already does not count."""

    name = "points_expiring"
    group = "loyalty"
    summary = "They lose so many points within so many days unless they spend them."
    Settings = Expiring
    settings: Expiring
    examples: ClassVar[list[dict[str, Any]]] = [{"days": 30}, {"days": 90, "at_least": 100}]

    def match(self, now: datetime) -> Filter:
        """Some in the window, which a filter says; and so many in all, which only an expression can."""
        soon: Filter = {FIELD: {"$elemMatch": {"at": {"$gt": now, "$lte": self._end(now)}}}}
        in_window = {"$and": [{"$gt": ["$$lot.at", now]}, {"$lte": ["$$lot.at", self._end(now)]}]}
        lots = {"$map": {"input": f"${FIELD}", "as": "lot", "in": {"$cond": [in_window, "$$lot.points", 0]}}}
        return {**soon, "$expr": {"$gte": [{"$sum": lots}, self.settings.at_least]}}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """Adds up what expires in the window."""
        lots = self._lots(customer, now)
        return bool(lots) and sum(lots) >= self.settings.at_least

    def value(self, customer: Customer, now: datetime) -> str:
        """How many points."""
        points = sum(self._lots(customer, now))
        return f"They lose {plural(points, 'point')} within {plural(self.settings.days, 'day')}."

    def _lots(self, customer: Customer, now: datetime) -> list[int]:
        return [lot["points"] for lot in customer.loyalty.get("expiring", []) if now < lot["at"] <= self._end(now)]

    def _end(self, now: datetime) -> datetime:
        return now + timedelta(days=self.settings.days)
