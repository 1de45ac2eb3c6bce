"""T4: the database goes away at every single step of a delivery, as it does for a worker that dies there."""

from collections import Counter
from collections.abc import Iterator

import pytest

from common.settings import Settings
from messaging.channel import Accepted, Letter, Outcome, Rejected
from messaging.message import State
from tests.support.clock import ManualClock
from tests.support.office import Office
from tests.support.wire import Wire, wired
from wiring import Services

PEOPLE = ["ana", "ben", "cyd", "dan"]


class Scene:
    """A worker whose wire can be cut, and everybody else, whose wire holds."""

    def __init__(self, services: Services, clock: ManualClock, wire: Wire) -> None:
        self.wire = wire
        self.calm = Office(services, clock)
        self.clock = clock
        self.worker = Office(wire.services(clock), clock)
        self.worker.provider = self.calm.provider
        self.worker.delivery = self.worker.worker()

    def deliver(self, batch: str, cut_at: int | None) -> list[str]:
        """Deliver until the wire is cut; the commands that were begun."""
        return self.wire.until_cut(cut_at, lambda: self.worker.delivery.deliver(batch))

    def recover(self, run: str) -> None:
        """What the sweeper and other workers do afterwards, until nothing moves any more."""
        settings = self.calm.settings
        for _ in range(8):
            self.clock.advance(settings.claim_lease + settings.http_timeout + settings.uncertain_grace)
            if set(self.calm.services.messages.states([run])) <= {State.ACCEPTED, State.UNCERTAIN}:
                continue
            self.calm.bell.rung.clear()
            self.calm.sweeper.sweep()
            for _, batch in list(self.calm.bell.rung):
                self.calm.delivery.deliver(batch)


@pytest.fixture
def scene(services: Services, settings: Settings, clock: ManualClock) -> Iterator[Scene]:
    """A worker behind a wire that can be cut."""
    with wired(settings) as wire:
        yield Scene(services, clock, wire)


def some_refused(letter: Letter) -> Outcome:
    """Ana's e-mail address is refused; she has a phone, too."""
    return Rejected(reason="refused") if letter.address == "ana@example.com" else Accepted("x")


def test_a_worker_cut_off_at_any_step_sends_nothing_twice_and_loses_nothing(scene: Scene) -> None:
    calm = scene.calm
    calm.customer("ana", addresses={"email": ["ana@example.com"], "sms": ["+12025550100"]})
    calm.provider.answer = some_refused
    messages = calm.services.database["messages"]

    def run(number: int) -> str:
        batch = calm.plan(*PEOPLE, run=f"run-{number}")
        sms = {"channel": "sms", "address": "+12025550100"}
        messages.update_one({"_id": calm.get("ana", f"run-{number}").id}, {"$push": {"routes": sms}})
        return batch.id

    steps = len(scene.deliver(run(0), cut_at=None))
    assert steps > 10
    uncertain_at: list[int] = []
    for step in range(1, steps + 1):
        calm.provider.parcels.clear()
        batch = run(step)
        begun = scene.deliver(batch, cut_at=step)
        scene.wire.relay.mend()
        assert len(begun) >= step
        scene.recover(f"run-{step}")
        states = {name: calm.get(name, f"run-{step}").state for name in PEOPLE}
        assert set(states.values()) <= {State.ACCEPTED, State.UNCERTAIN}, (step, begun, states)
        sent = Counter(
            (letter.message, letter.address) for parcel in calm.provider.parcels for letter in parcel.letters
        )
        assert all(times == 1 for times in sent.values()), (step, begun)
        reached = {letter.message for parcel in calm.provider.parcels for letter in parcel.letters}
        for name, state in states.items():
            assert state is State.UNCERTAIN or calm.get(name, f"run-{step}").id in reached, (step, name)
        assert calm.services.audit.broken({f"run-{step}": len(PEOPLE)}) == [], (step, begun)
        if State.UNCERTAIN in states.values():
            uncertain_at.append(step)
    assert uncertain_at, "no step lay between the write-ahead and the record"
    assert uncertain_at == list(range(uncertain_at[0], uncertain_at[-1] + 1))


def test_a_delivery_takes_the_same_few_steps_whatever_its_size(scene: Scene) -> None:
    scene.deliver(scene.calm.plan(*PEOPLE, run="first").id, cut_at=None)  # after which a provider is known to be well
    few = scene.deliver(scene.calm.plan(*PEOPLE, run="few").id, cut_at=None)
    many = scene.deliver(scene.calm.plan(*[f"p{number}" for number in range(200)], run="many").id, cut_at=None)
    # A long answer of the database comes in parts, which is its own affair.
    assert [name for name in many if name != "getMore"] == few
    assert len(few) <= 20
    assert "findAndModify" not in many
