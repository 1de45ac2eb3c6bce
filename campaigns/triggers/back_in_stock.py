"""A product that somebody cares for can be had again."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, ClassVar

import msgspec

from campaigns.occasion import Look, Occasion, Way
from campaigns.watch import Watch, caring
from customers.catalogue import BACK_IN_STOCK


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ways` in which they came to care for it."""

    ways: Annotated[list[Way], msgspec.Meta(min_length=1, max_length=3)] = msgspec.field(
        default_factory=lambda: ["viewed", "wished"]
    )


class BackInStock(Watch):
    """A message to each customer who cares for the product, while it still is so; once for each time."""

    name: ClassVar[str] = "back_in_stock"
    summary: ClassVar[str] = "Goes to those who bought, looked at or wished for a product that is back in stock."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    speaks_of: ClassVar[frozenset[str]] = frozenset({"wanted"})
    looks_every: ClassVar[float] = 300.0
    reach: ClassVar[timedelta] = timedelta(minutes=30)
    each_counts: ClassVar[bool] = True

    def found(self, look: Look) -> Iterator[Sequence[Occasion]]:
        """By what was told of products since."""
        news = look.news.still_true(BACK_IN_STOCK, look.start)
        return caring(look, news, self.settings.ways)
