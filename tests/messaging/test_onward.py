"""What may not go over one channel goes over the next; what one channel had is never said not to have gone out."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from customers.customer import Customer
from customers.shop import Cap
from messaging.channel import Rejected
from messaging.life import Lease
from messaging.message import Attempt, Message, Route, State, Step
from messaging.receipts import Proof
from storage.claims import MongoClaims
from tests.support.clock import ManualClock
from tests.support.office import Office

READ = {"email": Step(success="converted", wait_minutes=1)}


def ways(customer: Customer) -> list[Route]:
    """E-mail, then text messages."""
    return [Route(channel, customer.addresses[channel][0]) for channel in ("email", "sms")]


def plan(office: Office, name: str, run: str = "run", **facts: Any) -> str:
    """A message over both; its batch."""
    customer = office.services.customers.get([name]).get(name) or office.customer(name)
    return office.plan(name, run=run, **{"routes": ways(customer), "channel": "email", **facts}).id


def suppress(office: Office, channel: str, name: str) -> None:
    address = office.services.customers.get([name])[name].addresses[channel][0]
    office.services.suppressions.add(channel, address, "all", "hard_bounce", office.clock.now())


def deliver(office: Office, name: str, run: str = "run") -> Message:
    """Work off its batch, and the next one's; as it is then."""
    for _ in range(3):
        office.delivery.deliver(office.get(name, run).batch)
    return office.get(name, run)


def channels(office: Office) -> list[str]:
    return [parcel.channel for parcel in office.provider.parcels]


@pytest.mark.parametrize("purpose", ["marketing", "transactional"])
def test_a_suppressed_address_is_passed_over_for_the_next_channel(office: Office, purpose: Any) -> None:
    batch = plan(office, "ana", purpose=purpose)
    suppress(office, "email", "ana")
    office.delivery.deliver(batch)
    gone = office.get("ana")
    assert (gone.state, gone.reason, gone.channel, gone.shut) == (State.QUEUED, "suppressed", "sms", "suppressed")
    assert ("deliver", gone.batch) in office.bell.rung
    assert (deliver(office, "ana").state, channels(office)) == (State.ACCEPTED, ["sms"])


def test_where_every_channel_is_shut_the_reason_is_that_of_the_first(office: Office) -> None:
    office.customer("ana")
    plan(office, "ana")
    suppress(office, "email", "ana")
    denied = msgspec.structs.replace(office.services.customers.get(["ana"])["ana"], consents={})
    office.services.customers.upsert([msgspec.structs.replace(denied, id="ben")])
    plan(office, "ben", run="second")
    assert deliver(office, "ben", "second").state is State.SKIPPED
    assert office.get("ben", "second").batch == "batch-second"  # nobody is sent through channels that are shut, too
    suppress(office, "sms", "ana")
    found = deliver(office, "ana")
    assert (found.state, found.reason, found.channel) == (State.SKIPPED, "suppressed", "sms")
    assert office.provider.sent() == []


def test_a_no_about_the_person_ends_it_and_a_cap_of_the_channel_does_not(office: Office, clock: ManualClock) -> None:
    shops = office.services.shops
    shops.put(msgspec.structs.replace(shops.get(), caps=[Cap(count=1, days=7, channel="email")]))
    office.customer("ana")
    office.customer("ben", pace="weekly")
    for run in ("one", "two"):
        plan(office, "ana", run)
        plan(office, "ben", f"b-{run}")
        deliver(office, "ana", run)
        deliver(office, "ben", f"b-{run}")
    assert (office.get("ana", "two").state, office.get("ana", "two").channel) == (State.ACCEPTED, "sms")
    assert office.states("ben", run="b-two") == [(State.SKIPPED, "pace")]


def test_what_the_last_look_finds_shut_goes_on_too(office: Office) -> None:
    batch = plan(office, "ana")
    begin = office.delivery._claims.begin

    class Interrupted(MongoClaims):
        def begin(self, token: str, ids: Sequence[str], whole: bool, attempt: Attempt, lease: Lease) -> list[str]:
            won = begin(token, ids, whole, attempt, lease)
            suppress(office, "email", "ana")
            return won

    office.delivery._claims = Interrupted(office.services.database, 1)
    office.delivery.deliver(batch)
    found = deliver(office, "ana")
    told = [(attempt.channel, attempt.outcome) for attempt in found.attempts]
    assert (found.state, told) == (State.ACCEPTED, [("email", "unsent"), ("sms", "accepted")])


def test_what_another_message_of_the_run_has_is_not_sent_twice_to_one_phone(office: Office) -> None:
    office.customer("ana", addresses={"email": ["ana@example.com"], "sms": ["+12025550100"]})
    office.customer("ben", addresses={"email": ["ben@example.com"], "sms": ["+12025550100"]})
    customers = office.services.customers.get(["ana", "ben"])
    for name in ("ana", "ben"):
        office.plan(name, routes=ways(customers[name]), channel="email")
        suppress(office, "email", name)
    deliver(office, "ana")
    deliver(office, "ben")
    assert sorted(office.states("ana", "ben")) == [(State.ACCEPTED, ""), (State.SKIPPED, "same_address")]


@pytest.mark.parametrize("how", ["gate", "refused", "cancelled", "expired"])
def test_what_an_earlier_channel_had_returns_to_what_it_was_there(office: Office, clock: ManualClock, how: str) -> None:
    expires = clock.now() + timedelta(hours=1)
    office.delivery.deliver(plan(office, "ana", failover=READ, expires_at=expires))
    first = office.get("ana")
    clock.advance(61)
    assert office.services.failover.look() == 1
    moved = office.get("ana")
    assert (moved.state, moved.channel) == (State.QUEUED, "sms")
    if how == "gate":
        suppress(office, "sms", "ana")
    elif how == "refused":
        office.provider.answer = lambda letter: Rejected(reason="refused")
    elif how == "expired":
        clock.advance(3_600)
    else:
        assert office.services.messages.cancel("run") == 1
    found = deliver(office, "ana")
    reason = {"gate": "suppressed", "cancelled": "campaign_cancelled"}.get(how, how)
    assert (found.state, found.reason, found.channel, found.request) == (
        State.ACCEPTED,
        reason,
        "email",
        first.request,
    )
    assert (found.handed_at, found.routes[0], found.before) == (first.handed_at, first.routes[0], None)
    # What is heard of the letter that it did get counts again.
    office.services.messages.apply(
        [Proof(message=found.id, state=State.DELIVERED, at=clock.now(), token=first.request, provider="puppet")]
    )
    assert office.get("ana").state is State.DELIVERED
    assert office.services.audit.broken({"run": 1}) == []


def test_a_bounce_with_no_way_on_is_a_bounce(office: Office, clock: ManualClock) -> None:
    office.delivery.deliver(plan(office, "ana"))
    message = office.get("ana")
    bounced = Proof(message=message.id, state=State.BOUNCED, at=clock.now(), token=message.request, provider="puppet")
    office.services.messages.apply([bounced])
    suppress(office, "sms", "ana")
    clock.advance(61)
    office.sweeper.sweep()
    found = deliver(office, "ana")
    assert (found.state, found.reason, found.channel) == (State.BOUNCED, "suppressed", "email")


def test_a_cap_of_a_channel_counts_what_went_on_from_it(office: Office, clock: ManualClock) -> None:
    shops = office.services.shops
    shops.put(msgspec.structs.replace(shops.get(), caps=[Cap(count=1, days=7, channel="email")]))
    office.delivery.deliver(plan(office, "ana", "one", failover=READ))
    clock.advance(61)
    assert office.services.failover.look() == 1
    waiting = office.services.messages.received(["ana"], clock.now() - timedelta(days=7))["ana"]
    assert [one.channel for one in waiting] == ["email"]
    assert deliver(office, "ana", "one").channel == "sms"
    both = office.services.messages.received(["ana"], clock.now() - timedelta(days=7))["ana"]
    assert sorted(one.channel for one in both) == ["email", "sms"]
    office.delivery.deliver(office.plan("ana", run="two").id)
    assert office.states("ana", run="two") == [(State.SKIPPED, "frequency_cap")]
    # A message that nobody took, or that was not sent after all, is none that they had.
    office.provider.answer = lambda letter: Rejected(reason="refused")
    office.delivery.deliver(office.plan("ben", run="one").id)
    assert office.services.messages.received(["ben"], clock.now() - timedelta(days=7)) == {}
