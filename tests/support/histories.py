"""Histories of orders drawn by chance: what was bought when, and what happened to it, with every kind of trouble."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import get_args

import msgspec
from hypothesis import strategies as st

from customers.order_events import EventLine, OrderEvent, OrderEventType
from customers.orders import Line, Order, with_events

FIRST = datetime(2025, 3, 29, tzinfo=UTC)
CUSTOMERS = ["ana", "bo", "cy"]
PRODUCTS = ["p1", "p2", "p3"]
# Instants that are often the same, often of the same day, and lie on both sides of midnight.
INSTANTS = st.integers(0, 72).map(lambda hours: FIRST + timedelta(hours=hours * 5))

EVENTS = st.builds(
    OrderEvent,
    type=st.sampled_from(get_args(OrderEventType)),
    at=st.integers(0, 6).map(lambda days: FIRST + timedelta(days=days * 7)),
    id=st.sampled_from(["", "", "e1", "e2"]),
    amount=st.sampled_from([None, None, 0, 1, 150, 10**7]),
    lines=st.lists(
        st.builds(EventLine, product_id=st.sampled_from(PRODUCTS), quantity=st.integers(1, 2)),
        max_size=1,
    ),
)


class Told(msgspec.Struct, frozen=True):
    """An order as the shop gives it, and what it tells of it afterwards."""

    order: Order
    events: list[OrderEvent]

    @property
    def whole(self) -> Order:
        """The order with all that happened to it."""
        return with_events(self.order, self.events)


def _told(
    customer: str,
    number: int,
    at: datetime,
    currency: str,
    total: int,
    products: Sequence[str],
    promised: datetime | None,
    events: list[OrderEvent],
) -> Told:
    order = Order(
        id=f"{customer}-{number}",
        customer_id=customer,
        placed_at=at,
        currency=currency,
        total=total,
        lines=[Line(product_id=product, quantity=2, unit_price=1) for product in products],
        promised_at=promised,
    )
    return Told(order, events)


def told(numbers: st.SearchStrategy[int]) -> st.SearchStrategy[Told]:
    """One order of one of three customers."""
    return st.builds(
        _told,
        st.sampled_from(CUSTOMERS),
        numbers,
        INSTANTS,
        st.sampled_from(["EUR", "USD", "JPY"]),
        st.integers(0, 10**6),
        st.lists(st.sampled_from(PRODUCTS), max_size=3),
        st.sampled_from([None, FIRST, FIRST + timedelta(days=20)]),
        st.lists(EVENTS, max_size=3),
    )


# Orders that may be given more than once, each time otherwise; and orders that are each given once.
HISTORIES = st.lists(told(st.integers(0, 9)), max_size=12)
DISTINCT = st.lists(told(st.integers(0, 50)), max_size=14, unique_by=lambda one: one.order.id)
