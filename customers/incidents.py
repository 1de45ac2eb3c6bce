"""What went wrong with an order, and whether it has been put right. All of it follows from the order's events."""

from datetime import datetime
from typing import Literal, get_args

from customers.orders import Order, OrderEvent

Cause = Literal["delayed", "out_of_stock", "cancelled", "delivery_failed", "damaged", "wrong_item", "late"]

# How a trouble ends by what is told of its order.
Ending = Literal["", "delivered", "refunded", "shipped", "overtaken"]

CAUSES: frozenset[str] = frozenset(get_args(Cause))
# "late" is the only one that nobody tells us: it follows from what was promised.
LATE = "late"

_TOLD = CAUSES - {LATE}
# What an event makes good: a parcel that arrives ends the waiting, and is the replacement of what was broken or
# wrong; money makes good what the customer did not get or could not use, but not that the rest is still on its way.
_DELIVERY_ENDS = frozenset({"delayed", "out_of_stock", "delivery_failed", "damaged", "wrong_item"})
_MONEY_ENDS = frozenset({"out_of_stock", "damaged", "wrong_item"})
# Nothing is owed any more on an order that ended like this.
_OVER = frozenset({"cancelled", "refunded"})


def causes(order: Order) -> frozenset[str]:
    """All that ever went wrong with it, each once, by the words of `Cause`.

    `late` is an order whose first delivery came after `promised_at`, which is an instant: a shop that promises a
    day gives that day's end.
    """
    told = {event.type for event in order.events if event.type in _TOLD}
    return frozenset(told | {LATE}) if _late(order) else frozenset(told)


def is_open(order: Order) -> bool:
    """Whether something went wrong that was not put right since, by a delivery, by money, or by the order's end."""
    if order.state in _OVER:
        return False
    left: set[str] = set()
    for event in order.events:
        if event.type in _TOLD:
            left.add(event.type)
        elif event.type == "delivered":
            left -= _DELIVERY_ENDS
        elif _gives_money(event):
            left -= _MONEY_ENDS
    # A cancellation that was itself overtaken (the order was sent after all) leaves nothing to put right.
    return bool(left - {"cancelled"})


def ending(order: Order, cause: str) -> Ending:
    """How a trouble of an order ended, the latest word on it; "" while it stands.

    What is `overtaken` was put right by nobody: an order that was cancelled is not late any more, and one that was
    sent after all was not cancelled. Twice told, a trouble stands until it ends after the second time.
    """
    if cause == "cancelled":
        if order.state not in ("cancelled", "refunded"):
            return "overtaken"
        return "refunded" if order.total and order.refunded == order.total else ""
    if order.state == "cancelled":
        return "overtaken"
    if order.state == "refunded":
        return "refunded"
    ended: Ending = ""
    for event in order.events:
        if event.type == cause:
            ended = ""
        elif event.type == "delivered" and cause in _DELIVERY_ENDS | {LATE}:
            ended = "delivered"
        elif not ended and event.type == "shipped" and cause == "out_of_stock":
            ended = "shipped"
        elif _gives_money(event) and cause in _MONEY_ENDS:
            ended = "refunded"
    return ended


def told_of(order: Order, cause: str) -> OrderEvent | None:
    """The latest word of a trouble; None where none was said."""
    return next((event for event in reversed(order.events) if event.type == cause), None)


def told_since(order: Order, cause: str, noticed: datetime) -> OrderEvent | None:
    """The latest word of a trouble that was noticed then. Of what is late, that it is delayed is word, unless it is
    what had been said before.
    """
    if cause != LATE:
        return told_of(order, cause)
    told = told_of(order, "delayed")
    fresh = told is not None and (told.at >= noticed or (told.expected_at is not None and told.expected_at > noticed))
    return told if fresh else None


def date_since(order: Order, cause: str, noticed: datetime) -> datetime | None:
    """The date that was promised last, since a trouble was last told of or, where it was not, since it was noticed."""
    told = told_since(order, cause, noticed)
    since = told.at if told else noticed
    dates = [event.expected_at for event in order.events if event.expected_at and event.at >= since]
    return dates[-1] if dates else None


def last_at(order: Order) -> datetime | None:
    """When something last went wrong with it; None where nothing did."""
    told = [event.at for event in order.events if event.type in _TOLD]
    late = _late(order)
    return max([*told, late] if late else told, default=None)


def _late(order: Order) -> datetime | None:
    """When it came, where that was later than promised."""
    came = next((event.at for event in order.events if event.type == "delivered"), None)
    return came if came and order.promised_at and came > order.promised_at else None


def _gives_money(event: OrderEvent) -> bool:
    if event.type == "refunded":
        return event.amount is None or event.amount > 0
    return event.type == "returned" and bool(event.amount)
