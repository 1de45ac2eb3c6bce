"""What has happened that others react to.

There are no transactions, so an event is pushed into the `pending` list of the changed document by the
same update that makes the change; a leased pump moves it to the events. Its id is derived from what it
is about, so telling it twice is telling it once.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from common.ids import derive


class Event(msgspec.Struct, frozen=True, kw_only=True, rename={"id": "_id"}):
    """Something that happened to a customer."""

    id: str
    type: str
    at: datetime
    customer: str
    data: dict[str, Any] = {}


def event(type: str, at: datetime, customer: str, about: Sequence[str | int], **data: Any) -> Event:
    """An event whose id follows from its type and what it is about (an order's id, a redemption's id …)."""
    return Event(id=derive("event", type, *about), type=type, at=at, customer=customer, data=data)


class Events(Protocol):
    """The events that have been moved out of their documents."""

    def add(self, events: Sequence[Event]) -> set[str]:
        """Keep events; those already kept are left as they are, and their ids come back."""
        ...

    def waiting_for(self, consumer: str, limit: int) -> list[Event]:
        """The oldest events that this consumer has not yet done with."""
        ...

    def done(self, consumer: str, ids: Sequence[str]) -> None:
        """This consumer has done with these events."""
        ...

    def of_customer(self, customer: str, limit: int, before: datetime | None = None) -> list[Event]:
        """A customer's events, newest first."""
        ...
