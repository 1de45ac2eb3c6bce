"""An order is on its way."""

from datetime import datetime
from typing import ClassVar

from campaigns.trigger import Trigger


class OrderShipped(Trigger):
    """A message to each customer whose order has been sent."""

    name: ClassVar[str] = "order_shipped"
    summary: ClassVar[str] = "Goes to a customer when their order has been sent."
    event: ClassVar[str] = "order_shipped"
    speaks_of: ClassVar[frozenset[str]] = frozenset({"order"})
    each_counts: ClassVar[bool] = True

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None
