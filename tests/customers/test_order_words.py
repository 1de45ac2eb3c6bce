"""What happened to an order, in words."""

from datetime import timedelta
from typing import Any

import pytest

from customers.order_events import EventLine, OrderEvent, OrderEventType
from customers.order_words import in_words, placed
from customers.orders import Order
from tests.support.clock import START

ORDER = Order(
    id="o1", customer_id="ana", placed_at=START, currency="EUR", total=4_000, promised_at=START + timedelta(days=3)
)
CD = EventLine(product_id="cd", quantity=2)
LP = EventLine(product_id="lp", quantity=1)


@pytest.mark.parametrize(
    ("type", "more", "days", "words"),
    [
        ("shipped", {"carrier": "CTT"}, 1, "Shipped, by CTT."),
        ("delayed", {"expected_at": START + timedelta(days=8)}, 1, "Delayed, now expected on 2026-03-10."),
        ("delivery_failed", {"reason": "nobody at home"}, 1, "Could not be delivered: nobody at home."),
        ("delivered", {}, 3, "Delivered."),
        ("delivered", {}, 4, "Delivered, later than promised for 2026-03-05."),
        ("damaged", {}, 4, "Arrived damaged."),
        ("returned", {}, 4, "All of it came back."),
        ("returned", {"lines": [CD, LP], "amount": 1_250}, 4, "2 of cd and 1 of lp came back, €12.50 given back."),
        ("refunded", {}, 4, "Refunded, €40.00 given back."),
        ("refunded", {"amount": 0}, 4, "Refunded."),
    ],
)
def test_an_event_is_told_in_a_sentence(type: OrderEventType, more: dict[str, Any], days: int, words: str) -> None:
    assert in_words(ORDER, OrderEvent(type=type, at=START + timedelta(days=days), **more)) == words


def test_money_has_the_digits_of_its_currency() -> None:
    assert placed(ORDER) == "Placed, €40.00 in all."
    assert (
        placed(Order(id="o", customer_id="a", placed_at=START, currency="JPY", total=4_000)) == "Placed, ¥4,000 in all."
    )
