"""Money was given back."""

from datetime import datetime
from typing import ClassVar

from campaigns.trigger import Trigger


class OrderRefunded(Trigger):
    """A message to each customer who was given money back."""

    name: ClassVar[str] = "order_refunded"
    summary: ClassVar[str] = "Goes to a customer when money for an order is given back."
    event: ClassVar[str] = "order_refunded"
    speaks_of: ClassVar[frozenset[str]] = frozenset({"order"})
    each_counts: ClassVar[bool] = True

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None
