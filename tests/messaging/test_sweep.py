"""The sweeper: what was left behind goes on, and no bell stays unheard."""

from datetime import timedelta

from messaging.life import Lease
from messaging.message import Attempt, Batch, Message, Route, State
from messaging.receipts import Proof
from messaging.routing import address_hash
from storage.claims import MongoClaims
from tests.support.clock import ManualClock
from tests.support.office import Office

HOUR = 3_600


def leave_claimed(office: Office, batch: Batch) -> list[str]:
    """Claim a batch as a worker that dies right after."""
    claims = MongoClaims(office.services.database, 1)
    return [message.id for message in claims.claim(batch.id, batch.id, lease(office))]


def leave_handing_over(office: Office, batch: Batch) -> None:
    """Die between the write-ahead and the answer."""
    ids = leave_claimed(office, batch)
    attempt = Attempt(token="request", channel="email", provider="puppet", started_at=office.clock.now())
    settings = office.settings
    grace = settings.http_timeout + settings.uncertain_grace
    MongoClaims(office.services.database, 1).begin(batch.id, ids, True, attempt, lease(office, grace))


def lease(office: Office, grace: float = 0) -> Lease:
    now = office.clock.now()
    until = now + timedelta(seconds=office.settings.claim_lease)
    return Lease(now=now, until=until, check_at=until + timedelta(seconds=grace))


def test_a_claim_whose_worker_died_is_given_back_when_its_lease_is_over(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana", "ben")
    leave_claimed(office, batch)
    clock.advance(office.settings.claim_lease - 1)
    assert office.sweeper.sweep().given_back == 0
    office.delivery.deliver(batch.id)  # as the sweeper rang for; there is nothing to claim
    assert office.provider.sent() == []
    clock.advance(1)
    swept = office.sweeper.sweep()
    assert (swept.given_back, swept.rung) == (2, 1)
    assert office.states("ana", "ben") == [(State.QUEUED, "")] * 2
    assert office.get("ana").claim is None


def test_a_hand_over_whose_worker_died_is_uncertain_and_in_the_end_finally_so(
    office: Office, clock: ManualClock
) -> None:
    leave_handing_over(office, office.plan("ana"))
    settings = office.settings
    clock.advance(settings.claim_lease + settings.http_timeout + settings.uncertain_grace - 1)
    assert office.sweeper.sweep().doubted == 0
    clock.advance(1)
    assert office.sweeper.sweep().doubted == 1
    assert office.states("ana") == [(State.UNCERTAIN, "no_word")]
    clock.advance(settings.uncertain_final_after - 1)
    assert office.sweeper.sweep().given_up == 0
    clock.advance(1)
    assert office.sweeper.sweep().given_up == 1
    assert office.states("ana") == [(State.UNCERTAIN_FINAL, "no_word")]


def test_sweeping_twice_is_sweeping_once(office: Office, clock: ManualClock) -> None:
    leave_claimed(office, office.plan("ana", run="one"))
    leave_handing_over(office, office.plan("ben", run="two"))
    clock.advance(HOUR)
    first, second = office.sweeper.sweep(), office.sweeper.sweep()
    assert (first.given_back, first.doubted, first.rung) == (1, 1, 2)
    assert (second.given_back, second.doubted, second.rung) == (0, 0, 0)


def test_a_batch_whose_bell_was_not_heard_is_rung_for_again_and_again(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana")
    assert office.sweeper.sweep().rung == 0  # it was rung for just now
    for _ in range(2):
        clock.advance(office.settings.ring_again_after)
        assert office.sweeper.sweep().rung == 1
    assert office.bell.rung == [("deliver", batch.id)] * 2


def test_while_the_bell_is_dead_nothing_counts_as_rung(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana")
    clock.advance(office.settings.ring_again_after)
    office.bell.dead = True
    assert office.sweeper.sweep().rung == 0
    office.bell.dead = False
    assert office.sweeper.sweep().rung == 1
    assert office.bell.rung == [("deliver", batch.id)]


def test_a_batch_that_waits_is_rung_for_when_it_is_due(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana", not_before=clock.now() + timedelta(seconds=600))
    office.delivery.deliver(batch.id)
    clock.advance(599)
    assert office.sweeper.sweep().rung == 0
    clock.advance(1)
    assert office.sweeper.sweep().rung == 1


def test_a_batch_without_an_open_message_is_closed(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana")
    assert office.services.messages.cancel("run") == 1
    clock.advance(office.settings.ring_again_after)
    swept = office.sweeper.sweep()
    assert (swept.closed, swept.rung) == (1, 0)
    kept = office.services.batches.get(batch.id)
    assert kept is not None
    assert not kept.open


def test_a_batch_that_was_opened_since_it_was_read_is_not_closed(office: Office, clock: ManualClock) -> None:
    empty = office.plan()
    seen = office.services.batches.get(empty.id)
    assert seen is not None
    office.plan("ana")  # into the same batch
    assert office.services.batches.close([seen]) == 0
    clock.advance(office.settings.ring_again_after)
    assert office.sweeper.sweep().rung == 1


def test_one_who_lost_the_claim_closes_nothing_that_another_still_holds(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana")
    leave_claimed(office, batch)
    office.delivery.deliver(batch.id)  # finds nothing to claim
    kept = office.services.batches.get(batch.id)
    assert kept is not None
    assert kept.open
    assert kept.due_at == clock.now() + timedelta(seconds=office.settings.claim_lease)


def test_what_bounced_goes_on_over_the_next_channel_after_second_thoughts(office: Office, clock: ManualClock) -> None:
    message = sent_with_two_routes(office)
    office.services.messages.apply(
        [Proof(message=message.id, state=State.BOUNCED, at=clock.now(), token=message.request)]
    )
    assert office.sweeper.sweep().rerouted == 0
    clock.advance(60)
    assert office.sweeper.sweep().rerouted == 1
    assert office.sweeper.sweep().rerouted == 0
    assert office.states("ana") == [(State.QUEUED, "bounced")]
    [(job, onward)] = office.bell.rung
    office.delivery.deliver(onward)
    late = Proof(message=message.id, state=State.BOUNCED, at=clock.now(), token=message.request)
    office.services.messages.apply([late])
    assert (job, office.states("ana"), office.get("ana").channel) == ("deliver", [(State.ACCEPTED, "")], "sms")
    assert [parcel.channel for parcel in office.provider.parcels] == ["email", "sms"]


def test_what_is_delivered_after_all_stays_on_its_channel(office: Office, clock: ManualClock) -> None:
    message = sent_with_two_routes(office)
    for state in (State.UNDELIVERED, State.DELIVERED):
        office.services.messages.apply([Proof(message=message.id, state=state, at=clock.now(), token=message.request)])
    clock.advance(HOUR)
    assert office.sweeper.sweep().rerouted == 0
    assert office.states("ana") == [(State.DELIVERED, "")]


def test_one_whose_next_address_is_taken_stays_where_it_is(office: Office, clock: ManualClock) -> None:
    message = sent_with_two_routes(office)
    taken = address_hash(Route("sms", "+12025550100"))
    messages = office.services.database["messages"]
    messages.insert_one({"_id": "other", "run": "run", "channel": "sms", "address_hash": taken, "state": "accepted"})
    office.services.messages.apply(
        [Proof(message=message.id, state=State.BOUNCED, at=clock.now(), token=message.request)]
    )
    clock.advance(60)
    assert office.sweeper.sweep().rerouted == 0
    assert office.states("ana") == [(State.BOUNCED, "")]
    assert office.get("ana").check_at is None


def sent_with_two_routes(office: Office) -> Message:
    office.customer("ana", addresses={"email": ["ana@example.com"], "sms": ["+12025550100"]})
    routes = [Route("email", "ana@example.com"), Route("sms", "+12025550100")]
    office.delivery.deliver(office.plan("ana", routes=routes).id)
    return office.get("ana")
