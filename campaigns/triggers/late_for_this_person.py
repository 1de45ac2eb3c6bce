"""A customer is silent for longer than is usual for this very person."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, ClassVar

import msgspec

from campaigns.occasion import Look, Occasion
from campaigns.watch import Watch, parts


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`at_most_days`: only who has become late so lately; more lets in those who have long been gone."""

    at_most_days: Annotated[int, msgspec.Meta(ge=1, le=3_650)] = 7


class LateForThisPerson(Watch):
    """A message to each customer who is late by their own gaps between orders; once until they order again."""

    name: ClassVar[str] = "late_for_this_person"
    summary: ClassVar[str] = "Goes to each customer who is later with an order than nine in ten of their own gaps."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    reach: ClassVar[timedelta] = timedelta(0)

    def found(self, look: Look) -> Iterator[Sequence[Occasion]]:
        """By the outlook, which is worked out anew every day; whoever has no order since was let in already."""
        rules = {"rule": "later_than_usual", "at_most_days": self.settings.at_most_days}
        return parts(
            Occasion(customer=one.id, key=f"silent since {last.isoformat()}", since=last)
            for one in look.search.customers(rules)
            if (last := one.profile.last_at)
        )
