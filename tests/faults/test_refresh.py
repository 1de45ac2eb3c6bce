"""T1 for scores: a worker is killed in the middle of a refresh, before a batch is written or before it is noted."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from common.settings import Settings
from segments import statistics
from segments.lapse import Basis
from storage.histories import MongoHistories
from tests.support.clock import ManualClock
from tests.support.office import Bell
from wiring import Services

NUMBER, BATCH, BATCHES = 120, 10, 5
DAY = timedelta(days=1)
WORKER = """
import sys, time
import msgspec
from common.settings import Settings
from segments import statistics
from segments.refreshing import Refreshing
from storage.histories import MongoHistories
from wiring import Services


class Halting(MongoHistories):
    left = int(sys.argv[2])

    def write(self, scored):
        self.left -= 1
        if self.left:
            return super().write(scored)
        if sys.argv[1] == "after the write":
            super().write(scored)
        print("here", flush=True)
        time.sleep(600)


services = Services(msgspec.json.decode(sys.stdin.read(), type=Settings))
Refreshing(
    histories=Halting(services.database, batch=int(sys.argv[3])), scores=services.scores, models=services.models,
    turns=services.leases, shop=services.shops.get, doorbell=services.doorbell, clock=services.clock,
).refresh(statistics)
"""


def customer(number: int, now: datetime) -> dict[str, Any]:
    """Who ordered on some days, evenly spread, and has been silent since."""
    days = 1 + number % 4
    last = now - timedelta(days=5 + number * 3)
    first = last - (days - 1) * (10 + number % 30) * DAY
    profile = {"orders": days, "days": days, "first_at": first, "last_at": last, "spend": {"EUR": 1_000 * days}}
    return {"_id": f"c{number:03}", "profile": profile | {"counts": {"EUR": days}}, "rolled": {"by": "x"}}


@pytest.fixture
def clock() -> ManualClock:
    """Not long after the worker's, which is the system's."""
    return ManualClock(datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=20))


@pytest.fixture
def services(settings: Settings, clock: ManualClock) -> Iterator[Services]:
    """The shop's, with a doorbell that nobody hears."""
    services = Services(settings, clock, Bell())
    yield services
    services.close()


def kill_in_the_middle(settings: Settings, where: str) -> None:
    """A refresh in a process of its own, killed when it comes to a batch."""
    command = [sys.executable, "-c", WORKER, where, str(BATCHES), str(BATCH)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(msgspec.json.encode(settings))
        worker.stdin.close()
        said = worker.stdout.readline()
        worker.kill()
    assert said == b"here\n"


@pytest.mark.parametrize("where", ["before the write", "after the write"])
def test_a_refresh_whose_worker_is_killed_is_gone_on_with_from_its_note(
    settings: Settings, services: Services, clock: ManualClock, where: str
) -> None:
    customers = services.database["customers"]
    customers.insert_many([customer(number, clock.now()) for number in range(NUMBER)])
    kill_in_the_middle(settings, where)

    half = services.refreshing.current()
    assert half is not None
    assert half.seen == (BATCHES - 1) * BATCH
    scored = customers.count_documents({"scores.rfm": {"$exists": True}})
    assert scored == half.seen + (BATCH if where == "after the write" else 0)
    assert not services.refreshing.refresh(statistics)  # the dead worker's turn is not over yet
    clock.advance(300)
    assert services.refreshing.ring_if_due()
    assert services.refreshing.refresh(statistics)

    done = services.refreshing.current()
    assert done is not None
    assert done.model is not None
    assert (done.started_at, done.seen, done.model) == (half.started_at, NUMBER, half.model)
    basis = Basis(done.model, done.borders, done.currency, done.started_at)
    [everybody] = MongoHistories(services.database).batches("", "EUR")
    afresh = statistics.scored(basis, [one._replace(rfm={}, lapse={}) for one in everybody])
    assert [(one.rfm, one.lapse) for one in everybody] == [(one.rfm, one.lapse) for one in afresh]
