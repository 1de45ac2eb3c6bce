"""The anniversary of a customer's first order is near."""

from datetime import date, datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.calendar import NearDays, names_of, near, today_of, todays, zones_filter
from segments.rule import NOTHING, Beside, Filter, Rule

FIELD = "profile.first_at"


class AnniversaryNear(Rule):
    """The day of the first order (by UTC, as profiles count days) comes round, a year later at the earliest.

    Today is the date where the customer lives. A first order of 29 February has its day on the 28th in other years.
    """

    name = "anniversary_near"
    group = "dates"
    summary = "The day of their first order comes round within the next so many days, or did within the last so many."
    Settings = NearDays
    settings: NearDays
    examples: ClassVar[list[dict[str, Any]]] = [{"next_days": 7}, {"next_days": 30, "past_days": 60}, {"past_days": 5}]

    def match(self, now: datetime) -> Filter:
        """For each date in the world, who lives by it and first ordered on such a day of an earlier year."""
        worlds = todays(now)
        everywhere = [zone for today in worlds for zone in today.zones]
        ways = [
            {"time_zone": zones_filter(today, everywhere), **_first_on(year, names)}
            for today in worlds
            for year, names in self._names(today.day).items()
        ]
        return {"$or": ways}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By month and day, of an earlier year."""
        first = customer.profile.first_at
        if first is None:
            return False
        years = self._names(today_of(customer.time_zone, now))
        return any(first.year < year and f"{first:%m-%d}" in names for year, names in years.items())

    def value(self, customer: Customer, now: datetime) -> str:
        """The day of the first order, and today's date there."""
        first = customer.profile.first_at
        if first is None:
            return "They have not ordered yet."
        return f"Their first order was on {first:%Y-%m-%d}, and it is {today_of(customer.time_zone, now)} there."

    def _names(self, today: date) -> dict[int, list[str]]:
        """The days near to today, by the year they are in."""
        years: dict[int, list[str]] = {}
        for day in near(today, self.settings):
            years.setdefault(day.year, []).extend(names_of(day))
        return years


def _first_on(year: int, names: list[str]) -> Filter:
    day = {"$dateToString": {"date": f"${FIELD}", "format": "%m-%d"}}
    before = {"$lt": datetime.fromisoformat(f"{year}-01-01T00:00:00+00:00")}
    return {FIELD: before, "$expr": {"$in": [day, names]}}
