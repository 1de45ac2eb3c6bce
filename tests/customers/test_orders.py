"""An order's life follows from its events, whatever order they come in."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import Conflict
from customers.orders import Line, Order, OrderEvent, OrderEventType, OrderRow, revised, with_event, with_rows

START = datetime(2026, 1, 1, tzinfo=UTC)
ORDER = Order(id="o1", customer_id="ana", placed_at=START, currency="EUR", total=5_000)

events = st.builds(
    OrderEvent,
    type=st.sampled_from(get_args(OrderEventType)),
    at=st.integers(0, 6).map(lambda hours: START + timedelta(hours=hours)),
    amount=st.none(),
)


def event(type: OrderEventType, hours: int, amount: int | None = None) -> OrderEvent:
    return OrderEvent(type=type, at=START + timedelta(hours=hours), amount=amount)


def lived(*happened: OrderEvent) -> Order:
    order = ORDER
    for one in happened:
        order = with_event(order, one)
    return order


@given(st.lists(events, max_size=8).flatmap(lambda given: st.tuples(st.just(given), st.permutations(given * 2))))
def test_events_in_any_order_and_twice_over_give_the_same_order(
    histories: tuple[list[OrderEvent], list[OrderEvent]],
) -> None:
    once, shuffled = histories
    assert lived(*shuffled) == lived(*once)


def test_the_latest_move_is_the_state_and_a_delay_moves_nothing() -> None:
    assert lived(event("delivered", 3), event("shipped", 1)).state == "delivered"
    assert lived(event("shipped", 1), event("delayed", 2)).state == "shipped"
    assert lived(event("delivered", 3), event("damaged", 4)).state == "delivered"
    assert not lived(event("cancelled", 1)).stands


def test_refunds_add_up_to_the_total_and_no_further() -> None:
    assert lived(event("refunded", 1, 1_000)).refunded == 1_000
    assert lived(event("refunded", 1, 1_000)).state == "placed"
    both = lived(event("refunded", 1, 1_000), event("refunded", 2, 4_000))
    assert (both.refunded, both.state) == (5_000, "refunded")
    assert lived(event("refunded", 1)).refunded == 5_000
    assert lived(event("refunded", 1, 9_000)).refunded == 5_000


def test_an_order_given_again_keeps_its_life_and_stays_its_customers() -> None:
    shipped = lived(event("shipped", 1))
    again = revised(shipped, Order(id="o1", customer_id="ana", placed_at=START, currency="EUR", total=6_000))
    assert (again.total, again.state, again.events) == (6_000, "shipped", shipped.events)
    with pytest.raises(Conflict) as refusal:
        revised(shipped, Order(id="o1", customer_id="bo", placed_at=START, currency="EUR", total=1))
    assert refusal.value.reason == "other_customer"


def row(number: int, price: int = 100, hours: int = 0, packed_by: str = "") -> OrderRow:
    line = Line(product_id=f"p{price}", quantity=2, unit_price=price)
    at = START + timedelta(hours=hours)
    return OrderRow(
        row=number, order_id="o1", customer_id="ana", placed_at=at, currency="EUR", packed_by=packed_by, line=line
    )


ROWS = [row(2), row(3, hours=-5), row(4), row(90, price=7, packed_by="Rui"), row(91, packed_by="Eva")]


@given(st.permutations(ROWS), st.integers(1, 5))
def test_rows_come_together_whatever_their_batches(rows: list[OrderRow], cut: int) -> None:
    order = with_rows(None, "file", rows[:cut])
    order = with_rows(order, "file", rows[cut:]) if rows[cut:] else order
    whole = with_rows(None, "file", ROWS)
    assert order.lines == whole.lines
    assert (order.total, order.placed_at, order.import_rows) == (whole.total, whole.placed_at, whole.import_rows)
    assert order.total == 4 * 200 + 14
    assert all(with_rows(order, "file", [one]) == order for one in rows)


def test_two_equal_rows_are_two_lines_and_another_file_begins_anew() -> None:
    order = with_rows(None, "file", [row(2), row(3)])
    assert order.lines == [row(2).line, row(3).line]
    other = with_rows(order, "other", [row(2)])
    assert (other.lines, other.total) == ([row(2).line], 200)
