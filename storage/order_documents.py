"""New orders as they are kept, with what is told of those that are news."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from common.events import Event, event
from customers.orders import Order
from storage.events import pending_fields
from storage.mongo import Document, to_documents

# An order placed longer ago than this is history when we first hear of it: nobody is to be thanked for it now.
NEWS = timedelta(days=3)


def documents_of(orders: Sequence[Order], buyers: set[str], now: datetime) -> list[Document]:
    """New orders as documents, in their sequence; `buyers` had an order before."""
    told = _placed(orders, buyers, now)
    documents = to_documents(orders)
    for order, document in zip(orders, documents, strict=True):
        document["version"] = 1
        if order.id in told:
            document |= pending_fields([told[order.id]])
    return documents


def _placed(orders: Sequence[Order], buyers: set[str], now: datetime) -> dict[str, Event]:
    """The event of each order that is news, which says whether it is its customer's first."""
    recent = sorted((order for order in orders if order.placed_at >= now - NEWS), key=lambda one: one.placed_at)
    told: dict[str, Event] = {}
    seen = set(buyers)
    for order in recent:
        told[order.id] = event(
            "order_placed",
            order.placed_at,
            order.customer_id,
            [order.id],
            order=order.id,
            total=order.total,
            currency=order.currency,
            first=order.customer_id not in seen,
        )
        seen.add(order.customer_id)
    return told
