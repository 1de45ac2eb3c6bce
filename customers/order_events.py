"""What happens to orders, and when two accounts of it are one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec

OrderEventType = Literal[
    "placed", "shipped", "out_for_delivery", "delayed", "out_of_stock", "cancelled", "delivery_failed",
    "delivered", "damaged", "wrong_item", "returned", "refunded",
]  # fmt: skip

# An order's events stand in the order itself; a carrier that reports every metre is not kept to the end.
MAX_EVENTS = 1_000


class EventLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product that came back, and how many."""

    product_id: str
    quantity: int


class OrderEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened to an order, known by the shop's `id` of it or, without one, by its type and instant.

    `amount` is money given back, in minor units of the order's currency: left out, a refund is of all that was paid
    and a return of nothing yet. `lines` is what came back with a return; left out, all of it did. `expected_at` is
    when the order is then expected.
    """

    type: OrderEventType
    at: datetime
    id: str = ""
    expected_at: datetime | None = None
    reason: str = ""
    carrier: str = ""
    tracking_url: str = ""
    amount: int | None = None
    lines: list[EventLine] = []

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from every other event of its order."""
        return (self.id,) if self.id else (self.type, self.at.isoformat())


# Of two events of one instant, the one further on in an order's life counts as the later.
_RANK: dict[OrderEventType, int] = {kind: rank for rank, kind in enumerate(get_args(OrderEventType))}


def in_time(event: OrderEvent) -> tuple[datetime, int, str]:
    """Where it stands among the events of its order."""
    return event.at, _RANK[event.type], event.id


def joined(one: OrderEvent, other: OrderEvent) -> OrderEvent:
    """One event out of two accounts of it, the same one whichever came first.

    Of two instants or types under one id the later holds. Otherwise each field holds what says more, and where both
    say something, the greater. So an account that is sent again with more to say completes the first, and nothing
    depends on which of them was overtaken on its way.
    """
    if one == other:
        return one
    if in_time(one) != in_time(other):
        return max(one, other, key=in_time)
    fields: dict[str, Any] = {
        name: max(getattr(one, name), getattr(other, name)) for name in ("reason", "carrier", "tracking_url")
    }
    dates = [at for at in (one.expected_at, other.expected_at) if at]
    return msgspec.structs.replace(
        one, **fields, expected_at=max(dates, default=None), amount=_amount(one, other), lines=_lines(one, other)
    )


def quantities(lines: Sequence[EventLine]) -> dict[str, int]:
    """How many of each product."""
    found: dict[str, int] = {}
    for line in lines:
        found[line.product_id] = found.get(line.product_id, 0) + line.quantity
    return found


def _amount(one: OrderEvent, other: OrderEvent) -> int | None:
    """A refund without an amount is of everything, which is more than any amount; elsewhere it says nothing."""
    known = [event.amount for event in (one, other) if event.amount is not None]
    if one.type == "refunded" and len(known) < 2:
        return None
    return max(known, default=None)


def _lines(one: OrderEvent, other: OrderEvent) -> list[EventLine]:
    """No lines are all lines, which is more than any."""
    if not one.lines or not other.lines:
        return []
    mine, theirs = quantities(one.lines), quantities(other.lines)
    more = {product: max(mine.get(product, 0), theirs.get(product, 0)) for product in mine | theirs}
    return [EventLine(product_id=product, quantity=more[product]) for product in sorted(more)]
