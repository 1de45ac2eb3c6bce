"""An order is in the van."""

from datetime import datetime
from typing import ClassVar

from campaigns.trigger import Trigger


class OutForDelivery(Trigger):
    """A message to each customer whose order is brought today."""

    name: ClassVar[str] = "out_for_delivery"
    summary: ClassVar[str] = "Goes to a customer when their order is out for delivery."
    event: ClassVar[str] = "order_out_for_delivery"
    speaks_of: ClassVar[frozenset[str]] = frozenset({"order"})
    each_counts: ClassVar[bool] = True

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None
