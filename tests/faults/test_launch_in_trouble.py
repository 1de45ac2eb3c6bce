"""T3, T4, T6, T7, T13: a launch goes on while servers, workers and operators misbehave, and STOPs come in.

In the ordinary run all of it happens to one launch, once; with `ENCORE_FAULTS=full` each to a launch of its own.
"""

import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from cli.supervisor import Supervisor
from common.clock import SystemClock
from common.errors import Conflict
from common.settings import Settings
from messaging.channel import Parcel
from messaging.conversation import STOPPED
from messaging.message import State
from storage.indexes import ensure
from tests.support.breakable import Breakable
from tests.support.breakable_redis import BreakableRedis
from tests.support.clock import ManualClock
from tests.support.fleet import HASTE, Fleet, Oracle, fleet, is_planned, launched
from tests.support.office import Office
from tests.support.processes import eventually
from tests.support.sandbox import ProviderSandbox
from wiring import Services

FULL = os.environ.get("ENCORE_FAULTS") == "full"
SEED = int(os.environ.get("ENCORE_FAULTS_SEED", "20261122"))
MESSAGES = int(os.environ.get("ENCORE_FAULTS_MESSAGES", 5_000 if FULL else 120))
BATCH, SLOW = 20, 0.4
MOVING = [State.QUEUED, State.WAITING, State.CLAIMED, State.HANDING_OVER]


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """A launch that is under way, and what it runs on."""

    services: Services
    crew: Fleet
    mongodb: Breakable
    redis: BreakableRedis
    chance: random.Random


def redis_forgets(scene: Scene) -> None:
    """FLUSHALL: every bell that was rung is forgotten."""
    scene.redis.empty()


def redis_dies(scene: Scene) -> None:
    """kill -9, nothing on disk, and away for a while."""
    scene.redis.kill()
    time.sleep(scene.chance.uniform(1, 60) if FULL else 1)
    scene.redis.start()


def mongodb_dies(scene: Scene) -> None:
    """kill -9, and started again."""
    scene.mongodb.kill()
    time.sleep(scene.chance.uniform(0, 3))
    scene.mongodb.start()


def mongodb_freezes(scene: Scene) -> None:
    """It takes connections and says nothing."""
    scene.mongodb.freeze()
    time.sleep(30 if FULL else 2)
    scene.mongodb.thaw()


def a_worker_freezes(scene: Scene) -> None:
    """SIGSTOP, past its lease and all that is added to it; then it goes on where it was."""
    victim = scene.chance.choice([worker for worker in scene.crew.workers if worker.status is None])
    os.kill(victim.pid, signal.SIGSTOP)
    time.sleep(HASTE["claim_lease"] + HASTE["http_timeout"] + HASTE["uncertain_grace"] + 1)
    os.kill(victim.pid, signal.SIGCONT)


def it_is_paused_and_resumed(scene: Scene) -> None:
    """At once: nothing may be stuck."""
    try:
        scene.services.launcher.pause("launch")
    except Conflict:  # all is sent already
        return
    scene.services.launcher.resume("launch")


def it_is_launched_again(scene: Scene) -> None:
    """By many at once, who are all told that it was."""
    refused = []

    def press() -> None:
        with pytest.raises(Conflict):
            scene.services.launcher.launch("launch")
        refused.append(1)

    threads = [threading.Thread(target=press) for _ in range(50 if FULL else 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == len(threads)
    assert len(scene.services.runs.of_campaigns(["launch"])) == 1


def people_say_stop(scene: Scene) -> None:
    """Some of all, whether their letter is gone already, on its way, or still to be written."""
    suppressions, now = scene.services.suppressions, scene.services.clock.now()
    for number in scene.chance.sample(range(MESSAGES), max(1, MESSAGES // 100)):
        suppressions.add("email", f"c{number:05}@example.com", "all", STOPPED, now)


Story = Callable[[Scene], None]
STORIES: dict[Story, int] = {
    redis_forgets: 10,
    redis_dies: 5,
    mongodb_dies: 10,
    mongodb_freezes: 5,
    a_worker_freezes: 10,
    it_is_paused_and_resumed: 100,
    it_is_launched_again: 3,
    people_say_stop: 20,
}
TOLD: list[list[Story]] = [[story] * times for story, times in STORIES.items()]
ALL_AT_ONCE: list[Story] = [
    *(mongodb_dies, redis_dies, a_worker_freezes, it_is_paused_and_resumed, it_is_launched_again, people_say_stop)
]


@pytest.fixture
def scene(settings: Settings, provider_sandbox: ProviderSandbox, tmp_path: Path) -> Iterator[Scene]:
    """Two workers and two schedulers, on a MongoDB and a Redis that can be broken."""
    with ExitStack() as exits:
        mongodb = exits.enter_context(Breakable(tmp_path / "mongodb"))
        supervisor = exits.enter_context(Supervisor(tmp_path / "redis-logs"))
        redis = BreakableRedis(supervisor, tmp_path / "redis")
        own = msgspec.structs.replace(settings, mongodb_url=mongodb.url, redis_url=redis.url)
        led = provider_sandbox.settings(own, batch_size=BATCH, **HASTE)
        services = Services(led, SystemClock())
        exits.callback(services.close)
        ensure(services.database)
        crew = exits.enter_context(fleet(tmp_path / "fleet", led))
        crew.start("scheduler", "scheduler_main")
        yield Scene(services=services, crew=crew, mongodb=mongodb, redis=redis, chance=random.Random(SEED))


@pytest.mark.parametrize(
    "troubles", TOLD if FULL else [ALL_AT_ONCE], ids=lambda troubles: troubles[0].__name__ if FULL else "one of each"
)
def test_a_launch_in_trouble_sends_nothing_twice_and_loses_nothing(
    scene: Scene, provider_sandbox: ProviderSandbox, troubles: list[Story]
) -> None:
    services, oracle = scene.services, Oracle(provider_sandbox)
    provider_sandbox.misbehave({"delay_seconds": SLOW / 2, "delay_after": SLOW / 2})
    run = launched(services, MESSAGES).id
    scene.crew.man(2)
    assert eventually(lambda: is_planned(services, run), 600), scene.crew.complaints()
    for number, trouble in enumerate(troubles, 1):
        begun = MESSAGES * number // (len(troubles) + 2)
        assert eventually(lambda begun=begun: len(oracle.lines("accepted")) >= begun, 300), scene.crew.complaints()  # type: ignore[misc]  # bound now
        trouble(scene)
        scene.crew.man(2)
    since = time.monotonic()
    assert eventually(lambda: _at_rest(services, run), 1_200), (services.messages.counts(run), scene.crew.complaints())
    twice, doubted = _checked(services, oracle, run)
    sys.stdout.write(
        f"\n{troubles[0].__name__} x {len(troubles)}, seed {SEED}: {MESSAGES} messages, {twice} twice, 0 lost, "
        f"{doubted} uncertain; at rest {time.monotonic() - since:.0f} s after the last\n"
    )


def _at_rest(services: Services, run: str) -> bool:
    return next(services.messages.customers_of(run, MOVING), None) is None


def _checked(services: Services, oracle: Oracle, run: str) -> tuple[int, int]:
    """0 twice, 0 lost, the invariants; how many twice, how many in doubt."""
    counts = Counter(line["message"] for line in oracle.lines("accepted"))
    found = {one: services.database["messages"].find({"run": run, "state": one.value}, {"_id": 1}) for one in State}
    ids = {state: {document["_id"] for document in documents} for state, documents in found.items()}
    assert max(counts.values()) == 1
    assert services.audit.broken({run: MESSAGES}) == []
    assert sum(len(ids[state]) for state in (State.ACCEPTED, State.UNCERTAIN, State.SKIPPED)) == MESSAGES
    assert services.database["messages"].count_documents({"state": "skipped", "reason": {"$ne": "suppressed"}}) == 0
    assert ids[State.ACCEPTED] <= set(counts) <= ids[State.ACCEPTED] | ids[State.UNCERTAIN]
    assert not ids[State.SKIPPED] & set(counts)
    return sum(times > 1 for times in counts.values()), len(ids[State.UNCERTAIN])


def test_workers_and_sweepers_whose_clocks_are_hours_apart_send_nothing_twice(
    services: Services, clock: ManualClock
) -> None:
    """Two hours ahead, two behind: leases seem over or have not begun, and it is still sent once or in doubt."""
    office, chance = Office(services, clock), random.Random(SEED)
    clocks = [SimpleNamespace(now=lambda apart=apart: clock.now() + timedelta(hours=apart)) for apart in (-2, 0, 2)]
    people = [f"p{number}" for number in range(2_000 if FULL else 20)]
    batches = [office.plan(*people[start : start + 10], run=f"run-{start}").id for start in range(0, len(people), 10)]
    workers = [office.worker(one) for one in clocks]
    sweepers = [office.sweeper_by(one) for one in clocks]

    def doubt(_: Parcel) -> None:
        chance.choice(sweepers).sweep()

    office.provider.before = doubt  # while the request is open
    for _ in range(12 if FULL else 6):
        for batch in chance.sample(batches, len(batches)):
            chance.choice(workers).deliver(batch)
            chance.choice(sweepers).sweep()
        clock.advance(chance.uniform(30, 3_600))
    sent = Counter(office.provider.sent())
    assert set(sent.values()) == {1}
    for start in range(0, len(people), 10):
        for name in people[start : start + 10]:
            message = office.get(name, f"run-{start}")
            assert message.state in (State.ACCEPTED, State.UNCERTAIN)
            assert message.id in sent
