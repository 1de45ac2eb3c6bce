"""Messages as they are kept: planned once, counted, cancelled, listed; many workers at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import msgspec

from messaging.life import Lease
from messaging.message import Batch, State, message_id
from storage.claims import MongoClaims
from tests.support.clock import ManualClock
from tests.support.office import Office
from wiring import Services


def test_planning_twice_plans_once(services: Services, clock: ManualClock) -> None:
    office = Office(services, clock)
    batch = office.plan("ana", "ben")
    messages = list(services.messages.get([office.get(name).id for name in ("ana", "ben")]).values())
    assert services.messages.plan(batch, messages) == 0
    other = msgspec.structs.replace(batch, id="another")
    assert services.messages.plan(other, [msgspec.structs.replace(one, batch="another") for one in messages]) == 0
    assert services.messages.total("run") == 2
    assert office.get("ana").batch == batch.id


def test_planning_again_does_not_disturb_what_was_sent(services: Services, clock: ManualClock) -> None:
    office = Office(services, clock)
    batch = office.plan("ana")
    office.delivery.deliver(batch.id)
    office.plan("ana")
    office.delivery.deliver(batch.id)
    assert office.states("ana") == [(State.ACCEPTED, "")]
    assert len(office.provider.sent()) == 1


def test_a_batch_of_those_who_get_nothing_rests_from_the_start(services: Services, clock: ManualClock) -> None:
    office = Office(services, clock)
    now = clock.now()
    resting = Batch(id="rest", run="run", campaign="c", channel="", due_at=now, rung_at=now, open=False)
    message = office.message(office.customer("ana"), resting, "marketing", now)
    held_out = msgspec.structs.replace(message, state=State.HELD_OUT, routes=[], address_hash=None)
    assert services.messages.plan(resting, [held_out]) == 1
    kept = services.batches.get("rest")
    assert kept is not None
    assert not kept.open
    assert services.messages.counts("run") == {(State.HELD_OUT, "", ""): 1}
    assert not services.messages.open("run")


def test_cancelling_a_run_ends_what_waits_and_leaves_what_was_sent(services: Services, clock: ManualClock) -> None:
    office = Office(services, clock)
    batch = office.plan("ana")
    office.delivery.deliver(batch.id)
    office.plan("ana", "ben")
    assert services.messages.cancel("run") == 1
    assert office.states("ana", "ben") == [(State.ACCEPTED, ""), (State.CANCELLED, "campaign_cancelled")]
    assert list(services.messages.customers_of("run", [State.CANCELLED])) == ["ben"]


def test_workers_who_claim_at_once_share_nothing(services: Services, clock: ManualClock) -> None:
    office = Office(services, clock)
    batch = office.plan(*[f"p{number}" for number in range(60)])
    now = clock.now()
    lease = Lease(now=now, until=now + timedelta(seconds=60), check_at=now + timedelta(seconds=60))

    def claim(worker: int) -> list[str]:
        claims = MongoClaims(services.database, 1)
        return [message.id for message in claims.claim(batch.id, f"worker-{worker}", lease)]

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(claim, range(8)))
    together = [one for ids in won for one in ids]
    assert len(together) == len(set(together)) == 60


def test_a_messages_id_follows_from_what_it_is_for() -> None:
    assert message_id("run", "ana", 0) == message_id("run", "ana", 0)
    assert len({message_id(run, who, step) for run in "ab" for who in "cd" for step in (0, 1)}) == 8


def test_a_page_of_a_campaigns_messages_goes_on_where_the_last_ended(services: Services, clock: ManualClock) -> None:
    office = Office(services, clock)
    office.plan(*[f"p{number}" for number in range(7)])
    first = services.messages.of_campaign("campaign", "", 4)
    rest = services.messages.of_campaign("campaign", first[-1].id, 4)
    assert len(first) == 4
    assert sorted(message.id for message in first + rest) == [message.id for message in first + rest]
    assert len(rest) == 3
    assert services.messages.of_campaign("campaign", "", 4, State.FAILED) == []
