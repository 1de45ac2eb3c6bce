"""A customer's birthday is near."""

from datetime import date, datetime
from typing import Any, ClassVar

from customers.customer import Customer
from segments.calendar import NearDays, Today, names_of, near, today_of, todays, zones_filter
from segments.rule import NOTHING, Beside, Filter, Rule


class BirthdayNear(Rule):
    """By the date where the customer lives; who was born on 29 February has it on the 28th in other years."""

    name = "birthday_near"
    group = "dates"
    summary = "Their birthday is within the next so many days, or was within the last so many; 0 and 0 is today."
    Settings = NearDays
    settings: NearDays
    examples: ClassVar[list[dict[str, Any]]] = [{"next_days": 7}, {"next_days": 30, "past_days": 60}, {}]

    def match(self, now: datetime) -> Filter:
        """For each date in the world, who lives by it and was born on one of the days near to it."""
        worlds = todays(now)
        everywhere = [zone for today in worlds for zone in today.zones]
        return {
            "$or": [
                {"time_zone": zones_filter(today, everywhere), "birthday": {"$regex": self._pattern(today)}}
                for today in worlds
            ]
        }

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By month and day."""
        return customer.birthday[-5:] in self._names(today_of(customer.time_zone, now))

    def value(self, customer: Customer, now: datetime) -> str:
        """The birthday, and today's date there."""
        if not customer.birthday:
            return "Their birthday is not known."
        return (
            f"Their birthday is on {customer.birthday[-5:]}, and it is {today_of(customer.time_zone, now):%m-%d} there."
        )

    def _names(self, today: date) -> list[str]:
        return sorted({name for day in near(today, self.settings) for name in names_of(day)})

    def _pattern(self, today: Today) -> str:
        """Of our own making: dates of the calendar, nothing that a caller wrote."""
        return f"-({'|'.join(self._names(today.day))})$"
