"""An order and its life."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec

from common.errors import Conflict, Invalid
from common.jobs import RowError
from customers.order_events import MAX_EVENTS, in_time, joined, quantities
from customers.order_events import EventLine as EventLine
from customers.order_events import OrderEvent as OrderEvent
from customers.order_events import OrderEventType as OrderEventType

OrderState = Literal["placed", "shipped", "delivered", "cancelled", "delivery_failed", "returned", "refunded"]


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A product bought: how many, and the price of one in minor units of the order's currency."""

    product_id: str
    quantity: int
    unit_price: int


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """An order under the shop's own id; `total` and `refunded` in minor units of `currency`.

    `total` is what was paid: shipping and discounts may set it apart from the sum of the lines. `state` and
    `refunded` follow from `events`, which are sorted by time. `import_file` and `import_rows` say which
    rows of which file the lines came from, one a line, so that taking a file in twice adds no line twice;
    `import_extras` (one a line, where any is not 0), `import_total`, `import_added` and `import_refunded` are what they
    said of money. `import_told` names what else of the order they said; the rest of it is of whoever said it before.
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
    import_extras: list[int] = []
    import_total: int | None = None
    import_added: int = 0
    import_refunded: int = 0
    import_told: list[str] = []
    version: int = 0

    @property
    def stands(self) -> bool:
        """Whether it counts as bought."""
        return self.state != "cancelled"

    @property
    def expected_at(self) -> datetime | None:
        """When it is expected, by the latest word on it; None where nobody said, or nothing is on its way any more."""
        if self.state not in ("placed", "shipped", "delivery_failed"):
            return None
        told = [event.expected_at for event in self.events if event.expected_at]
        return told[-1] if told else self.promised_at

    @property
    def returned(self) -> dict[str, int]:
        """How many of each product came back; what was not bought with this order is left out, and never more."""
        back = [event for event in self.events if event.type == "returned"]
        bought = _bought(self.lines) if back else {}
        if any(not event.lines for event in back):
            return bought
        found = quantities([line for event in back for line in event.lines])
        return {product: min(found[product], many) for product, many in bought.items() if product in found}


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order as a row of a file gives it; `row` is the file's line it begins on.

    `extra` is what the line cost beyond quantity times price (a line's total need not divide), in minor units as all
    amounts. What follows it is the order's own and may stand on any of its rows: its `total`, or what was `added` to
    the sum of its lines (shipping less discounts), what was `refunded`, and what happened to it by the time the file
    was written.
    """

    row: int
    order_id: str
    customer_id: str
    placed_at: datetime
    currency: str
    packed_by: str
    line: Line
    extra: int = 0
    total: int | None = None
    added: int = 0
    refunded: int = 0
    vouchers: list[str] = []
    events: list[OrderEvent] = []


class OrderHistory(Protocol):
    """The orders of one customer."""

    def of_customer(self, customer: str) -> list[Order]:
        """All of a customer's orders, the latest first."""
        ...

    def forget(self, customer: str) -> int:
        """Put the orders of an erased customer under a name that leads to nobody; how many there were."""
        ...


class AddedRows(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of a file their orders did not take, and how many orders were of elsewhere until then."""

    errors: list[RowError] = []
    replaced: int = 0


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """How far profiles have followed what a job owed: customers, and how many parts `of` all are done for good."""

    customers: int
    parts: int
    of: int


class OrderFiles(Protocol):
    """Where orders from files are put together."""

    def add_rows(self, file: str, rows: Sequence[OrderRow], owing: str = "") -> AddedRows:
        """Add rows of a file to their orders, each once; the first rows of a new file replace what an order had.

        Where `owing` names a job, it owes the profiles of those to whom nothing happened that is news: see `follow`.
        """
        ...

    def follow(self, job: str) -> Iterator[Followed]:
        """Bring the profiles up to date that a job owes, however often it was begun; tells how far it is."""
        ...


class Orders(Protocol):
    """The orders as they are kept."""

    def get(self, ids: Sequence[str]) -> dict[str, Order]:
        """Those of these orders that exist, by id."""
        ...

    def upsert(self, orders: Sequence[Order]) -> dict[str, Order]:
        """Keep orders, and bring the profiles of the customers they touch up to date; twice is once.

        Returns them as they are kept, by id.
        """
        ...

    def add_events(self, events: Mapping[str, Sequence[OrderEvent]]) -> dict[str, Order]:
        """Add what happened to each of these orders, once; those of them that exist, as they are then.

        An order that is full (MAX_EVENTS) takes no more: whether it took an event, its `events` say.
        """
        ...

    def last_of(self, customers: Sequence[str]) -> dict[str, Order]:
        """The latest standing order of each of these customers."""
        ...

    def revenue(self, pipeline: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The rows of an aggregation over orders."""
        ...


# The state that an event leads to; the others say something of an order without moving it. `placed` is where every
# order begins, so the word of it moves nothing, however late its clock says it was.
_MOVES: dict[OrderEventType, OrderState] = {
    "shipped": "shipped",
    "out_for_delivery": "shipped",
    "delivery_failed": "delivery_failed",
    "delivered": "delivered",
    "returned": "returned",
    "cancelled": "cancelled",
}

ERASED = "erased-"
# How far another system's clock may be ahead of ours. What lies further on is a mistyped date, and would make its
# customer one who ordered just now for as long as it stands.
AHEAD = timedelta(hours=12)


def check_past(field: str, at: datetime, now: datetime) -> None:
    """Raise Invalid, naming the field, where an instant that should be past lies in the future."""
    if at > now + AHEAD:
        raise Invalid.field(field, "Lies in the future.")


def with_event(order: Order, event: OrderEvent) -> Order:
    """The order with what happened to it, once; events in any order and twice over give the same order."""
    return with_events(order, [event])


def with_events(order: Order, events: Iterable[OrderEvent]) -> Order:
    """The order with all that happened to it; what comes when it is full is left out."""
    known = {event.key: event for event in order.events}
    for event in events:
        if event.key in known:
            known[event.key] = joined(known[event.key], event)
        elif len(known) < MAX_EVENTS:
            known[event.key] = event
    return settled(msgspec.structs.replace(order, events=sorted(known.values(), key=in_time)))


def settled(order: Order) -> Order:
    """The order with the state and the refund that follow from its events.

    The latest move is the state; a return moves only when all has come back. An order whose money was all refunded
    is `refunded`, unless it was cancelled, or all came back and the money with it. Refunds of more than the total
    count as the total: which of several was too much depends on the order they came in, so none is refused for it.
    """
    if not order.events and order.state == "placed" and not order.refunded:
        return order
    whole = _all_back(order)
    moves = [_MOVES[event.type] for event in order.events if event.type in _MOVES]
    moves = [state for state in moves if state != "returned" or whole]
    given = [amount for event in order.events if (amount := money_back(order, event)) is not None]
    refunded = min(sum(given), order.total)
    state: OrderState = moves[-1] if moves else "placed"
    all_of_it = bool(given) and refunded == order.total
    told = any(event.type == "refunded" for event in order.events)
    if all_of_it and state != "cancelled" and (told or state != "returned"):
        state = "refunded"
    return msgspec.structs.replace(order, state=state, refunded=refunded)


def money_back(order: Order, event: OrderEvent) -> int | None:
    """What an event gave back by itself, in minor units; None for one that is not about money."""
    if event.type == "refunded":
        return order.total if event.amount is None else event.amount
    return event.amount if event.type == "returned" else None


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
    if known is None and len(rows) == 1 and not first.events:
        return _of_one_row(file, first)
    base = known if known is not None and known.import_file == file else None
    lines = dict(zip(base.import_rows, base.lines, strict=True)) if base else {}
    lines |= {row.row: row.line for row in rows}
    extras = dict(zip(base.import_rows, base.import_extras, strict=False)) if base else {}
    extras |= {row.row: row.extra for row in rows if row.extra}
    told = _told(known, base, rows)
    total = told["import_total"]
    summed = sum(line.quantity * line.unit_price for line in lines.values()) + sum(extras.values())
    given = Order(
        id=first.order_id,
        customer_id=first.customer_id,
        placed_at=min([row.placed_at for row in rows] + ([base.placed_at] if base else [])),
        currency=first.currency,
        total=max(0, summed + told["import_added"]) if total is None else total,
        lines=[lines[row] for row in sorted(lines)],
        promised_at=known.promised_at if known else None,
        import_file=file,
        import_rows=sorted(lines),
        import_extras=[extras.get(row, 0) for row in sorted(lines)] if extras else [],
        **told,
    )
    if base and base.currency != first.currency:
        raise Conflict(f"Its other lines are in {base.currency}.", "currency")
    happened = [event for row in rows for event in row.events]
    return with_events(revised(known, given), happened) if happened else revised(known, given)


# What rows say of their order beside its money.
_TOLD = ("packed_by", "vouchers")


def _told(known: Order | None, base: Order | None, rows: Sequence[OrderRow]) -> dict[str, Any]:
    """What a file says of the order as a whole: its first word holds, so that nothing depends on how batches fall.

    `base` is the order where it is of this file already. What the file says nothing of stays as it was.
    """
    total = base.import_total if base else None
    fields: dict[str, Any] = {
        "import_total": next((row.total for row in rows if row.total is not None), None) if total is None else total,
        "import_added": (base.import_added if base else 0) or next((row.added for row in rows if row.added), 0),
        "import_refunded": (base.import_refunded if base else 0)
        or next((row.refunded for row in rows if row.refunded), 0),
    }
    said = set(base.import_told) if base else set()
    for field in _TOLD:
        word = next((value for row in rows if (value := getattr(row, field))), None)
        if word is not None and field not in said:
            fields[field] = word
            said.add(field)
        elif known:
            fields[field] = getattr(known, field)
    return fields | {"import_told": sorted(said)}


def _of_one_row(file: str, row: OrderRow) -> Order:
    """The same for a new order of one row, of which nothing is told yet: the usual case, in little time."""
    summed = row.line.quantity * row.line.unit_price + row.extra + row.added
    return Order(
        id=row.order_id,
        customer_id=row.customer_id,
        placed_at=row.placed_at,
        currency=row.currency,
        total=max(0, summed) if row.total is None else row.total,
        lines=[row.line],
        vouchers=row.vouchers,
        packed_by=row.packed_by,
        import_file=file,
        import_rows=[row.row],
        import_extras=[row.extra] if row.extra else [],
        import_total=row.total,
        import_added=row.added,
        import_refunded=row.refunded,
        import_told=[field for field in _TOLD if getattr(row, field)] if row.packed_by or row.vouchers else [],
    )


def foreign(known: Order, customer: str) -> Conflict:
    """Why an order does not go over to another customer."""
    if known.customer_id.startswith(ERASED):
        return Conflict(f"The customer of the order {known.id!r} was erased.", "erased")
    return Conflict(
        f"The order {known.id!r} belongs to {known.customer_id!r}, not to {customer!r}. "
        "Merge the customers where they are one person.",
        "other_customer",
    )


def _bought(lines: Iterable[Line]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in lines:
        found[line.product_id] = found.get(line.product_id, 0) + line.quantity
    return found


def _all_back(order: Order) -> bool:
    """Whether all that was bought came back; of an order without lines, only a return without lines says so."""
    back = [event for event in order.events if event.type == "returned"]
    if not back or any(not event.lines for event in back):
        return bool(back)
    return bool(order.lines) and order.returned == _bought(order.lines)
