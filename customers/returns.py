"""Returns as a till writes them: a cancelling invoice with what came back, and no word of which order it was from.

Each row is matched with what the customer bought before, and becomes a `returned` event of that order (of several
where one was not enough). The event's id follows from what the row says and from which of its equals it is, so that
a job that goes on, the same file twice, and a newer export with the same rows change nothing.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from common.ids import derive
from common.jobs import RowError
from customers.order_events import MAX_EVENTS, EventLine, OrderEvent, quantities
from customers.orders import Order, Orders

NOT_FOUND = "return_without_order"
IN_PART = "return_in_part"


class ReturnRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a cancelling invoice; `order_id` is that invoice's own, `row` the line of the file it begins on.

    `quantity` is how many came back, above 0; `unit_price` what was given back for one, in minor units.
    """

    row: int
    order_id: str
    customer_id: str
    at: datetime
    product_id: str
    quantity: int
    unit_price: int
    currency: str

    @property
    def content(self) -> str:
        """The same for equal rows, whichever file they stand in and whoever the customer is called by now."""
        return derive(
            "return",
            self.order_id,
            self.product_id,
            self.quantity,
            self.unit_price,
            self.currency,
            self.at.isoformat(),
        )


class ReturnRows(Protocol):
    """What matching needs of the storage."""

    def places(self, file: str, rows: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
        """Keep on which lines of a file each content stands, once; all the lines known by now, first come first."""
        ...

    def bought(self, customers: Sequence[str], products: Sequence[str]) -> dict[str, list[Order]]:
        """The orders of these customers (also by an id they had before) that hold any of these products."""
        ...


class Returns:
    """Puts rows of cancelling invoices to the orders they cancel."""

    def __init__(self, rows: ReturnRows, orders: Orders) -> None:
        self._rows = rows
        self._orders = orders

    def add_rows(self, file: str, rows: Sequence[ReturnRow]) -> list[RowError]:
        """Take rows of a file in, each once, and tell of those that found no order, or not enough of one.

        A process may die in here: what it has written is known when the rows come again, and what it has not is done
        then. A row that was taken in part, or not at all, is tried again whenever it comes.
        """
        if not rows:
            return []
        standing: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            standing[row.content].append(row.row)
        places = self._rows.places(file, standing)
        bought = self._rows.bought(sorted({row.customer_id for row in rows}), sorted({row.product_id for row in rows}))
        shelf = Shelf([order for orders in bought.values() for order in orders])
        errors = []
        for row in rows:
            event = derive(row.content, places[row.content].index(row.row))
            missing = row.quantity - shelf.take(row, event, bought.get(row.customer_id, []))
            if missing:
                errors.append(_error(row, missing))
        self._orders.add_events(shelf.events)
        return errors


class Shelf:
    """What of orders has not come back yet, while rows are matched with it."""

    def __init__(self, orders: Sequence[Order]) -> None:
        self.events: dict[str, list[OrderEvent]] = defaultdict(list)
        self._left = {order.id: _left(order) for order in orders}
        self._prices = {order.id: {(line.product_id, line.unit_price) for line in order.lines} for order in orders}

    def take(self, row: ReturnRow, event: str, orders: Sequence[Order]) -> int:
        """Find what a row sends back among its customer's orders; how many were found, now or when it came before."""
        taken = sum(_taken(order, event) for order in orders)
        for order in sorted(orders, key=lambda one: self._rank(row, one), reverse=True):
            many = min(self._left[order.id].get(row.product_id, 0), row.quantity - taken)
            if many > 0 and self._may_be_from(order, row, event):
                self._put(order, row, event, many)
                taken += many
        return taken

    def _rank(self, row: ReturnRow, order: Order) -> tuple[bool, bool, datetime, str]:
        """The likeliest order is the greatest: one at the same price, with enough of it, the latest."""
        same_price = (row.product_id, row.unit_price) in self._prices[order.id]
        enough = self._left[order.id].get(row.product_id, 0) >= row.quantity
        return same_price, enough, order.placed_at, order.id

    def _may_be_from(self, order: Order, row: ReturnRow, event: str) -> bool:
        """What was bought later, in other money, or never delivered did not come back."""
        standing = order.stands and order.currency == row.currency and order.placed_at <= row.at
        room = len(order.events) + len(self.events.get(order.id, ())) < MAX_EVENTS
        return standing and room and not _taken(order, event)

    def _put(self, order: Order, row: ReturnRow, event: str, many: int) -> None:
        back = [EventLine(product_id=row.product_id, quantity=many)]
        self._left[order.id][row.product_id] -= many
        self.events[order.id].append(
            OrderEvent(
                type="returned", at=row.at, id=event, reason=row.order_id, amount=many * row.unit_price, lines=back
            )
        )


def _left(order: Order) -> dict[str, int]:
    """How many of each product are still with the customer."""
    back = order.returned
    left: dict[str, int] = {}
    for line in order.lines:
        left[line.product_id] = left.get(line.product_id, 0) + line.quantity
    return {product: many - back.get(product, 0) for product, many in left.items()}


def _taken(order: Order, event: str) -> int:
    """How many an earlier coming of a row has sent back to this order."""
    return sum(sum(quantities(one.lines).values()) for one in order.events if one.id == event)


def _error(row: ReturnRow, missing: int) -> RowError:
    if missing == row.quantity:
        reason = f"The customer has bought no {row.product_id} before that could come back."
        return RowError(line=row.row, field="product_id", reason=reason, kind=NOT_FOUND)
    reason = f"Of {row.quantity} that came back only {row.quantity - missing} were bought before; those were taken."
    return RowError(line=row.row, field="quantity", reason=reason, kind=IN_PART)
