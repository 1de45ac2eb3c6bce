"""T1 for imports: the worker is killed, again and again: no row is lost, none taken twice.

The file has all that makes going on hard: it is packed, cells are carried down, the lines of an order meet at batches'
borders, and some rows come back. What it comes to is compared with the same file taken in undisturbed.
"""

import gzip
import io
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cli.embedded import free_port, mongodb
from cli.supervisor import Supervisor
from common.jobs import Job
from common.settings import Settings
from customers import importing
from customers.columns import ColumnMap, Returns
from customers.opening import Asked
from customers.profile import reckon
from storage.indexes import ensure
from tests.support.clock import ManualClock
from tests.support.processes import eventually
from wiring import Services

ORDERS = 4_000 if os.environ.get("ENCORE_FAULTS") == "full" else 900
FAULTS = 10 if os.environ.get("ENCORE_FAULTS") == "full" else 3
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


def started(services: Services) -> Job:
    return services.importer.start(
        "orders", io.BytesIO(packed_file()), "text/csv", Asked(said=ColumnMap(kind="orders"), named=MAP)
    )


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


def check(services: Services, job: Job, undisturbed: dict[str, Any]) -> None:
    assert outcome(services, job) == undisturbed
    services.orders.roll_up_left_over()
    ids = sorted({one["customer_id"] for one in services.database["orders"].find({}, {"customer_id": 1})})
    assert len(ids) == 60
    for customer in services.customers.get(ids).values():
        assert customer.profile.spend == reckon(services.orders.of_customer(customer.id)).spend


@pytest.fixture
def own(settings: Settings, clock: ManualClock, tmp_path: Path) -> Iterator[tuple[Services, "Server"]]:
    """Services with a database server of their own."""
    with Supervisor(tmp_path / "logs") as supervisor:
        server = Server(supervisor, tmp_path / "mongodb")
        url = f"mongodb://127.0.0.1:{server.port}"
        services = Services(msgspec.structs.replace(settings, mongodb_url=url, mongodb_database="faults"), clock)
        ensure(services.database)
        yield services, server
        services.close()


class Server:
    """A database server."""

    def __init__(self, supervisor: Supervisor, directory: Path) -> None:
        self._supervisor, self._directory = supervisor, directory
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Start it on its data."""
        self._process = self._supervisor.start(mongodb(self._directory, self.port, cache="256M"))


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


def test_a_worker_killed_again_and_again_loses_no_row_and_takes_none_twice(
    undisturbed: dict[str, Any], own: tuple[Services, Server], clock: ManualClock
) -> None:
    services, _ = own
    chance = random.Random(SEED)
    clock.set(datetime.now(UTC))  # the workers have a real clock
    job = started(services)
    for _ in range(FAULTS):
        before = now_of(services, job)
        process = worker(services, job)
        eventually(lambda before=before: now_of(services, job).done > before.done, 30)  # type: ignore[misc]
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
    check(services, finished, undisturbed)
