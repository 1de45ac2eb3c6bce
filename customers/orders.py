"""An order and its life."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

OrderState = Literal["placed", "shipped", "delivered", "cancelled", "delivery_failed", "returned", "refunded"]
OrderEventType = Literal[
    "placed", "shipped", "delayed", "out_of_stock", "cancelled", "delivery_failed",
    "delivered", "damaged", "wrong_item", "returned", "refunded",
]  # fmt: skip


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product bought: how many, and the price of one in minor units of the order's currency."""

    product_id: str
    quantity: int
    unit_price: int


class OrderEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to an order."""

    type: OrderEventType
    at: datetime
    expected_at: datetime | None = None
    reason: str = ""
    carrier: str = ""
    tracking_url: str = ""


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """An order under the shop's own id; `total` in minor units of `currency`."""

    id: str
    customer_id: str
    placed_at: datetime
    currency: str
    total: int
    lines: list[Line] = []
    vouchers: list[str] = []
    packed_by: str = ""
    promised_at: datetime | None = None
    state: OrderState = "placed"
    events: list[OrderEvent] = []
    version: int = 0


class Orders(Protocol):
    """The orders as they are kept."""

    def get(self, ids: Sequence[str]) -> dict[str, Order]:
        """Those of these orders that exist, by id."""
        ...

    def upsert(self, orders: Sequence[Order]) -> None:
        """Keep orders, and bring the profiles of the customers they touch up to date; twice is once."""
        ...

    def add_event(self, order: str, event: OrderEvent) -> Order | None:
        """Add what happened, once; the order as it is then, or None when there is no such order."""
        ...

    def last_of(self, customers: Sequence[str]) -> dict[str, Order]:
        """The latest standing order of each of these customers."""
        ...

    def revenue(self, pipeline: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The rows of an aggregation over orders."""
        ...
