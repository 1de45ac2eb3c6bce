"""Failover by time: what a channel did not bring about goes on over the next, where silence says something."""

from datetime import timedelta

import pytest

from customers.learning import BY_MACHINE
from customers.orders import Line, Order
from messaging.channel import NotTaken, Rejected, Uncertain
from messaging.failover import Failover
from messaging.message import Message, Route, State, Step
from messaging.receipts import Fact, Proof
from storage.failover import MongoSuccesses, MongoTimers
from tests.support.clock import ManualClock
from tests.support.office import Office
from wiring import Services

HOUR = 3_600


@pytest.fixture
def office(services: Services, clock: ManualClock) -> Office:
    office = Office(services, clock)
    type(office.provider).reports = frozenset({"accepted", "delivered", "opened"})
    return office


def failover(office: Office) -> Failover:
    return Failover(
        timers=MongoTimers(office.services.database),
        successes=MongoSuccesses(office.services.database),
        batches=office.services.batches,
        provider=lambda name: office.provider,
        doorbell=office.bell,
        clock=office.clock,
    )


def send(office: Office, *people: str, success: str = "delivered", hours: int = 1) -> None:
    step = Step(success=success, wait_minutes=hours * 60)  # type: ignore[arg-type]
    for name in people:
        customer = office.customer(name)
        ways = [Route(channel, customer.addresses[channel][0]) for channel in ("email", "sms")]
        batch = office.plan(name, run=f"run-{name}", routes=ways, channel="email", failover={"email": step})
        office.delivery.deliver(batch.id)


def of(office: Office, name: str) -> Message:
    return office.get(name, f"run-{name}")


def heard(office: Office, name: str, state: State) -> None:
    proof = Proof(message=of(office, name).id, state=state, at=office.clock.now(), provider="puppet")
    office.services.messages.apply([proof])


def fact(office: Office, name: str, type_: str, detail: str = "") -> None:
    message = of(office, name)
    office.services.facts.add(
        [
            Fact(
                id=f"f-{name}-{type_}",
                type=type_,  # type: ignore[arg-type]
                at=office.clock.now(),
                provider="puppet",
                channel="email",
                message=message.id,
                customer=name,
                detail=detail,
            )
        ]
    )


def test_what_was_not_delivered_in_its_time_goes_on_and_what_was_does_not(office: Office, clock: ManualClock) -> None:
    send(office, "ana", "bo")
    heard(office, "bo", State.DELIVERED)
    clock.advance(HOUR - 1)
    assert failover(office).look() == 0
    clock.advance(1)
    assert failover(office).look() == 1
    gone = of(office, "ana")
    assert (gone.state, gone.channel, gone.reason, gone.timer_at) == (State.QUEUED, "sms", "not_delivered", None)
    assert of(office, "bo").state is State.DELIVERED
    office.delivery.deliver(gone.batch)
    assert [(attempt.channel, attempt.outcome) for attempt in of(office, "ana").attempts] == [
        ("email", "accepted"),
        ("sms", "accepted"),
    ]
    assert failover(office).look() == 0


def test_silence_of_a_provider_that_reports_nothing_or_lately_did_not_says_nothing(
    office: Office, clock: ManualClock
) -> None:
    send(office, "ana")  # no receipt ever came
    clock.advance(HOUR)
    assert failover(office).look() == 0
    send(office, "bo", "cy")
    heard(office, "cy", State.DELIVERED)
    type(office.provider).reports = frozenset()
    clock.advance(HOUR)
    assert failover(office).look() == 0
    assert {of(office, name).state for name in ("ana", "bo")} == {State.ACCEPTED}


def test_what_was_delivered_and_not_read_goes_on_and_a_machine_does_not_read(
    office: Office, clock: ManualClock
) -> None:
    send(office, "ana", "bo", "cy", success="read")
    for name in ("ana", "bo", "cy"):
        heard(office, name, State.DELIVERED)
    fact(office, "bo", "opened")
    fact(office, "cy", "opened", detail=BY_MACHINE)
    clock.advance(HOUR)
    assert failover(office).look() == 2
    assert of(office, "ana").reason == "not_read"
    assert [of(office, name).state for name in ("bo", "cy")] == [State.DELIVERED, State.QUEUED]


def test_who_has_ordered_since_has_converted(office: Office, clock: ManualClock) -> None:
    send(office, "ana", "bo", success="converted")
    bought = Order(
        id="o1",
        customer_id="bo",
        placed_at=clock.now() + timedelta(minutes=5),
        currency="EUR",
        total=1_000,
        lines=[Line(product_id="p1", quantity=1, unit_price=1_000)],
    )
    office.services.orders.upsert([bought])
    clock.advance(HOUR)
    assert failover(office).look() == 1
    assert (of(office, "ana").reason, of(office, "bo").state) == ("not_converted", State.ACCEPTED)


def test_what_is_uncertain_or_waits_never_goes_on_by_time_and_a_refusal_goes_on_at_once(
    office: Office, clock: ManualClock
) -> None:
    send(office, "first")
    heard(office, "first", State.DELIVERED)
    office.provider.answer = lambda letter: Uncertain(reason="no_answer")
    send(office, "ana")
    office.provider.answer = lambda letter: NotTaken(reason="unreachable")
    send(office, "bo")
    office.provider.answer = lambda letter: Rejected(reason="refused")
    send(office, "cy")
    clock.advance(HOUR)
    assert failover(office).look() == 0
    assert (of(office, "ana").state, of(office, "bo").state) == (State.UNCERTAIN, State.WAITING)
    assert (of(office, "cy").state, of(office, "cy").channel) == (State.QUEUED, "sms")


def test_a_run_is_open_while_a_message_may_yet_go_on(office: Office, clock: ManualClock) -> None:
    send(office, "ana")
    assert office.services.messages.open("run-ana")
    heard(office, "ana", State.DELIVERED)
    clock.advance(HOUR)
    failover(office).look()
    assert not office.services.messages.open("run-ana")
