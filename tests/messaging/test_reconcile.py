"""What is uncertain is settled where the provider can tell: over HTTP, by a key that is taken once, or by asking."""

from collections.abc import Callable, Iterator

import msgspec
import pytest

from common.settings import Settings
from messaging.desk import Terms
from messaging.message import State
from tests.support.clock import ManualClock
from tests.support.office import Office
from tests.support.sandbox import ProviderSandbox
from wiring import Services

FIVE_MINUTES = 300
Make = Callable[[str], Office]


@pytest.fixture
def make(settings: Settings, clock: ManualClock, provider_sandbox: ProviderSandbox) -> Iterator[Make]:
    made: list[Services] = []

    def office(promise: str) -> Office:
        led = provider_sandbox.settings(msgspec.structs.replace(settings, http_timeout=0.3))
        environment = {**led.environment, f"ENCORE_WEBHOOK_{promise.upper()}": "true"}
        services = Services(msgspec.structs.replace(led, environment=environment), clock)
        made.append(services)
        office = Office(services, clock)
        office.provider = services.providers.by_name("webhook")  # type: ignore[assignment]  # no puppet this time
        return office

    yield office
    for services in made:
        services.close()


def reconcile(office: Office) -> int:
    return office.reconciler().settle()


@pytest.mark.parametrize("promise", ["idempotent", "lookup"])
def test_what_was_taken_and_not_answered_is_accepted_without_being_sent_twice(
    make: Make, provider_sandbox: ProviderSandbox, promise: str
) -> None:
    office = make(promise)
    batch = office.plan("ana")
    provider_sandbox.misbehave({"accept_then_hang": True, "count": 1})
    office.delivery.deliver(batch.id)
    assert office.get("ana").state is State.UNCERTAIN
    assert office.services.reconciler.waiting()
    assert reconcile(office) == 1
    message = office.get("ana")
    assert (message.state, len(message.attempts)) == (State.ACCEPTED, 1)
    assert len(provider_sandbox.accepted()) == 1
    assert not office.services.reconciler.waiting()


def test_what_was_not_taken_is_handed_over_again_under_the_same_key(
    make: Make, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    office = make("idempotent")
    provider_sandbox.misbehave({"hang": True, "count": 2})
    office.delivery.deliver(office.plan("ana").id)
    reconcile(office)
    assert office.get("ana").state is State.UNCERTAIN
    assert reconcile(office) == 0  # not at once
    clock.advance(FIVE_MINUTES)
    reconcile(office)
    message = office.get("ana")
    assert (message.state, len(message.attempts)) == (State.ACCEPTED, 1)
    assert [one["token"] for one in provider_sandbox.accepted()] == [message.request]


def test_after_a_stop_nothing_is_handed_over_again(make: Make, provider_sandbox: ProviderSandbox) -> None:
    office = make("idempotent")
    provider_sandbox.misbehave({"hang": True, "count": 1})
    office.delivery.deliver(office.plan("ana", "bo").id)
    office.services.suppressions.add("email", "ana@example.com", "all", "stop", office.clock.now())
    reconcile(office)
    assert office.get("ana").state is State.UNCERTAIN
    assert [one["address"] for one in provider_sandbox.accepted()] == ["bo@example.com"]


def test_a_look_up_must_say_no_twice_five_minutes_apart_before_it_is_sent_again(
    make: Make, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    office = make("lookup")
    provider_sandbox.misbehave({"hang": True, "count": 1})
    batch = office.plan("ana")
    office.delivery.deliver(batch.id)
    reconcile(office)
    assert (office.get("ana").state, office.get("ana").absent) == (State.UNCERTAIN, 1)
    assert reconcile(office) == 0
    clock.advance(FIVE_MINUTES)
    reconcile(office)
    assert office.states("ana") == [(State.WAITING, "not_there")]
    office.delivery.deliver(batch.id)
    message = office.get("ana")
    assert (message.state, len(message.attempts), message.absent) == (State.ACCEPTED, 2, 0)
    assert len(provider_sandbox.accepted()) == 1


def test_a_look_up_that_fails_says_nothing(make: Make, provider_sandbox: ProviderSandbox, clock: ManualClock) -> None:
    office = make("lookup")
    provider_sandbox.misbehave({"hang": True, "count": 1}, {"status": 503, "count": 1}, {"garbage": True, "count": 1})
    office.delivery.deliver(office.plan("ana").id)
    for _ in range(2):
        reconcile(office)
        clock.advance(FIVE_MINUTES)
    assert (office.get("ana").state, office.get("ana").absent) == (State.UNCERTAIN, 0)


def test_a_blind_provider_is_not_asked(make: Make, provider_sandbox: ProviderSandbox) -> None:
    office = make("private")  # a setting that promises nothing
    provider_sandbox.misbehave({"hang": True, "count": 1})
    office.delivery.deliver(office.plan("ana").id)
    assert not office.services.reconciler.waiting()
    assert reconcile(office) == 0
    assert provider_sandbox.accepted() == []


def test_what_is_handed_over_again_waits_for_the_providers_rate_like_any_other(
    make: Make, provider_sandbox: ProviderSandbox
) -> None:
    office = make("idempotent")
    batch = office.plan("ana", "ben")
    provider_sandbox.misbehave({"accept_then_hang": True, "count": 2})
    office.delivery.deliver(batch.id)
    office.services.provider_book.put(Terms(id="webhook", rate=0.5))
    slept: list[float] = []
    reconciler = office.reconciler()
    reconciler._sleep = slept.append
    assert reconciler.settle() == 2
    assert len(slept) == 1
    assert 1 < slept[0] <= 2
    assert office.states("ana", "ben") == [(State.ACCEPTED, "")] * 2
