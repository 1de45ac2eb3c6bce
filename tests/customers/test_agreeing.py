"""An order takes the rows of a file that agree with it, whatever batches they come in, and no more than it holds."""

from collections.abc import Sequence
from datetime import UTC, datetime

from customers.agreeing import MAX_LINES, agreeing
from customers.orders import Line, Order, OrderRow, with_rows

FILE = "file"


def row(number: int, **more: object) -> OrderRow:
    """A line of the order."""
    plain = {
        "row": number, "order_id": "o1", "customer_id": "ana", "placed_at": datetime(2026, 1, 1, tzinfo=UTC),
        "currency": "EUR", "packed_by": "", "line": Line(product_id="cd", quantity=1, unit_price=100),
    }  # fmt: skip
    return OrderRow(**(plain | more))  # type: ignore[arg-type]


def taken(rows: Sequence[OrderRow], size: int, order: Order | None = None, file: str = FILE) -> tuple[Order, list[str]]:
    """The order after these rows came in batches of a size, and what was refused: lines and kinds."""
    refused: list[str] = []
    for start in range(0, len(rows), size):
        good, bad = agreeing(order, file, rows[start : start + size])
        refused += [f"{error.line} {error.kind}" for error in bad]
        order = with_rows(order, file, good) if good else order
    assert order is not None
    return order, refused


def test_an_order_takes_so_many_lines_and_refuses_the_rest_whatever_their_batches() -> None:
    rows = [row(number) for number in range(2, MAX_LINES + 5)]
    order, refused = taken(rows, 1_700)
    assert (len(order.lines), order.total) == (MAX_LINES, MAX_LINES * 100)
    assert refused == [f"{number} order_full" for number in range(MAX_LINES + 2, MAX_LINES + 5)]
    assert taken(rows, len(rows)) == (order, refused)
    assert taken(rows, 2_500, order) == (order, refused)  # the same file again
    assert taken(rows[:10], 10, order, "another file")[1] == []
