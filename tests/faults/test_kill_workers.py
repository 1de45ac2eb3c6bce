"""T1: a launch survives its workers. They are killed with -9, again and again, while the provider is slow.

`ENCORE_FAULTS=full` (`make faults`) is the full size on a real engine and a tenth of it on the embedded server;
`ENCORE_FAULTS_MESSAGES` sets another, with a kill for each 500 messages as at full size.
"""

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from cli.processes import Process
from common.clock import SystemClock
from common.settings import Settings
from messaging.audit import Acceptance
from messaging.message import State
from storage.indexes import ensure
from tests.support.fleet import HASTE, Fleet, Oracle, fleet, is_planned, launched
from tests.support.processes import eventually
from tests.support.sandbox import ProviderSandbox
from wiring import Services


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much of it: `slow` is how long the provider takes for a request, in seconds."""

    messages: int
    batch: int
    kills: int
    workers: int
    slow: float


def size() -> Size:
    """As large as the environment says."""
    if os.environ.get("ENCORE_FAULTS") != "full":
        return Size(messages=250, batch=10, kills=4, workers=2, slow=0.5)
    engine = os.environ.get("ENCORE_TEST_MONGODB") == "engine"
    messages = int(os.environ.get("ENCORE_FAULTS_MESSAGES", 100_000 if engine else 1_000))
    return Size(messages=messages, batch=50, kills=max(4, messages // 500), workers=4, slow=0.5)


def telling_size() -> Size:
    """The same for providers that can tell, each letter a request of its own."""
    if os.environ.get("ENCORE_FAULTS") != "full":
        return Size(messages=30, batch=10, kills=1, workers=2, slow=0.05)
    return msgspec.structs.replace(size(), slow=0.05)


SIZE = size()
# In the ordinary run the second is left to tests/messaging/test_reconcile.py: a fleet takes long to start.
PROMISES = ["idempotent", "lookup"] if os.environ.get("ENCORE_FAULTS") == "full" else ["idempotent"]
# The sandbox looks through its whole log for each call, and signs as it goes: neither a call a letter, nor one for all.
TOLD_AT_ONCE = 20_000
SEED = int(os.environ.get("ENCORE_FAULTS_SEED", "20261122"))


@pytest.fixture
def living(settings: Settings, provider_sandbox: ProviderSandbox) -> Iterator[Services]:
    """Services by the real clock, as the workers have them, whose e-mail goes to the sandbox."""
    services = Services(provider_sandbox.settings(settings, batch_size=SIZE.batch, **HASTE), SystemClock())
    ensure(services.database)
    yield services
    services.database.client.drop_database(settings.mongodb_database)
    services.close()


@pytest.fixture
def crew(living: Services, tmp_path: Path) -> Iterator[Fleet]:
    """Workers and a scheduler on the same settings."""
    with fleet(tmp_path, living.settings) as crew:
        yield crew


def test_workers_killed_in_open_requests_send_nothing_twice_and_lose_nothing(
    living: Services, crew: Fleet, provider_sandbox: ProviderSandbox
) -> None:
    """Issue 2, point 4: as uncertain only what was in a request open at a kill, by the provider's own log."""
    oracle, chance = Oracle(provider_sandbox), random.Random(SEED)
    run = start(living, crew, provider_sandbox)
    kills = [0.0]
    for _ in range(SIZE.kills):
        victim = found_sending(crew, provider_sandbox, oracle, chance, since=kills[-1])
        kills.append(crew.kill(victim))
        crew.man(SIZE.workers)
    finish(living, run, crew)

    uncertain = in_state(living, run, State.UNCERTAIN)
    allowed = {message for kill in kills for message in oracle.open_at(kill)}
    told(living, oracle, run, kills, uncertain)
    assert uncertain, "no kill left a trace: they did not hit a hand-over"
    assert uncertain <= allowed
    check(living, oracle, run)
    tell(living, provider_sandbox, oracle, run)
    assert living.messages.counts(run) == {(State.DELIVERED, "email", ""): SIZE.messages}
    check(living, oracle, run)


def test_workers_killed_at_any_moment_send_nothing_twice_and_lose_nothing(
    living: Services, crew: Fleet, provider_sandbox: ProviderSandbox
) -> None:
    """Between claim and write-ahead, in the gap before the request, after the answer: wherever it hits."""
    oracle, chance = Oracle(provider_sandbox), random.Random(SEED + 1)
    slow = SIZE.slow / 4
    run = start(living, crew, provider_sandbox, msgspec.structs.replace(SIZE, slow=slow))
    kills = [0.0]
    for _ in range(SIZE.kills):
        victim = found_sending(crew, provider_sandbox, oracle, chance, since=kills[-1], slow=slow)
        time.sleep(chance.uniform(0, slow * 2))
        kills.append(crew.kill(victim))
        crew.man(SIZE.workers)
    finish(living, run, crew)
    uncertain = in_state(living, run, State.UNCERTAIN)
    told(living, oracle, run, kills, uncertain)
    check(living, oracle, run)
    for message in living.messages.get(sorted(uncertain)).values():
        [attempt] = message.attempts
        assert attempt.ended_at is None
        assert any(attempt.started_at.timestamp() <= kill for kill in kills)
    tell(living, provider_sandbox, oracle, run)
    accepted = {line["message"] for line in oracle.lines("accepted")}
    assert in_state(living, run, State.UNCERTAIN) == uncertain - accepted


@pytest.mark.parametrize("promise", PROMISES)
def test_where_the_provider_can_tell_each_letter_arrives_once_and_nothing_stays_uncertain(
    settings: Settings, provider_sandbox: ProviderSandbox, tmp_path: Path, promise: str
) -> None:
    """A key that is taken once, or a question that is answered, settles all that the kills left open."""
    wanted, oracle, chance = telling_size(), Oracle(provider_sandbox), random.Random(SEED + 2)
    led = provider_sandbox.settings(settings, batch_size=wanted.batch, ask_again_after=1.0, **HASTE)
    environment = {**led.environment, f"ENCORE_WEBHOOK_{promise.upper()}": "true"}
    living = Services(msgspec.structs.replace(led, environment=environment), SystemClock())
    ensure(living.database)
    with fleet(tmp_path, living.settings) as crew:
        run = start(living, crew, provider_sandbox, wanted, channel="webhook")
        killed_before = [wanted.messages * kill // (wanted.kills + 1) for kill in range(1, wanted.kills + 1)]
        for taken in killed_before:
            assert eventually(lambda taken=taken: len(oracle.lines("accepted")) >= taken, 300), crew.complaints()  # type: ignore[misc]  # bound now
            crew.kill(chance.choice(crew.workers))
            crew.man(wanted.workers)
        finish(living, run, crew)
        # Asked again, a letter is for a moment neither uncertain nor accepted.
        taken_all = {(State.ACCEPTED, "webhook", ""): wanted.messages}
        assert eventually(lambda: living.messages.counts(run) == taken_all, 600), crew.complaints()
    counts = Counter(line["message"] for line in oracle.lines("accepted"))
    sys.stdout.write(
        f"\nseed {SEED}, {promise}: {wanted.messages} messages, {wanted.kills} kills; {len(counts)} accepted\n"
    )
    assert set(counts.values()) == {1}
    assert living.messages.counts(run) == {(State.ACCEPTED, "webhook", ""): wanted.messages}
    assert len(counts) == wanted.messages
    assert living.audit.broken({run: wanted.messages}) == []
    living.database.client.drop_database(settings.mongodb_database)
    living.close()


def start(living: Services, crew: Fleet, sandbox: ProviderSandbox, wanted: Size = SIZE, channel: str = "email") -> str:
    """Launch, and wait until all is planned; the run's id."""
    sandbox.misbehave({"delay_seconds": wanted.slow / 2, "delay_after": wanted.slow / 2})
    run = launched(living, wanted.messages, channel).id
    crew.man(wanted.workers)
    assert eventually(lambda: is_planned(living, run), 600), crew.complaints()
    return run


def found_sending(
    crew: Fleet,
    sandbox: ProviderSandbox,
    oracle: Oracle,
    chance: random.Random,
    since: float,
    slow: float = SIZE.slow,
) -> Process:
    """A worker in the middle of a request that began after `since`: neither just begun nor about to be answered."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        workers = crew.in_requests(sandbox.url)
        now = time.time()
        ages = [now - line["at"] for line in oracle.open_requests() if line["at"] > since]
        if workers and len(workers) == len(ages) and all(slow * 0.05 < age < slow * 0.6 for age in ages):
            return chance.choice(workers)
        time.sleep(slow / 50)
    raise AssertionError(f"Nobody was sending any more. {crew.complaints()}")


def finish(living: Services, run: str, crew: Fleet) -> None:
    """Wait until nothing moves any more but what is uncertain."""
    moving = [State.QUEUED, State.WAITING, State.CLAIMED, State.HANDING_OVER]

    def at_rest() -> bool:
        return next(living.messages.customers_of(run, moving), None) is None

    assert eventually(at_rest, 1_200), (living.messages.counts(run), crew.complaints())


def in_state(living: Services, run: str, state: State) -> set[str]:
    """The ids of a run's messages in a state."""
    found = living.database["messages"].find({"run": run, "state": state.value}, {"_id": 1})
    return {document["_id"] for document in found}


def check(living: Services, oracle: Oracle, run: str) -> None:
    """0 twice, 0 lost, and what is always true."""
    accepted = oracle.lines("accepted")
    counts = Counter(line["message"] for line in accepted)
    assert [message for message, times in counts.items() if times > 1] == []
    acceptances = [
        Acceptance(
            message=line["message"],
            token=line["custom_args"]["encore_token"],
            at=datetime.fromtimestamp(line["at"], UTC),
            channel="email",
        )
        for line in accepted
    ]
    assert living.audit.broken({run: SIZE.messages}, acceptances) == []
    believed = in_state(living, run, State.ACCEPTED) | in_state(living, run, State.DELIVERED)
    doubted = in_state(living, run, State.UNCERTAIN)
    assert len(believed) + len(doubted) == SIZE.messages
    assert believed <= set(counts)
    assert set(counts) <= believed | doubted


def tell(living: Services, sandbox: ProviderSandbox, oracle: Oracle, run: str) -> None:
    """The provider's webhooks come in, and the workers work them off: everything it took is delivered."""
    accepted = {line["message"] for line in oracle.lines("accepted")}
    events = [{"message": message, "event": "delivered"} for message in sorted(accepted)]
    for start in range(0, len(events), TOLD_AT_ONCE):
        for hook in sandbox.hooks(living.clock.now(), events[start : start + TOLD_AT_ONCE]):
            living.webhooks.receive("email", hook)
    assert eventually(lambda: in_state(living, run, State.DELIVERED) == accepted, 60 + len(accepted) / 100)


def told(living: Services, oracle: Oracle, run: str, kills: list[float], uncertain: set[str]) -> None:
    """What docs/reliability.md records, printed with `pytest -s`."""
    accepted = oracle.lines("accepted")
    counts = Counter(line["message"] for line in accepted)
    sys.stdout.write(
        f"\nseed {SEED}: {SIZE.messages} messages, {len(kills) - 1} kills; accepted {len(counts)}, "
        f"twice {sum(times > 1 for times in counts.values())}, uncertain {len(uncertain)}, "
        f"of these accepted {len(uncertain & set(counts))}, unaccounted "
        f"{SIZE.messages - len(set(counts) | uncertain)}\n"
    )
