"""Caps and a customer's own pace when several messages to one person are on their way at once: never one too many, and
nobody left out for a message that nobody sent.
"""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec
import pytest

from customers.customer import Customer
from customers.shop import Cap
from messaging.channel import Accepted, NotTaken, Outcome, Parcel, Uncertain
from messaging.message import Batch, Message, Rendered, Route, State, Step, Unrenderable
from storage.failover import MongoTimers
from tests.support.clock import ManualClock
from tests.support.office import Office

PEOPLE = [f"p{number}" for number in range(12)]
CAMPAIGNS = ["one", "two", "three"]


def capped(office: Office, *caps: Cap) -> None:
    """The shop sets caps."""
    shops = office.services.shops
    shops.put(msgspec.structs.replace(shops.get(), caps=list(caps)))


def all_at_once(office: Office, batches: Sequence[Batch]) -> None:
    """A worker for each batch; all have passed the gate before the first of them writes an attempt."""
    passed = threading.Barrier(len(batches))
    plain = office.rendering

    def when_all_have_passed(
        batch: Batch, messages: Sequence[Message], people: Mapping[str, Customer]
    ) -> Mapping[str, Rendered | Unrenderable]:
        passed.wait(20)
        return plain(batch, messages, people)

    office.rendering = when_all_have_passed
    workers = [office.worker() for _ in batches]
    office.rendering = plain
    with ThreadPoolExecutor(len(batches)) as pool:
        for done in [pool.submit(worker.deliver, batch.id) for worker, batch in zip(workers, batches, strict=True)]:
            done.result(30)


def to_rest(office: Office, batches: Sequence[Batch]) -> None:
    """Whoever waited for another comes again, until nobody waits."""
    clock = office.clock
    assert isinstance(clock, ManualClock)
    for _ in range(6):
        clock.advance(5)
        for batch in batches:
            office.delivery.deliver(batch.id)


def sent(office: Office) -> Counter[str]:
    """How often each address was written to."""
    return Counter(letter.address for parcel in office.provider.parcels for letter in parcel.letters)


@pytest.mark.parametrize("kept_by", ["cap", "pace"])
def test_workers_with_several_campaigns_for_the_same_people_at_one_moment_send_no_more_than_they_may(
    office: Office, kept_by: str
) -> None:
    if kept_by == "cap":
        capped(office, Cap(count=2, days=1, channel="email"), Cap(count=1, days=7))
    for name in PEOPLE:
        office.customer(name, pace="weekly" if kept_by == "pace" else "")
    batches = [office.plan(*PEOPLE, run=name) for name in CAMPAIGNS]
    important = office.plan(*PEOPLE, run="important", purpose="transactional")
    all_at_once(office, [*batches, important])
    to_rest(office, batches)
    assert sent(office) == {f"{name}@example.com": 2 for name in PEOPLE}
    reason = "frequency_cap" if kept_by == "cap" else "pace"
    for name in PEOPLE:
        states = sorted(state for run in CAMPAIGNS for state in office.states(name, run=run))
        assert states == [(State.ACCEPTED, ""), (State.SKIPPED, reason), (State.SKIPPED, reason)]
    assert office.states(*PEOPLE, run="important") == [(State.ACCEPTED, "")] * len(PEOPLE)
    assert office.services.audit.broken(dict.fromkeys([*CAMPAIGNS, "important"], len(PEOPLE))) == []


@pytest.mark.parametrize(
    ("outcome", "first", "second"),
    [
        (Accepted("x"), (State.ACCEPTED, ""), (State.SKIPPED, "frequency_cap")),
        (Uncertain(reason="no_answer"), (State.UNCERTAIN, "no_answer"), (State.SKIPPED, "frequency_cap")),
        (NotTaken(reason="unreachable", retry_after=3_600), (State.WAITING, "unreachable"), (State.ACCEPTED, "")),
    ],
)
def test_while_another_message_is_handed_over_the_next_one_waits_for_what_becomes_of_it(
    office: Office, outcome: Outcome, first: tuple[State, str], second: tuple[State, str]
) -> None:
    capped(office, Cap(count=1, days=1))
    one, two = office.plan("ana", run="one"), office.plan("ana", run="two")
    seen: list[tuple[State, str]] = []

    def meanwhile(parcel: Parcel) -> None:
        office.provider.before = lambda parcel: None
        office.worker().deliver(two.id)
        seen.extend(office.states("ana", run="two"))

    office.provider.before = meanwhile
    office.provider.answer = lambda letter: outcome
    office.delivery.deliver(one.id)
    office.provider.answer = lambda letter: Accepted("x")
    office.services.database["breakers"].delete_many({})
    assert seen == [(State.WAITING, "frequency_cap")]
    waits = office.get("ana", "two").not_before - office.clock.now()
    assert timedelta(seconds=2) <= waits <= timedelta(seconds=4)
    to_rest(office, [two])
    assert office.states("ana", run="one") == [first]
    assert office.states("ana", run="two") == [second]


def test_of_two_messages_of_one_batch_to_one_person_the_first_goes(office: Office) -> None:
    capped(office, Cap(count=1, days=1))
    batch = office.plan("ana", run="one")
    again = msgspec.structs.replace(office.get("ana", "one"), id="again", step=1, address_hash=None)
    office.services.messages.plan(batch, [again])
    office.delivery.deliver(batch.id)
    to_rest(office, [batch])
    assert sent(office) == {"ana@example.com": 1}
    found = office.services.messages.get(["again", office.get("ana", "one").id])
    assert sorted((one.state, one.reason) for one in found.values()) == [
        (State.ACCEPTED, ""),
        (State.SKIPPED, "frequency_cap"),
    ]


def test_what_went_on_to_its_next_channel_counts_for_others_and_not_against_itself(office: Office) -> None:
    capped(office, Cap(count=1, days=1))
    ways = [Route("email", "ana@example.com"), Route("sms", office.customer("ana").addresses["sms"][0])]
    one = office.plan("ana", run="one", routes=ways, failover={"email": Step(success="read")})
    office.delivery.deliver(one.id)
    later = msgspec.structs.replace(one, id="later", channel="sms")
    office.services.batches.open(later)
    assert MongoTimers(office.services.database).reroute("later", [office.get("ana", "one")], office.clock.now())
    other = office.plan("ana", run="other")
    office.delivery.deliver(other.id)
    assert office.states("ana", run="other") == [(State.SKIPPED, "frequency_cap")]
    office.delivery.deliver("later")
    assert office.states("ana", run="one") == [(State.ACCEPTED, "")]
    assert sent(office) == {way.address: 1 for way in ways}
