"""An order has arrived."""

from datetime import datetime
from typing import ClassVar

from campaigns.trigger import Trigger


class OrderDelivered(Trigger):
    """A message to each customer whose order has arrived."""

    name: ClassVar[str] = "order_delivered"
    summary: ClassVar[str] = "Goes to a customer when their order has arrived."
    event: ClassVar[str] = "order_delivered"
    speaks_of: ClassVar[frozenset[str]] = frozenset({"order"})
    each_counts: ClassVar[bool] = True

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None
