"""Events move from where they happened to where they are read, each once, wherever the pump dies."""

from datetime import timedelta

import pytest

from common.events import Event, event
from storage.events import MongoEvents, pending_fields, pending_push, pumped
from storage.mongo import Mongo
from tests.support.clock import START


def happened(number: int, customer: str = "ana") -> Event:
    return event("order_shipped", START + timedelta(minutes=number), customer, [number], number=number)


def ids(events: list[Event]) -> list[int]:
    return [one.data["number"] for one in events]


@pytest.fixture
def events(database: Mongo) -> MongoEvents:
    """Events in the test's database."""
    return MongoEvents(database)


def test_collections_with_pending_events_are_found_by_themselves() -> None:
    assert {"customers", "orders"} <= set(pumped())


def test_pending_events_are_moved_in_the_order_they_happened(database: Mongo, events: MongoEvents) -> None:
    database["orders"].insert_one({"_id": "o1", **pending_fields([happened(2)])})
    database["orders"].update_one({"_id": "o1"}, pending_push([happened(1), happened(3)]))
    database["customers"].insert_one({"_id": "bo", **pending_fields([happened(9, "bo")])})
    assert events.pump() == 4
    assert events.pump() == 0
    assert ids(events.waiting_for("triggers", 10)) == [1, 2, 3, 9]
    assert ids(events.waiting_for("triggers", 2)) == [1, 2]
    assert ids(events.of_customer("ana", 2)) == [3, 2]
    assert ids(events.of_customer("ana", 9, START + timedelta(minutes=2))) == [1]
    assert database["orders"].find_one({"_id": "o1"}) == {"_id": "o1"}


def test_what_a_consumer_has_done_with_does_not_come_again(events: MongoEvents) -> None:
    events.add([happened(1), happened(2)])
    events.add([happened(1), happened(3)])
    first = events.waiting_for("triggers", 1)
    events.done("triggers", [first[0].id])
    events.add([happened(1)])
    assert ids(events.waiting_for("triggers", 10)) == [2, 3]
    assert events.waiting_for("somebody else", 10) == []


def test_an_event_pushed_while_the_pump_reads_is_not_lost(database: Mongo) -> None:
    class Interrupted(MongoEvents):
        """Something happens between the pump's reading and its emptying."""

        def _keep(self, given: list[Event]) -> None:  # type: ignore[override]  # told apart by nothing else
            super()._keep(given)  # type: ignore[arg-type]
            database["orders"].update_one({"_id": "o1"}, pending_push([happened(2)]))

    database["orders"].insert_one({"_id": "o1", **pending_fields([happened(1)])})
    Interrupted(database).pump()
    events = MongoEvents(database)
    assert events.pump() == 2
    assert events.pump() == 0
    assert ids(events.waiting_for("triggers", 10)) == [1, 2]


def test_another_pump_that_was_faster_takes_nothing_away(database: Mongo) -> None:
    class Slow(MongoEvents):
        """Another pump empties the list, and something new happens, before this one comes to empty it."""

        def _keep(self, given: list[Event]) -> None:  # type: ignore[override]  # told apart by nothing else
            super()._keep(given)  # type: ignore[arg-type]
            MongoEvents(database).pump()
            database["orders"].update_one({"_id": "o1"}, pending_push([happened(2)]))

    database["orders"].insert_one({"_id": "o1", **pending_fields([happened(1)])})
    Slow(database).pump()
    assert MongoEvents(database).pump() == 1
    assert ids(MongoEvents(database).waiting_for("triggers", 10)) == [1, 2]


def test_the_events_of_a_customer_can_be_forgotten(events: MongoEvents) -> None:
    events.add([happened(1), happened(2, "bo")])
    events.forget("ana")
    assert events.of_customer("ana", 9) == []
    assert ids(events.of_customer("bo", 9)) == [2]
