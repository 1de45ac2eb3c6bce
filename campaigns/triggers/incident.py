"""Something went wrong with an order: bad news first, before the customer asks."""

from datetime import datetime
from typing import ClassVar, Literal, get_args

import msgspec

from campaigns.trigger import Trigger
from common.events import Event

Cause = Literal["delayed", "out_of_stock", "cancelled", "delivery_failed", "damaged", "wrong_item"]
CAUSES: tuple[Cause, ...] = get_args(Cause)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`causes`: only those; left out, any."""

    causes: list[Cause] = []


class Incident(Trigger):
    """A message to each customer with whose order something went wrong."""

    name: ClassVar[str] = "incident"
    summary: ClassVar[str] = "Goes to a customer when their order is delayed, out of stock, cancelled, lost or wrong."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    event: ClassVar[str] = "order_*"
    speaks_of: ClassVar[frozenset[str]] = frozenset({"order"})
    each_counts: ClassVar[bool] = True

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None

    def accepts(self, event: Event) -> bool:
        """One of the causes that are wanted."""
        return event.type in {f"order_{cause}" for cause in self.settings.causes or CAUSES}
