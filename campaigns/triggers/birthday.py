"""A customer's birthday."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, ClassVar

import msgspec

from campaigns.occasion import Look, Occasion
from campaigns.watch import Watch, day_in, midnight, parts
from customers.customer import Customer


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`days_before`: so many days ahead of it; 0 is the day itself."""

    days_before: Annotated[int, msgspec.Meta(ge=0, le=60)] = 0


class Birthday(Watch):
    """A message to each customer on their birthday, which begins at midnight where they live; once a year."""

    name: ClassVar[str] = "birthday"
    summary: ClassVar[str] = "Goes to each customer on their birthday, or some days before, by their own calendar."
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def found(self, look: Look) -> Iterator[Sequence[Occasion]]:
        """By the birthdays near to today; 29 February is the 28th in other years."""
        past = (look.now - look.start).days + 2
        rules = {"rule": "birthday_near", "next_days": self.settings.days_before + 1, "past_days": past}
        occasions = (one for customer in look.search.customers(rules) for one in self._of(customer, look))
        return parts(occasions)

    def _of(self, customer: Customer, look: Look) -> Iterator[Occasion]:
        month, day = int(customer.birthday[-5:-3]), int(customer.birthday[-2:])
        for year in (look.now.year - 1, look.now.year, look.now.year + 1):
            told = day_in(year, month, day) - timedelta(days=self.settings.days_before)
            if look.start < midnight(told, customer.time_zone, look.zone) <= look.now:
                yield Occasion(customer=customer.id, key=f"birthday:{year}", since=look.now)
