"""A year, or several, since a customer's first order or since they became known."""

from collections.abc import Iterator, Sequence
from datetime import UTC, timedelta
from typing import Annotated, ClassVar, Literal

import msgspec

from campaigns.occasion import Look, Occasion
from campaigns.watch import Watch, day_in, days_between, midnight, names_of, parts
from customers.customer import Customer


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`of`: the first order, or when they became known; `days_before`: so many days ahead of it."""

    of: Literal["first_order", "sign_up"] = "first_order"
    days_before: Annotated[int, msgspec.Meta(ge=0, le=60)] = 0


class Anniversary(Watch):
    """A message to each customer when the day comes round, at midnight where they live; once a year."""

    name: ClassVar[str] = "anniversary"
    summary: ClassVar[str] = "Goes to each customer when the day of their first order, or of signing up, comes round."
    Settings: ClassVar[type[msgspec.Struct]] = Settings

    def found(self, look: Look) -> Iterator[Sequence[Occasion]]:
        """By the days near to today; one of 29 February is on the 28th in other years."""
        days = names_of(days_between(look.start, look.now, self.settings.days_before))
        people = look.search.anniversaries(self.settings.of, days)
        return parts(one for customer in people for one in self._of(customer, look))

    def _of(self, customer: Customer, look: Look) -> Iterator[Occasion]:
        first = customer.profile.first_at if self.settings.of == "first_order" else customer.created_at
        if first is None:
            return
        first = first.astimezone(UTC)
        for year in (look.now.year - 1, look.now.year, look.now.year + 1):
            told = day_in(year, first.month, first.day) - timedelta(days=self.settings.days_before)
            if year > first.year and look.start < midnight(told, customer.time_zone, look.zone) <= look.now:
                yield Occasion(customer=customer.id, key=f"{self.settings.of}:{year}", since=look.now)
