"""A product that somebody cares for has become cheaper."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Annotated, ClassVar

import msgspec

from campaigns.occasion import Look, Occasion, Way
from campaigns.watch import Watch, caring
from common.events import Event
from customers.catalogue import PRICE_DROPPED


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`ways` in which they came to care for it; only for a price that fell by `at_least_percent`."""

    ways: Annotated[list[Way], msgspec.Meta(min_length=1, max_length=3)] = msgspec.field(
        default_factory=lambda: ["viewed", "wished"]
    )
    at_least_percent: Annotated[float, msgspec.Meta(gt=0, le=100)] = 5.0


class PriceDrop(Watch):
    """A message to each customer who cares for the product, while it still is so; once for each time."""

    name: ClassVar[str] = "price_drop"
    summary: ClassVar[str] = "Goes to those who bought, looked at or wished for a product that has become cheaper."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    speaks_of: ClassVar[frozenset[str]] = frozenset({"wanted"})
    looks_every: ClassVar[float] = 300.0
    reach: ClassVar[timedelta] = timedelta(minutes=30)
    each_counts: ClassVar[bool] = True

    def found(self, look: Look) -> Iterator[Sequence[Occasion]]:
        """By what was told of products since."""
        news = look.news.still_true(PRICE_DROPPED, look.start)
        news = [one for one in news if self._enough(one)]
        return caring(look, news, self.settings.ways)

    def _enough(self, event: Event) -> bool:
        was, price = event.data["was"], event.data["price"]
        return bool((was - price) * 100 >= was * self.settings.at_least_percent)
