"""What happened to an order, in a sentence for whoever looks at a customer's history."""

from datetime import datetime
from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision

from customers.order_events import OrderEvent, OrderEventType
from customers.orders import Order, money_back

_WHAT: dict[OrderEventType, str] = {
    "placed": "Placed",
    "shipped": "Shipped",
    "out_for_delivery": "Out for delivery",
    "delayed": "Delayed",
    "out_of_stock": "Something is out of stock",
    "cancelled": "Cancelled",
    "delivery_failed": "Could not be delivered",
    "delivered": "Delivered",
    "damaged": "Arrived damaged",
    "wrong_item": "The wrong thing was sent",
    "returned": "Came back",
    "refunded": "Refunded",
}


def placed(order: Order) -> str:
    """That it was placed, and for how much."""
    return f"Placed, {_money(order.total, order.currency)} in all."


def in_words(order: Order, event: OrderEvent) -> str:
    """One of the order's events as a sentence."""
    parts = [_WHAT[event.type]]
    if event.type == "delivered" and order.promised_at and event.at > order.promised_at:
        parts.append(f"later than promised for {_day(order.promised_at)}")
    if event.type == "returned":
        parts = [_came_back(event)]
    amount = money_back(order, event)
    if amount:
        parts.append(f"{_money(amount, order.currency)} given back")
    if event.carrier:
        parts.append(f"by {event.carrier}")
    if event.expected_at:
        parts.append(f"now expected on {_day(event.expected_at)}")
    return ", ".join(parts) + (f": {event.reason}." if event.reason else ".")


def _came_back(event: OrderEvent) -> str:
    if not event.lines:
        return "All of it came back"
    return " and ".join(f"{line.quantity} of {line.product_id}" for line in event.lines) + " came back"


def _money(amount: int, currency: str) -> str:
    return format_currency(Decimal(amount).scaleb(-get_currency_precision(currency)), currency, locale="en")


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"
