"""T1 and T4 for imports: the worker or the database is killed or frozen, again and again: no row lost, none twice.

The file has all that makes going on hard: it is packed, cells are carried down, the lines of an order meet at batches'
borders, and some rows come back. What it comes to is compared with the same file taken in undisturbed.
"""

import gzip
import io
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from werkzeug.test import TestResponse

from api.app import create_app
from common.jobs import Job
from common.settings import Settings
from customers import importing
from customers.columns import ColumnMap, Returns
from customers.opening import Asked
from customers.profile import reckon
from storage.indexes import ensure
from tests.support.breakable import Breakable
from tests.support.clock import ManualClock
from tests.support.fleet import Fleet, fleet
from tests.support.processes import eventually
from wiring import Services

ORDERS = 8_000 if os.environ.get("ENCORE_FAULTS") == "full" else 900
FAULTS = 10 if os.environ.get("ENCORE_FAULTS") == "full" else 3
DATABASE_FAULTS = 10 if os.environ.get("ENCORE_FAULTS") == "full" else 1
# Whether profiles are owed until the end.
KINDS = [True, False] if DATABASE_FAULTS > 1 else [True]
# How much of an upload has come when the database goes.
AFTER = [number / 10 for number in range(1, 11)] if DATABASE_FAULTS > 1 else [0.5, 1.0]
PEOPLE = 3_000
# Seconds. A connection waits for 30.
FROZEN = 29.0 if os.environ.get("ENCORE_FAULTS") == "full" else 2.0
SEED = int(os.environ.get("ENCORE_FAULTS_SEED", "20261122"))
MAP = ColumnMap(
    kind="orders",
    columns={
        "order_id": "no", "email": "mail", "placed_at": "at", "product_id": "sku", "quantity": "many",
        "unit_price": "each", "currency": "money",
    },
    carry_down=True,
    known_by="email",
    returns=Returns(negative_quantity=True),
)  # fmt: skip
WORKER = """
import sys, time
from datetime import UTC, datetime
from common.settings import Settings
from wiring import Services
import msgspec
settings = msgspec.json.decode(sys.stdin.read(), type=Settings)
Services(settings).importer.run(sys.argv[1])
"""


def packed_file() -> bytes:
    """Orders of three lines, a tenth with a bad row; a return for every ninth."""
    rows = ["no,mail,at,sku,many,each,money"]
    for number in range(ORDERS):
        rows.append(f"o{number},c{number % 60}@example.com,2025-01-{1 + number % 28:02},a{number % 7},2,10.00,EUR")
        rows.append(f"o{number},,,b{number % 5},{'none' if number % 10 == 0 else 1},5.00,")
        rows.append(f"o{number},,,b{number % 5},1,5.00,")
        if number % 9 == 0:
            rows.append(f"r{number},c{number % 60}@example.com,2025-03-01,a{number % 7},-1,10.00,EUR")
    return gzip.compress("\n".join(rows).encode())


def started(services: Services, *, owing: bool = False) -> Job:
    """An import that owes profiles until its end, or one whose profiles follow at once."""
    asked = Asked(said=ColumnMap(kind="orders"), named=MAP)
    return services.importer.start("orders", io.BytesIO(packed_file()), "text/csv", asked, 0 if owing else 10**9)


def outcome(services: Services, job: Job) -> dict[str, Any]:
    """What of an import must be the same, whatever happened meanwhile."""
    orders = {
        one["_id"]: (one["customer_id"], one["total"], one.get("refunded", 0), one["lines"], one["import_rows"])
        for one in services.database["orders"].find()
    }
    bad = [(row.line, row.kind) for row in services.importer.bad_rows(job.id)]
    return {"orders": orders, "bad": bad, "job": (job.done, job.good, job.bad, job.refused, job.notes)}


@pytest.fixture
def undisturbed(services: Services) -> dict[str, Any]:
    """What the file comes to when nothing happens."""
    job = services.importer.run(started(services).id)
    assert job is not None
    assert (job.state, job.bad) == ("finished", ORDERS // 10)
    return outcome(services, job)


def check(services: Services, job: Job, undisturbed: dict[str, Any], *, owing: bool = False) -> None:
    """All is as if nothing had happened; where profiles were owed, they have followed before the job was over."""
    assert outcome(services, job) == undisturbed
    if not owing:
        services.orders.roll_up_left_over()
    ids = sorted({one["customer_id"] for one in services.database["orders"].find({}, {"customer_id": 1})})
    assert len(ids) == 60
    for customer in services.customers.get(ids).values():
        assert customer.profile == reckon(services.orders.of_customer(customer.id))
    while services.orders.roll_up_left_over():  # notes of who died while writing orders
        pass
    assert [services.database[name].count_documents({}) for name in ("unrolled", "owed_profiles")] == [0, 0]


@pytest.fixture
def own(settings: Settings, clock: ManualClock, tmp_path: Path) -> Iterator[tuple[Services, Breakable]]:
    """Services with a database server of their own, and queues that nobody else rings for."""
    with Breakable(tmp_path / "mongodb") as server:
        own = msgspec.structs.replace(
            settings, mongodb_url=server.url, mongodb_database="faults", redis_prefix=f"{settings.redis_prefix}-own"
        )
        services = Services(own, clock)
        ensure(services.database)
        yield services, server
        services.close()


@pytest.fixture
def crew(own: tuple[Services, Breakable], tmp_path: Path) -> Iterator[Fleet]:
    """A scheduler and a worker of those services, as they run in a shop."""
    with fleet(tmp_path / "fleet", own[0].settings) as crew:
        yield crew


def worker(services: Services, job: Job) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", WORKER, job.id], stdin=subprocess.PIPE, text=True)
    assert process.stdin is not None
    process.stdin.write(msgspec.json.encode(services.settings).decode())
    process.stdin.close()
    return process


def now_of(services: Services, job: Job) -> Job:
    found = services.jobs.get(job.id)
    assert found is not None
    return found


@pytest.mark.parametrize("owing", KINDS)
def test_a_worker_killed_again_and_again_loses_no_row_and_takes_none_twice(
    undisturbed: dict[str, Any], own: tuple[Services, Breakable], clock: ManualClock, *, owing: bool
) -> None:
    services, _ = own
    chance = random.Random(SEED)
    clock.set(datetime.now(UTC))  # the workers have a real clock
    job = started(services, owing=owing)
    for _ in range(FAULTS):
        before = now_of(services, job)
        process = worker(services, job)
        eventually(partial(got_on, services, job, before), 30)
        time.sleep(chance.uniform(0, 0.3))
        process.kill()
        process.wait()
        # The dead one's lease is the real clock's; nobody waits for it here.
        services.database["jobs"].update_one({"_id": job.id, "open": True}, {"$set": {"lease_until": clock.now()}})
    clock.advance(importing.LEASE.total_seconds() + 1)
    services.importer.run(job.id)
    finished = now_of(services, job)
    assert finished.state == "finished"
    clock.advance(600)
    check(services, finished, undisturbed, owing=owing)


def got_on(services: Services, job: Job, before: Job) -> bool:
    """Whether an import has come further than before, or is over."""
    now = now_of(services, job)
    return (now.done, now.detail) != (before.done, before.detail) or now.state in ("finished", "failed")


def disturbed(
    services: Services, crew: Fleet, clock: ManualClock, disturb: Callable[[float], None], *, owing: bool
) -> Job:
    """Import the file with a real worker, disturbed each time it got on; the job as it is when it is over.

    `disturb` takes a chance from 0 to 1. What is killed must be taken up by itself.
    """
    chance = random.Random(SEED)
    clock.set(datetime.now(UTC))  # the worker has a real clock
    job = started(services, owing=owing)
    crew.man(1)
    hits = 0
    for _ in range(DATABASE_FAULTS):
        before = now_of(services, job)
        on = partial(got_on, services, job, before)
        assert eventually(on, 120), crew.complaints()
        time.sleep(chance.uniform(0, 0.3))
        hits += now_of(services, job).state == "running"
        disturb(chance.random())
    assert eventually(lambda: now_of(services, job).state in ("finished", "failed"), 120), crew.complaints()
    sys.stdout.write(f"\n{hits} of {DATABASE_FAULTS} while it was under way\n")
    assert hits
    return now_of(services, job)


@pytest.mark.parametrize("owing", KINDS)
def test_a_database_killed_and_started_again_during_an_import_loses_no_row_and_takes_none_twice(
    undisturbed: dict[str, Any], own: tuple[Services, Breakable], crew: Fleet, clock: ManualClock, *, owing: bool
) -> None:
    services, server = own

    def disturb(chance: float) -> None:
        server.kill()
        time.sleep(chance)
        server.start()

    job = disturbed(services, crew, clock, disturb, owing=owing)
    assert job.state == "finished", job.detail
    clock.set(datetime.now(UTC))
    clock.advance(600)
    check(services, job, undisturbed, owing=owing)


@pytest.mark.parametrize("owing", KINDS)
def test_a_database_frozen_during_an_import_loses_no_row_and_takes_none_twice(
    undisturbed: dict[str, Any], own: tuple[Services, Breakable], crew: Fleet, clock: ManualClock, *, owing: bool
) -> None:
    services, server = own

    def disturb(chance: float) -> None:
        server.freeze()
        time.sleep(FROZEN + 3 * chance)  # at full size on either side of what a connection waits for
        server.thaw()

    job = disturbed(services, crew, clock, disturb, owing=owing)
    assert job.state == "finished", job.detail
    clock.set(datetime.now(UTC))
    clock.advance(600)
    check(services, job, undisturbed, owing=owing)


class Disturbing(io.BytesIO):
    """A body that does something when so much of it has been read."""

    def __init__(self, content: bytes, after: float, what: Callable[[], None]) -> None:
        super().__init__(content)
        self._after = int(len(content) * after)
        self._what: Callable[[], None] | None = what

    def readinto(self, buffer: Any) -> int:
        """The next piece."""
        found = super().readinto(buffer)
        if self.tell() >= self._after and self._what:
            what, self._what = self._what, None
            what()
        return found


def upload(services: Services, body: Disturbing) -> TestResponse:
    """Send a file of customers to the API."""
    _, secret = services.keys.create("tests", ["admin"])
    return (
        create_app(services)
        .test_client()
        .post(
            "/v1/imports/customers",
            input_stream=body,
            content_type="text/csv",
            headers={"Authorization": f"Bearer {secret}"},
        )
    )


def people_file() -> bytes:
    """Some chunks' worth of customers."""
    return b"customer_id,first_name\n" + b"".join(b"c%d,%s\n" % (number, b"Ana" * 60) for number in range(PEOPLE))


@pytest.mark.parametrize("after", AFTER)
def test_an_upload_whose_database_is_killed_is_not_taken_leaves_nothing_and_is_taken_when_sent_again(
    own: tuple[Services, Breakable], clock: ManualClock, after: float
) -> None:
    services, server = own
    answer = upload(services, Disturbing(people_file(), after, server.kill))
    assert answer.status_code == 503, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    assert int(answer.headers["Retry-After"]) >= 1
    server.start()
    assert services.database["jobs"].count_documents({}) == 0
    again = upload(services, Disturbing(people_file(), 1.0, lambda: None))
    assert again.status_code == 202, again.get_data(as_text=True)
    clock.advance(importing.ABANDONED.total_seconds() + 1)
    services.importer.tidy()
    assert services.database["uploads"].distinct("upload") == [again.get_json()["id"]]
    taken = services.importer.run(again.get_json()["id"])
    assert taken is not None
    assert (taken.state, taken.good, taken.bad) == ("finished", PEOPLE, 0)
    assert services.database["customers"].count_documents({}) == PEOPLE
    assert services.database["uploads"].count_documents({}) == 0


def test_an_upload_whose_database_freezes_is_whole_when_it_is_taken(
    own: tuple[Services, Breakable], clock: ManualClock
) -> None:
    services, server = own
    thawing = threading.Timer(FROZEN, server.thaw)

    def freeze() -> None:
        server.freeze()
        thawing.start()

    answer = upload(services, Disturbing(people_file(), 0.5, freeze))
    thawing.join()
    if answer.status_code == 202:
        taken = services.importer.run(answer.get_json()["id"])
        assert taken is not None
        assert (taken.state, taken.good) == ("finished", PEOPLE)
    else:  # frozen for longer than a connection waits
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
        assert FROZEN > 20
        assert services.database["jobs"].count_documents({}) == 0
    clock.advance(importing.ABANDONED.total_seconds() + 1)
    services.importer.tidy()
    assert services.database["uploads"].count_documents({}) == 0
