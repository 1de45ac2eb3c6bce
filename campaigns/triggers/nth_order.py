"""A customer's second, third, tenth order."""

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec

from campaigns.trigger import Past, Trigger
from common.events import Event


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`number`: which one, 2 for the second; `onwards`: that one and each after it."""

    number: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 2
    onwards: bool = False


class NthOrder(Trigger):
    """A message to each customer whose order of this number has come in; cancelled ones do not count."""

    name: ClassVar[str] = "nth_order"
    summary: ClassVar[str] = "Goes to each customer when their order of a number comes in: the second, the tenth."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    event: ClassVar[str] = "order_placed"
    speaks_of: ClassVar[frozenset[str]] = frozenset({"order"})
    each_counts: ClassVar[bool] = True

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None

    def holds(self, event: Event, past: Past) -> bool:
        """By the orders that stand now, counted up to this one; one that was cancelled since has no number."""
        standing = sorted((order.placed_at, order.id) for order in past.of_customer(event.customer) if order.stands)
        mine = [place for place, (_, id_) in enumerate(standing, 1) if id_ == event.data.get("order")]
        if not mine:
            return False
        return bool(mine[0] >= self.settings.number if self.settings.onwards else mine[0] == self.settings.number)
