"""The scheduler: one at a time, each chore when it is due, and nothing that ends it."""

from common.chores import Chore, Scheduler
from storage.leases import MongoLeases
from storage.mongo import Mongo
from tests.support.clock import ManualClock


def test_a_chore_is_done_when_it_is_due_and_not_before(database: Mongo, clock: ManualClock) -> None:
    done: list[str] = []
    scheduler = Scheduler([Chore("water", 60.0, lambda: done.append("water"))], MongoLeases(database, clock), clock)
    assert scheduler.tick() == ["water"]
    clock.advance(59)
    assert scheduler.tick() == []
    clock.advance(1)
    assert scheduler.tick() == ["water"]
    assert done == ["water", "water"]


def test_a_chore_that_fails_keeps_no_other_from_being_done(database: Mongo, clock: ManualClock) -> None:
    def fail() -> None:
        raise RuntimeError("no water")

    scheduler = Scheduler(
        [Chore("water", 60.0, fail), Chore("weed", 60.0, lambda: None)], MongoLeases(database, clock), clock
    )
    assert scheduler.tick() == ["weed"]


def test_of_two_schedulers_one_works_and_the_other_takes_over_when_it_dies(database: Mongo, clock: ManualClock) -> None:
    leases = MongoLeases(database, clock)
    first, second = (Scheduler([Chore("water", 1.0, lambda: None)], leases, clock) for _ in range(2))
    assert first.tick() == ["water"]
    assert second.tick() == []
    clock.advance(Scheduler.LEASE_SECONDS + 1)  # the first one is never heard of again
    assert second.tick() == ["water"]
    assert first.tick() == []


def test_a_scheduler_that_is_stopped_lets_another_take_over_at_once(database: Mongo, clock: ManualClock) -> None:
    leases = MongoLeases(database, clock)
    first, second = (Scheduler([Chore("water", 1.0, lambda: None)], leases, clock) for _ in range(2))
    first.tick()
    first.stop()
    assert second.tick() == ["water"]
