"""Events as they are kept, and the pump that moves them out of the documents they happened to.

A document's events stand in its `pending` list from the moment of the change. The pump copies them to
`events`, where a duplicate id is a no-op, and then empties the list if it is still the one it read; so
it may die anywhere and run twice at once.
"""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, get_args

from pymongo import UpdateOne

import storage
from common.events import Event
from customers.orders import OrderEventType
from storage.indexes import Index
from storage.mongo import Document, Documents, Mongo, from_documents, to_document
from storage.personal import Personal
from storage.writes import insert_new

# Who is told of every event; each consumer takes its name off an event's `todo` when it has done with it.
CONSUMERS = ("triggers", "referrals", "points", "engagement", "incidents", "surveys")

# Orders and the log of consents tell these themselves.
_KEPT_ELSEWHERE = [*(f"order_{name}" for name in get_args(OrderEventType)), "consent_changed"]

INDEXES = [
    Index(collection="events", keys=[("customer", 1), ("at", -1)]),
    Index(collection="events", keys=[("todo", 1), ("at", 1)]),
    Index(collection="events", keys=[("data.friend", 1)], only={"data.friend": {"$exists": True}}),
]
PERSONAL = [
    Personal(collection="events", customer="customer", export="events", hidden=["customer", "todo", "data.friend"]),
    Personal(collection="events", customer="data.friend", erase="nobody"),
]


def pending_index(collection: str) -> Index:
    """The index by which the pump finds a collection's documents; declare it beside `PUMPED`."""
    return Index(collection=collection, keys=[("pending_at", 1)], only={"pending_at": {"$exists": True}})


def pending_push(events: Sequence[Event]) -> Document:
    """What to merge into the update that makes a change, so that the change and its events are one."""
    return {
        "$push": {"pending": {"$each": [to_document(event) for event in events]}},
        "$set": {"pending_at": max(event.at for event in events)},
    }


def pending_fields(events: Sequence[Event]) -> Document:
    """The same for a document that is inserted."""
    return {
        "pending": [to_document(event) for event in events],
        "pending_at": max(event.at for event in events),
    }


class MongoEvents:
    """Events in MongoDB."""

    def __init__(self, database: Mongo) -> None:
        self._database = database
        self._events: Documents = database["events"]

    def add(self, events: Sequence[Event]) -> set[str]:
        """Keep events; those already kept are left as they are, and their ids come back."""
        given = {event.id: event for event in events}
        known = {one["_id"] for one in self._events.find({"_id": {"$in": list(given)}}, {"_id": 1})} if given else set()
        fresh = [to_document(event) for id, event in given.items() if id not in known]  # noqa: A001
        return known | (self._keep(fresh) if fresh else set())

    def waiting_for(self, consumer: str, limit: int) -> list[Event]:
        """The oldest events that this consumer has not yet done with."""
        return from_documents(self._events.find({"todo": consumer}).sort("at", 1).limit(limit), Event)

    def done(self, consumer: str, ids: Sequence[str]) -> None:
        """This consumer has done with these events."""
        self._events.update_many({"_id": {"$in": list(ids)}, "todo": consumer}, {"$pull": {"todo": consumer}})

    def of_customer(self, customer: str, limit: int, before: datetime | None = None) -> list[Event]:
        """A customer's events, newest first; `before` leaves out those at or after an instant."""
        query: Document = {"customer": customer} | ({"at": {"$lt": before}} if before else {})
        return from_documents(self._events.find(query).sort("at", -1).limit(limit), Event)

    def others_of(self, customer: str, limit: int, before: tuple[datetime, str] | None) -> list[Event]:
        """A customer's events but for those that are kept elsewhere; newest first, `before` is the last one known."""
        query: Document = {"customer": customer, "type": {"$nin": _KEPT_ELSEWHERE}}
        if before:
            at, id = before  # noqa: A001  # as the domain calls it
            query["$or"] = [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": id}}]
        return from_documents(self._events.find(query).sort([("at", -1), ("_id", -1)]).limit(limit), Event)

    def forget(self, customer: str) -> None:
        """Remove all events of a customer."""
        self._events.delete_many({"customer": customer})

    def pump(self, limit: int = 1_000) -> int:
        """Move pending events of up to `limit` documents of each kind; how many events it moved."""
        return sum(self._pump(self._database[collection], limit) for collection in pumped())

    def _pump(self, source: Documents, limit: int) -> int:
        found = list(source.find({"pending_at": {"$exists": True}}, {"pending": 1}).limit(limit))
        events = [event for document in found for event in document.get("pending", [])]
        if events:
            self._keep(events)
        if found:
            source.bulk_write([_emptied(document) for document in found], ordered=False)
        return len(events)

    def _keep(self, events: Sequence[Mapping[str, Any]]) -> set[str]:
        return insert_new(self._events, [{**event, "todo": list(CONSUMERS)} for event in events])


def _emptied(document: Document) -> UpdateOne:
    """Empties a list that still is the one that was read: events are only ever appended, or all taken away."""
    pending = document.get("pending", [])
    unchanged: Document = {"_id": document["_id"], "pending": {"$size": len(pending)}}
    if pending:
        unchanged["pending.0._id"] = pending[0]["_id"]
    return UpdateOne(unchanged, {"$unset": {"pending": "", "pending_at": ""}})


def pumped() -> list[str]:
    """The collections whose documents hold pending events: each storage module that has one says so in `PUMPED`."""
    modules = (importlib.import_module(f"storage.{module.name}") for module in pkgutil.iter_modules(storage.__path__))
    return sorted({module.PUMPED for module in modules if hasattr(module, "PUMPED")})
