"""An order and its life."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, get_args

import msgspec

from common.errors import Conflict
from common.jobs import RowError

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
    """Something that happened to an order; `amount` is what a refund gave back, None for all of it."""

    type: OrderEventType
    at: datetime
    expected_at: datetime | None = None
    reason: str = ""
    carrier: str = ""
    tracking_url: str = ""
    amount: int | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """An order under the shop's own id; `total` and `refunded` in minor units of `currency`.

    `state` and `refunded` follow from `events`, which are sorted by time. `import_file` and `import_rows` say which
    rows of which file the lines came from, one a line, so that taking a file in twice adds no line twice.
    """

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
    refunded: int = 0
    events: list[OrderEvent] = []
    import_file: str = ""
    import_rows: list[int] = []
    version: int = 0

    @property
    def stands(self) -> bool:
        """Whether it counts as bought."""
        return self.state != "cancelled"


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order as a row of a file gives it; `row` is the file's line it begins on."""

    row: int
    order_id: str
    customer_id: str
    placed_at: datetime
    currency: str
    packed_by: str
    line: Line


class OrderHistory(Protocol):
    """The orders of one customer."""

    def of_customer(self, customer: str) -> list[Order]:
        """All of a customer's orders, the latest first."""
        ...

    def forget(self, customer: str) -> int:
        """Put the orders of an erased customer under a name that leads to nobody; how many there were."""
        ...


class OrderFiles(Protocol):
    """Where orders from files are put together."""

    def add_rows(self, file: str, rows: Sequence[OrderRow]) -> list[RowError]:
        """Add rows of a file to their orders, each once; the first rows of a new file replace what an order had.

        Returns the rows that contradict their order (another customer, another currency).
        """
        ...


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


# The state that an event leads to; the others say something of an order without moving it.
_MOVES: dict[OrderEventType, OrderState] = {
    "placed": "placed",
    "shipped": "shipped",
    "delivery_failed": "delivery_failed",
    "delivered": "delivered",
    "returned": "returned",
    "cancelled": "cancelled",
}
# Of two events of one instant, the one further on in an order's life counts as the later.
_RANK: dict[OrderEventType, int] = {kind: rank for rank, kind in enumerate(get_args(OrderEventType))}

ERASED = "erased-"


def with_event(order: Order, event: OrderEvent) -> Order:
    """The order with what happened to it, once; events in any order and twice over give the same order."""
    if any((known.type, known.at) == (event.type, event.at) for known in order.events):
        return order
    events = sorted([*order.events, event], key=lambda one: (one.at, _RANK[one.type]))
    return settled(msgspec.structs.replace(order, events=events))


def settled(order: Order) -> Order:
    """The order with the state and the refund that follow from its events."""
    moves: list[OrderState] = [_MOVES[event.type] for event in order.events if event.type in _MOVES]
    given = [order.total if event.amount is None else event.amount for event in order.events if _refunds(event)]
    refunded = min(sum(given), order.total)
    state: OrderState = moves[-1] if moves else "placed"
    if given and refunded == order.total and state != "cancelled":
        state = "refunded"
    return msgspec.structs.replace(order, state=state, refunded=refunded)


def revised(known: Order | None, given: Order) -> Order:
    """The order as the shop gives it now, with the life it already had; raises Conflict for another's order."""
    if known is None:
        return settled(given)
    if known.customer_id != given.customer_id:
        raise foreign(known, given.customer_id)
    return settled(msgspec.structs.replace(given, events=known.events, version=known.version))


def with_rows(known: Order | None, file: str, rows: Sequence[OrderRow]) -> Order:
    """The order with these rows of a file, each once; rows of another file than before begin its lines anew.

    `rows` must agree with each other; raises Conflict where they do not agree with what is known.
    """
    first = rows[0]
    base = known if known is not None and known.import_file == file else None
    lines = dict(zip(base.import_rows, base.lines, strict=True)) if base else {}
    lines |= {row.row: row.line for row in rows}
    given = Order(
        id=first.order_id,
        customer_id=first.customer_id,
        placed_at=min([row.placed_at for row in rows] + ([base.placed_at] if base else [])),
        currency=first.currency,
        total=sum(line.quantity * line.unit_price for line in lines.values()),
        lines=[lines[row] for row in sorted(lines)],
        import_file=file,
        import_rows=sorted(lines),
        packed_by=(base.packed_by if base else "") or next((row.packed_by for row in rows if row.packed_by), ""),
    )
    if base and base.currency != first.currency:
        raise Conflict(f"Its other lines are in {base.currency}.", "currency")
    if known is not None:
        given = msgspec.structs.replace(given, vouchers=known.vouchers, promised_at=known.promised_at)
    return revised(known, given)


def foreign(known: Order, customer: str) -> Conflict:
    """Why an order does not go over to another customer."""
    if known.customer_id.startswith(ERASED):
        return Conflict(f"The customer of the order {known.id!r} was erased.", "erased")
    return Conflict(
        f"The order {known.id!r} belongs to {known.customer_id!r}, not to {customer!r}. "
        "Merge the customers where they are one person.",
        "other_customer",
    )


def _refunds(event: OrderEvent) -> bool:
    return event.type == "refunded"
