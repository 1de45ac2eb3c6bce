"""Site events are counted once each, wherever whoever counts dies, and however many count at once."""

import threading
from collections.abc import Mapping, Sequence
from datetime import timedelta

import msgspec
import pytest

from common.events import Event
from customers.customer import Customer
from customers.engagement import CONSUMER, Engagement, Site, counted
from storage.engagement import MongoSites
from storage.mongo import Mongo
from tests.support.clock import START
from wiring import Services


def viewed(number: int, customer: str = "ana") -> Event:
    data = {"product_id": f"p{number % 7}"}
    at = START + timedelta(minutes=number * 7 % 50)
    return Event(id=f"{customer}-{number:03}", type="product_viewed", at=at, customer=customer, data=data)


def kept(services: Services, customer: str = "ana") -> Site:
    return msgspec.convert(services.customers.get([customer])[customer].engagement, Site)


def plain(site: Site) -> Site:
    return msgspec.structs.replace(site, round=0, applied=[])


def test_what_was_seen_is_counted_once_however_often_it_is_told(services: Services) -> None:
    services.customers.upsert([Customer(id="ana"), Customer(id="bo")])
    events = [viewed(number, customer) for number in range(20) for customer in ("ana", "bo")]
    for part in (events[:15], events[10:], events):
        services.events.add(part)
        services.engagement.react()
    for customer in ("ana", "bo"):
        assert plain(kept(services, customer)) == counted(Site(), [e for e in events if e.customer == customer])
    assert services.events.waiting_for(CONSUMER, 9) == []


def test_events_of_nobody_and_of_others_are_done_with_and_counted_nowhere(services: Services) -> None:
    services.customers.upsert([Customer(id="ana")])
    services.events.add([viewed(1, "erased"), msgspec.structs.replace(viewed(2), type="order_placed")])
    assert services.engagement.react() == 2
    assert kept(services) == Site()
    assert services.events.waiting_for(CONSUMER, 9) == []


class Dies(Exception):
    """The process is gone."""


class Fragile(MongoSites):
    """Dies before or after a write."""

    def __init__(self, database: Mongo, before: bool) -> None:
        super().__init__(database)
        self._before = before

    def write(self, changes: Mapping[str, tuple[Site, Site]]) -> bool:
        """As said."""
        if not self._before:
            super().write(changes)
        raise Dies


@pytest.mark.parametrize("before", [True, False])
def test_a_count_that_died_is_made_good_and_not_doubled(services: Services, database: Mongo, before: bool) -> None:
    services.customers.upsert([Customer(id="ana")])
    events = [viewed(number) for number in range(9)]
    services.events.add(events[:5])
    with pytest.raises(Dies):
        Engagement(services.events, Fragile(database, before)).react()
    services.events.add(events)
    services.engagement.react()
    assert plain(kept(services)) == counted(Site(), events)


def test_somebody_faster_between_reading_and_writing_takes_nothing_and_doubles_nothing(
    services: Services, database: Mongo
) -> None:
    services.customers.upsert([Customer(id="ana")])
    events = [viewed(number) for number in range(6)]
    services.events.add(events[:3])

    class Slow(MongoSites):
        """Another counts all, and more, before this one comes to write."""

        def waiting(self, ids: Sequence[str]) -> set[str]:
            """As said."""
            still = super().waiting(ids)
            services.engagement.react()
            services.events.add(events[3:])
            services.engagement.react()
            return still

    Engagement(services.events, Slow(database)).react()
    services.engagement.react()
    assert plain(kept(services)) == counted(Site(), events)


def test_many_at_once_count_each_once(services: Services) -> None:
    people = [f"c{number}" for number in range(5)]
    services.customers.upsert([Customer(id=person) for person in people])
    events = [viewed(number, person) for person in people for number in range(40)]

    def work() -> None:
        for _ in range(6):
            services.engagement.react()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for start in range(0, len(events), 25):
        services.events.add(events[start : start + 25])
    for thread in threads:
        thread.join()
    while services.events.waiting_for(CONSUMER, 1):
        services.engagement.react()
    for person in people:
        assert plain(kept(services, person)) == counted(Site(), [e for e in events if e.customer == person])


def test_two_who_are_merged_did_on_the_site_what_both_did_once(services: Services) -> None:
    services.customers.upsert([Customer(id="ana"), Customer(id="anna")])
    events = [viewed(number, "ana") for number in range(5)] + [viewed(number, "anna") for number in range(3, 9)]
    services.events.add(events[:8])
    services.engagement.react()
    services.events.add(events[8:])  # known, and not yet counted
    services.merger.merge("ana", "anna")
    services.engagement.react()
    both = [msgspec.structs.replace(event, customer="ana") for event in events]
    assert plain(kept(services)) == counted(Site(), both)
