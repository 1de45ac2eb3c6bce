"""What imports and upserts cost by counts, which do not wobble: round trips to the database, and what they are for."""

import io
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.monitoring import CommandListener, CommandStartedEvent

from common.settings import Settings
from customers import importing
from storage.owed import PARTS
from tests.support.clock import ManualClock
from wiring import Services

HEAD = "order_id,customer_id,placed_at,product_id,quantity,unit_price,currency\n"


class Counting(CommandListener):
    """Counts a client's commands, by name and collection."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str, str]] = Counter()

    def started(self, event: CommandStartedEvent) -> None:
        """One more."""
        self.seen[event.command_name, str(event.command[event.command_name])] += 1

    def succeeded(self, event: Any) -> None:
        """Nothing to do."""

    def failed(self, event: Any) -> None:
        """Nothing to do."""


@pytest.fixture
def counting() -> Counting:
    """The counts of the counted services."""
    return Counting()


@pytest.fixture
def counted(settings: Settings, clock: ManualClock, counting: Counting) -> Iterator[Services]:
    """Services whose round trips are counted."""
    client: MongoClient[dict[str, Any]] = MongoClient(
        settings.mongodb_url, tz_aware=True, retryWrites=False, event_listeners=[counting]
    )
    services = Services(settings, clock)
    services.__dict__["database"] = client[settings.mongodb_database]
    yield services
    services.close()


def rows(first: int, count: int, customers: int) -> str:
    """A file of so many orders of one line."""
    numbers = range(first, first + count)
    return HEAD + "".join(f"o{n},c{n % customers},2026-01-0{1 + n % 9},p{n % 7},1,5.00,EUR\n" for n in numbers)


def taken(services: Services, counting: Counting, text: str) -> Counter[tuple[str, str]]:
    """The round trips of taking a file in."""
    job = services.importer.start("orders", io.BytesIO(text.encode()), "text/csv")
    counting.seen.clear()
    done = services.importer.run(job.id, most=importing.BATCH)
    assert done is not None
    assert (done.state, done.bad) == ("finished", 0)
    return Counter(counting.seen)


def test_a_thousand_rows_take_so_many_round_trips(counted: Services, counting: Counting) -> None:
    taken(counted, counting, rows(0, 10, customers=10))  # what is made once is made
    one = taken(counted, counting, rows(1_000, 500, customers=200))
    three = taken(counted, counting, rows(2_000, 1_500, customers=200))
    per_batch = (three.total() - one.total()) / 2
    assert per_batch <= 12
    # Each batch: one insert of orders, one statement for all profiles, one note and its removal, one checkpoint.
    wrote = {name: (three[name] - one[name]) / 2 for name in three if name[0] in ("insert", "update", "delete")}
    assert {name: count for name, count in wrote.items() if count} == {
        ("insert", "orders"): 1,
        ("update", "customers"): 1,
        ("insert", "unrolled"): 1,
        ("delete", "unrolled"): 1,
        ("update", "jobs"): 1,
    }
    # Nobody's orders are read again to know what they add up to.
    assert three["aggregate", "orders"] == 0


def test_the_same_file_again_writes_no_order_and_no_profile(counted: Services, counting: Counting) -> None:
    text = rows(0, 600, customers=50)
    taken(counted, counting, text)
    again = taken(counted, counting, text)
    assert [again["insert", name] + again["update", name] for name in ("orders", "customers", "unrolled")] == [0, 0, 0]


def test_a_large_file_writes_no_profile_until_its_end_and_then_each_once(counted: Services, counting: Counting) -> None:
    def owed(text: str) -> Counter[tuple[str, str]]:
        job = counted.importer.start("orders", io.BytesIO(text.encode()), "text/csv", large=0)
        counting.seen.clear()
        done = counted.importer.run(job.id, most=importing.BATCH)
        assert done is not None
        assert (done.state, done.bad) == ("finished", 0)
        return Counter(counting.seen)

    taken(counted, counting, rows(0, 10, customers=10))
    one = owed(rows(1_000, 500, customers=80))
    three = owed(rows(2_000, 1_500, customers=80))
    per_batch = {name: (three[name] - one[name]) / 2 for name in three if three[name] != one[name]}
    # A batch reads which orders there are, and writes those, a note, word that it holds, and how far the job is.
    assert {name: count for name, count in per_batch.items() if name[1] not in ("uploads", "aliases")} == {
        ("find", "orders"): 1,
        ("insert", "owed_profiles"): 1,
        ("insert", "orders"): 1,
        ("update", "owed_profiles"): 1,
        ("update", "jobs"): 1,
    }
    assert (one["update", "customers"], three["update", "customers"]) == (PARTS, PARTS)


def test_an_order_of_somebody_known_takes_a_read_and_a_trip_of_writes(counted: Services, counting: Counting) -> None:
    taken(counted, counting, rows(0, 10, customers=10))
    order = counted.orders.get(["o3"])["o3"]
    fields = {name: getattr(order, name) for name in ("customer_id", "placed_at", "currency", "total", "lines")}
    counting.seen.clear()
    counted.orders.upsert([type(order)(id="new", **fields)])
    # For the note's removal nobody waits.
    assert counting.seen == {
        ("find", "products"): 1,
        ("find", "customers"): 1,
        ("bulkWrite", "1"): 1,
        ("delete", "unrolled"): 1,
    }
    counting.seen.clear()
    counted.orders.upsert([type(order)(id="newer", **fields)])
    assert counting.seen["find", "products"] == 0  # their categories were read a moment ago
