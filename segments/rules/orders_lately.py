"""What a customer ordered within the last days."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from customers.orders import Order
from segments.ranges import DAY, MAX_DAYS, plural
from segments.rule import OverOrders, Settings, Stage, Texts


class Window(Settings, frozen=True):
    """At least so many orders within so many days; with `products`, only orders that hold one of them count."""

    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)]
    at_least: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    products: Texts | None = None


class OrdersLately(OverOrders):
    """Counts the orders themselves that stand, since the profile keeps no dates but the first and the last."""

    name = "orders_lately"
    summary = "They placed at least so many orders within the last so many days, of any or of these products."
    Settings = Window
    settings: Window
    examples: ClassVar[list[dict[str, Any]]] = [
        {"days": 90},
        {"days": 365, "at_least": 2},
        {"days": 365, "products": ["tea", "mug"]},
    ]

    def stages(self, now: datetime) -> list[Stage]:
        """Those in the window, counted."""
        wanted: dict[str, Any] = {"placed_at": {"$gte": self._since(now)}, "state": {"$ne": "cancelled"}}
        if self.settings.products:
            wanted["lines.product_id"] = {"$in": self.settings.products}
        counted: dict[str, Any] = {"_id": None, "orders": {"$sum": 1}}
        return [{"$match": wanted}, {"$group": counted}, {"$match": {"orders": {"$gte": self.settings.at_least}}}]

    def holds(self, customer: Customer, now: datetime, orders: Sequence[Order] = ()) -> bool:
        """Counts those of the orders that are in the window."""
        return sum(self._counts(order, now) for order in orders) >= self.settings.at_least

    def value(self, customer: Customer, now: datetime) -> str:
        """What was looked for; the orders themselves are not on the customer."""
        least = plural(self.settings.at_least, "order")
        return f"This looks for at least {least} in the last {plural(self.settings.days, 'day')}."

    def _counts(self, order: Order, now: datetime) -> bool:
        wanted = self.settings.products
        held = wanted is None or any(line.product_id in wanted for line in order.lines)
        return held and order.state != "cancelled" and order.placed_at >= self._since(now)

    def _since(self, now: datetime) -> datetime:
        return now - self.settings.days * DAY
