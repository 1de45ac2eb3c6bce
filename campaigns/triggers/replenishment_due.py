"""A customer is about to need again what they bought."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, ClassVar

import msgspec

from campaigns.occasion import Again, Look, Occasion
from campaigns.watch import Watch

Product = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`days_before` it is used up; of these `products`, or of any that people buy again."""

    days_before: Annotated[int, msgspec.Meta(ge=0, le=60)] = 3
    products: Annotated[list[Product], msgspec.Meta(max_length=200)] = []


class ReplenishmentDue(Watch):
    """A message to each customer who is due for a product, by their own interval and the product's usual one."""

    name: ClassVar[str] = "replenishment_due"
    summary: ClassVar[str] = "Goes to a customer when something they bought is about to be used up, by their interval."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    speaks_of: ClassVar[frozenset[str]] = frozenset({"due"})
    looks_every: ClassVar[float] = 24 * 3_600.0
    # An interval that was learned anew may move a date over a day or two; the key is the purchase, and told once.
    reach: ClassVar[timedelta] = timedelta(days=7)

    def found(self, look: Look) -> Iterator[Sequence[Occasion]]:
        """By intervals between purchases; all that is due for somebody at once is one occasion."""
        ahead = timedelta(days=self.settings.days_before)
        for due in look.search.used_up(look.start + ahead, look.now + ahead, set(self.settings.products)):
            mine: dict[str, list[Again]] = {}
            for one in due:
                mine.setdefault(one.customer, []).append(one)
            yield [_of(customer, again) for customer, again in mine.items()]


def _of(customer: str, due: Sequence[Again]) -> Occasion:
    first, *others = [f"{one.product} of {one.last_at.isoformat()}" for one in due]
    told = {"due": [one.product for one in due]}
    since = max(one.last_at for one in due)
    return Occasion(customer=customer, key=first, also=others, since=since, data={"event": told})
