"""All that happened with a customer, newest first: what their orders say of themselves, and every other event."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

import msgspec

from common.errors import Invalid
from common.events import Event
from customers.order_words import in_words, placed
from customers.orders import Order, OrderHistory


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened; `id` sorts those of one instant."""

    id: str
    type: str
    at: datetime
    data: dict[str, Any] = {}

    @property
    def cursor(self) -> str:
        """Where the next page starts."""
        return cursor_of(self.at, self.id)


class CustomerEvents(Protocol):
    """A customer's events, but for those of their orders."""

    def others_of(self, customer: str, limit: int, before: tuple[datetime, str] | None) -> list[Event]:
        """Newest first; `before` is the instant and the id of the last one already known."""
        ...

    def forget(self, customer: str) -> None:
        """Remove all events of a customer."""
        ...


def timeline(orders: OrderHistory, events: CustomerEvents, customer: str, after: str, limit: int) -> list[Entry]:
    """Up to `limit` entries; `after` is the cursor of the last one already seen, "" for none.

    Raises Invalid for a cursor that was never one.
    """
    before = place_of(after) if after else None
    told = [_entry(event) for event in events.others_of(customer, limit, before)]
    told += [entry for order in orders.of_customer(customer) for entry in _of_order(order)]
    entries = sorted(told, key=_place, reverse=True)
    return [entry for entry in entries if before is None or _place(entry) < before][:limit]


def cursor_of(at: datetime, id: str) -> str:
    """Where a page ends that goes back in time."""
    return f"{at.isoformat()}~{id}"


def place_of(cursor: str) -> tuple[datetime, str]:
    """The instant and the id that a cursor names; raises Invalid for a cursor that was never one."""
    at, _, id = cursor.partition("~")  # noqa: A001  # as the domain calls it
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        raise Invalid.field("after", "Not the `next` of a page.") from None
    if instant.tzinfo is None or not id:
        raise Invalid.field("after", "Not the `next` of a page.")
    return instant, id


def _place(entry: Entry) -> tuple[datetime, str]:
    return entry.at, entry.id


def _entry(event: Event) -> Entry:
    return Entry(id=event.id, type=event.type, at=event.at, data=event.data)


def _of_order(order: Order) -> Iterable[Entry]:
    bought = {"order": order.id, "total": order.total, "currency": order.currency, "text": placed(order)}
    yield Entry(id=f"{order.id}-placed", type="order_placed", at=order.placed_at, data=bought)
    for event in order.events:
        if event.type != "placed":
            told = msgspec.to_builtins(event) | {"order": order.id, "text": in_words(order, event)}
            data = {name: value for name, value in told.items() if name not in ("type", "at", "id")}
            about = "-".join((order.id, event.type, event.id)).rstrip("-")
            yield Entry(id=about, type=f"order_{event.type}", at=event.at, data=data)
