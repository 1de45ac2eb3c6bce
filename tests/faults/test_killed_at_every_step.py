"""T2: a worker is killed with -9 at each named step of a delivery, and of settling a doubt, with each kind of provider.

In the ordinary run each step once, shared out among the three kinds of provider; `ENCORE_FAULTS=full` is each step
twenty times with each of them. Each death is a process's own (mortal.py); leases run out by a clock that is moved on.
"""

import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from common.settings import Settings
from messaging.audit import Acceptance
from messaging.message import State
from tests.faults.mortal import Case
from tests.support.clock import ManualClock
from tests.support.fleet import Oracle
from tests.support.office import Office
from tests.support.sandbox import ProviderSandbox
from tests.support.servers import REPOSITORY
from wiring import Services

FULL = os.environ.get("ENCORE_FAULTS") == "full"
SEED = int(os.environ.get("ENCORE_FAULTS_SEED", "20261122"))
TIMES = int(os.environ.get("ENCORE_FAULTS_TIMES", 20 if FULL else 1))
PEOPLE = ["ana", "ben", "cyd"]
SILENT = "dan"  # said STOP before
PROMISES = ["blind", "idempotent", "lookup"]
# Which call, and when; those of a letter have a turn for each.
DELIVERING = [
    ("batches.get", "after"),
    ("claims.claim", "before"),
    ("claims.claim", "after"),
    ("people.of", "after"),
    ("render", "after"),
    ("claims.settle", "after"),
    ("contents.keep", "after"),
    ("claims.begin", "before"),
    ("claims.begin", "after"),
    ("people.again", "after"),
    ("provider.hand_over", "before"),
    ("provider.hand_over", "taken"),
    ("provider.hand_over", "after"),
    ("claims.record", "after"),
    ("batches.settle", "after"),
]
OF_A_LETTER = {"claims.begin", "people.again", "provider.hand_over", "claims.record"}
WRITTEN_AHEAD = DELIVERING[8:13]
SETTLING = {
    "blind": [],
    "idempotent": [
        ("doubts.due", "after"),
        ("contents.get", "after"),
        ("doubts.take_up", "after"),
        ("provider.hand_over", "before"),
        ("provider.hand_over", "after"),
        ("claims.record", "after"),
    ],
    "lookup": [
        ("doubts.due", "after"),
        ("provider.look_up", "after"),
        ("evidence.apply", "after"),
        ("doubts.send_again", "after"),
        ("doubts.ask_later", "after"),
    ],
}


class Scene:
    """Those who live on: an office that plans, sweeps and delivers; the mortals; the provider's own log."""

    def __init__(self, office: Office, sandbox: ProviderSandbox, mortals: "subprocess.Popen[str]") -> None:
        self.office = office
        self.sandbox = sandbox
        self.oracle = Oracle(sandbox)
        self._mortals = mortals
        office.customer(SILENT)
        office.services.suppressions.add("email", f"{SILENT}@example.com", "all", "stop", office.clock.now())

    def dies(self, step: tuple[str, str], batch: str, turn: int) -> None:
        """A process works until that step; fails where it never comes to it."""
        name, moment = step
        if moment == "taken":
            self.sandbox.misbehave({"delay_after": 0.2})
        case = Case(
            settings=self.office.settings,
            now=self.office.clock.now(),
            batch=batch,
            step=name,
            moment=moment,
            turn=turn,
            log=str(self.sandbox.log),
        )
        assert self._mortals.stdin is not None
        assert self._mortals.stdout is not None
        self._mortals.stdin.write(msgspec.json.encode(case).decode() + "\n")
        self._mortals.stdin.flush()
        ended: dict[str, Any] = json.loads(self._mortals.stdout.readline())
        assert ended["killed"], (step, turn, ended)
        self.sandbox.misbehave()

    def recover(self, run: str, promise: str) -> dict[str, State]:
        """The sweeper, the reconciler and other workers come until all is at rest; where it rests, by person."""
        office, settings = self.office, self.office.settings
        assert isinstance(office.clock, ManualClock)
        resting = {State.ACCEPTED} | ({State.UNCERTAIN} if promise == "blind" else set())
        for _ in range(12):
            states = {name: office.get(name, run).state for name in PEOPLE}
            if set(states.values()) <= resting:
                break
            office.clock.advance(max(settings.claim_lease + settings.http_timeout, settings.ask_again_after) + 1)
            office.bell.rung.clear()
            office.sweeper.sweep()
            for _, batch in list(office.bell.rung):
                office.delivery.deliver(batch)
            office.reconciler().settle()
        return states

    def check(self, run: str, states: dict[str, State], uncertain: int) -> None:
        """Nobody twice, nobody lost, and what is always true; at most so many are uncertain."""
        office = self.office
        ids = {office.get(name, run).id: name for name in [*PEOPLE, SILENT]}
        taken = [line for line in self.oracle.lines("accepted") if line["message"] in ids]
        counts = Counter(ids[line["message"]] for line in taken)
        assert set(counts.values()) <= {1}, counts
        assert SILENT not in counts
        assert {name for name, state in states.items() if state is State.ACCEPTED} <= set(counts)
        assert sum(state is State.UNCERTAIN for state in states.values()) <= uncertain
        assert set(states.values()) <= {State.ACCEPTED, State.UNCERTAIN}
        assert office.states(SILENT, run=run) == [(State.SKIPPED, "suppressed")]
        noted = [
            Acceptance(
                message=line["message"],
                token=line["token"],
                at=datetime.fromtimestamp(line["at"], UTC),
                channel="email",
            )
            for line in taken
        ]
        assert office.services.audit.broken({run: len(ids)}, noted) == []


@contextmanager
def staged(promise: str, settings: Settings, clock: ManualClock, sandbox: ProviderSandbox) -> Iterator[Scene]:
    """A scene with a provider that can tell so much."""
    led = sandbox.settings(settings)
    said = {} if promise == "blind" else {f"ENCORE_WEBHOOK_{promise.upper()}": "true"}
    services = Services(msgspec.structs.replace(led, environment={**led.environment, **said}), clock)
    office = Office(services, clock)
    office.provider = services.providers.by_name("webhook")  # type: ignore[assignment]  # no puppet this time
    command = [sys.executable, "-m", "tests.faults.mortal"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as mortals:
        try:
            yield Scene(office, sandbox, mortals)
        finally:
            mortals.kill()
            services.close()


@pytest.mark.parametrize("promise", PROMISES)
def test_a_worker_killed_at_a_named_step_sends_nothing_twice_and_loses_nothing(
    settings: Settings, clock: ManualClock, provider_sandbox: ProviderSandbox, promise: str
) -> None:
    chance = random.Random(f"{SEED} {promise}")
    place = PROMISES.index(promise)
    steps = DELIVERING if TIMES > 1 else DELIVERING[place::3]
    doubts = SETTLING[promise] if TIMES > 1 else SETTLING[promise][2:4]
    left: Counter[State] = Counter()
    with staged(promise, settings, clock, provider_sandbox) as scene:
        for number, step in enumerate(steps * TIMES):
            run = f"delivery-{number}"
            batch = scene.office.plan(*PEOPLE, SILENT, run=run)
            scene.dies(step, batch.id, chance.randint(1, len(PEOPLE)) if step[0] in OF_A_LETTER else 1)
            states = scene.recover(run, promise)
            scene.check(run, states, uncertain=1 if promise == "blind" and step in WRITTEN_AHEAD else 0)
            left.update(states.values())
        for number, step in enumerate(doubts * TIMES):
            run = f"doubt-{number}"
            _in_doubt(scene, run)
            if step[0] == "doubts.send_again":
                scene.office.reconciler().settle()
                clock.advance(scene.office.settings.ask_again_after + 1)
            scene.dies(step, "", 1)
            scene.check(run, scene.recover(run, promise), uncertain=0)
    sys.stdout.write(f"\nseed {SEED}, {promise}: {len(steps) + len(doubts)} steps x {TIMES}; {dict(left)}\n")


def _in_doubt(scene: Scene, run: str) -> None:
    """Ana's letter was taken and Ben's was not, and nobody was told."""
    batch = scene.office.plan(*PEOPLE, SILENT, run=run)
    taken, not_taken = f"{PEOPLE[0]}@example.com", f"{PEOPLE[1]}@example.com"
    scene.sandbox.misbehave({"reset_after": True, "address": taken}, {"status": 500, "address": not_taken})
    scene.office.delivery.deliver(batch.id)
    scene.sandbox.misbehave()
    assert [state for state, _ in scene.office.states(*PEOPLE, run=run)] == [
        State.UNCERTAIN,
        State.UNCERTAIN,
        State.ACCEPTED,
    ]
