"""A customer's first order."""

from datetime import datetime
from typing import ClassVar

from campaigns.trigger import Trigger
from common.events import Event


class FirstOrder(Trigger):
    """A message to each customer whose first order has just come in."""

    name: ClassVar[str] = "first_order"
    summary: ClassVar[str] = "Goes to each customer when their first order comes in."
    event: ClassVar[str] = "order_placed"
    speaks_of: ClassVar[frozenset[str]] = frozenset({"order"})
    each_counts: ClassVar[bool] = True

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None

    def accepts(self, event: Event) -> bool:
        """Only the first order of a customer."""
        return super().accepts(event) and event.data.get("first") is True
