"""Leases: who sleeps past one moves and sends nothing, and a late answer still counts."""

from datetime import timedelta

from messaging.channel import Accepted, NotTaken, Outcome, Parcel, Uncertain
from messaging.life import Lease, Move
from messaging.message import Attempt, State
from storage.claims import MongoClaims
from tests.support.clock import ManualClock
from tests.support.office import Office


def test_a_worker_that_sleeps_past_its_lease_sends_nothing(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana")
    claims = MongoClaims(office.services.database, 1)
    now = clock.now()
    lease = Lease(now=now, until=now + timedelta(seconds=60), check_at=now + timedelta(seconds=60))
    [message] = claims.claim(batch.id, "sleeper", lease)
    clock.advance(61)
    late = Lease(now=clock.now(), until=clock.now() + timedelta(seconds=60), check_at=clock.now())
    attempt = Attempt(token="late", channel="email", provider="puppet", started_at=clock.now())
    assert claims.begin("sleeper", [message.id], True, attempt, late) == []
    assert claims.renew("sleeper", late) == 0
    assert office.sweeper.sweep().given_back == 1
    office.delivery.deliver(batch.id)
    assert claims.settle("sleeper", [Move(state=State.SKIPPED, reason="late")], clock.now()) == 0
    assert office.states("ana") == [(State.ACCEPTED, "")]
    assert len(office.provider.sent()) == 1


def test_a_worker_that_sleeps_between_write_ahead_and_socket_does_not_send(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana")

    def sleep(campaign: str) -> str:
        if office.get("ana").state is State.HANDING_OVER:
            clock.advance(office.settings.claim_lease)
        return "go"

    office.delivery._may_send = sleep
    office.delivery.deliver(batch.id)
    assert office.provider.sent() == []
    assert office.states("ana") == [(State.WAITING, "lease_over")]


def test_an_answer_that_comes_after_the_sweeper_doubted_ends_the_doubt(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana")

    def doubt(parcel: Parcel) -> None:
        clock.advance(office.settings.claim_lease + office.settings.http_timeout + office.settings.uncertain_grace)
        assert office.sweeper.sweep().doubted == 1
        assert office.states("ana") == [(State.UNCERTAIN, "no_word")]

    office.provider.before = doubt
    office.delivery.deliver(batch.id)
    assert office.states("ana") == [(State.ACCEPTED, "")]


def test_an_answer_does_not_end_the_doubt_about_an_earlier_request_of_the_claim(office: Office) -> None:
    office.provider.batch_max = 1  # type: ignore[misc]
    answers: list[Outcome] = [Uncertain(reason="no_answer"), Accepted("x")]
    office.provider.answer = lambda letter: answers.pop(0)
    office.delivery.deliver(office.plan("ana", "ben").id)
    assert sorted(office.states("ana", "ben")) == [(State.ACCEPTED, ""), (State.UNCERTAIN, "no_answer")]


def test_putting_the_rest_of_a_claim_off_does_not_touch_what_is_uncertain_of_it(office: Office) -> None:
    office.provider.batch_max = 1  # type: ignore[misc]
    answers: list[Outcome] = [Uncertain(reason="no_answer"), NotTaken(reason="rate_limited", retry_after=30)]
    office.provider.answer = lambda letter: answers.pop(0)
    office.delivery.deliver(office.plan("ana", "ben", "cyd").id)
    assert sorted(office.states("ana", "ben", "cyd")) == [
        (State.UNCERTAIN, "no_answer"),
        (State.WAITING, "rate_limited"),
        (State.WAITING, "rate_limited"),
    ]
