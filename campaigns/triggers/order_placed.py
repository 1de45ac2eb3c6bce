"""An order came in."""

from datetime import datetime
from typing import ClassVar

from campaigns.trigger import Trigger


class OrderPlaced(Trigger):
    """A message to each customer whose order has just come in."""

    name: ClassVar[str] = "order_placed"
    summary: ClassVar[str] = "Goes to a customer when an order of theirs comes in."
    event: ClassVar[str] = "order_placed"
    speaks_of: ClassVar[frozenset[str]] = frozenset({"order"})
    each_counts: ClassVar[bool] = True

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None
