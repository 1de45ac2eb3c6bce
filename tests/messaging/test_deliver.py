"""Delivery: what the provider is asked, and where each message comes to rest."""

from datetime import timedelta

import pytest

from messaging.channel import Accepted, Letter, NotTaken, Outcome, Parcel, Rejected, Uncertain
from messaging.message import Route, State
from tests.support.clock import ManualClock
from tests.support.office import Office


def test_what_is_due_is_handed_over_in_one_request_and_kept_word_for_word(office: Office) -> None:
    batch = office.plan("ana", "ben")
    office.delivery.deliver(batch.id)
    assert office.states("ana", "ben") == [(State.ACCEPTED, "")] * 2
    assert len(office.provider.parcels) == 1
    message = office.get("ana")
    assert (message.provider, message.provider_id, message.claim) == ("puppet", "id-1", None)
    [attempt] = message.attempts
    assert attempt.outcome == "accepted"
    assert attempt.ended_at is not None
    content = office.services.contents.get(message.id, attempt.token)
    assert content is not None
    assert content.rendered.parts["text"] == "Hello ana"
    assert content.address == "ana@example.com"


def test_the_attempt_is_written_before_the_socket_opens(office: Office) -> None:
    seen: list[tuple[State, str]] = []

    def look(parcel: Parcel) -> None:
        message = office.get("ana")
        seen.append((message.state, message.attempts[-1].token))
        assert parcel.token == message.request

    office.provider.before = look
    office.delivery.deliver(office.plan("ana").id)
    assert seen == [(State.HANDING_OVER, office.provider.parcels[0].token)]


def test_delivering_again_sends_nothing_again(office: Office) -> None:
    batch = office.plan("ana")
    office.delivery.deliver(batch.id)
    office.delivery.deliver(batch.id)
    assert len(office.provider.sent()) == 1


def test_a_batch_with_nothing_open_is_closed(office: Office) -> None:
    batch = office.plan("ana")
    office.delivery.deliver(batch.id)
    kept = office.services.batches.get(batch.id)
    assert kept is not None
    assert kept.open is False


def test_a_second_worker_finds_nothing_to_claim_while_the_first_is_sending(office: Office) -> None:
    batch = office.plan("ana", "ben")
    office.provider.before = lambda parcel: office.worker().deliver(batch.id)
    office.delivery.deliver(batch.id)
    assert sorted(office.provider.sent()) == sorted([office.get("ana").id, office.get("ben").id])


@pytest.mark.parametrize(
    ("outcome", "state", "reason"),
    [
        (Uncertain(reason="no_answer"), State.UNCERTAIN, "no_answer"),
        (Rejected(reason="refused"), State.FAILED, "refused"),
        (NotTaken(reason="unreachable"), State.WAITING, "unreachable"),
        (NotTaken(reason="rate_limited", retry_after=7), State.WAITING, "rate_limited"),
        (NotTaken(reason="credentials", stop=True), State.WAITING, "credentials"),
    ],
)
def test_an_outcome_is_where_the_message_rests(office: Office, outcome: Outcome, state: State, reason: str) -> None:
    office.provider.answer = lambda letter: outcome
    office.delivery.deliver(office.plan("ana").id)
    assert office.states("ana") == [(state, reason)]
    assert office.get("ana").attempts[-1].ended_at is not None


def test_outcomes_of_one_request_may_differ(office: Office) -> None:
    answers = {
        office.get(name).id: outcome
        for batch in [office.plan("ana", "ben", "cyd")]
        for name, outcome in [
            ("ana", Accepted("x")),
            ("ben", Rejected(reason="refused")),
            ("cyd", Uncertain(reason="?")),
        ]
    }
    office.provider.answer = lambda letter: answers[letter.message]
    office.delivery.deliver("batch-run")
    assert office.states("ana", "ben", "cyd") == [
        (State.ACCEPTED, ""),
        (State.FAILED, "refused"),
        (State.UNCERTAIN, "?"),
    ]


def test_what_was_not_taken_is_tried_again_when_the_provider_said(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana")
    office.provider.answer = lambda letter: NotTaken(reason="rate_limited", retry_after=60)
    office.delivery.deliver(batch.id)
    assert office.get("ana").not_before == clock.now() + timedelta(seconds=60)
    clock.advance(59)
    office.provider.answer = lambda letter: Accepted("later")
    office.delivery.deliver(batch.id)
    assert office.states("ana") == [(State.WAITING, "rate_limited")]
    clock.advance(1)
    office.delivery.deliver(batch.id)
    assert office.states("ana") == [(State.ACCEPTED, "")]
    assert [attempt.outcome for attempt in office.get("ana").attempts] == ["not_taken", "accepted"]


def test_waits_that_the_provider_does_not_name_grow(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana")
    office.provider.answer = lambda letter: NotTaken(reason="unreachable")
    waits = []
    for _ in range(8):
        office.delivery.deliver(batch.id)
        waits.append((office.get("ana").not_before - clock.now()).total_seconds())
        clock.set(office.get("ana").not_before)
    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]


def test_what_is_uncertain_is_never_sent_again(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana")
    office.provider.answer = lambda letter: Uncertain(reason="no_answer")
    office.delivery.deliver(batch.id)
    for _ in range(3):
        clock.advance(86_400)
        office.sweeper.sweep()
        office.delivery.deliver(batch.id)
    assert len(office.provider.sent()) == 1
    assert office.states("ana") == [(State.UNCERTAIN_FINAL, "no_answer")]


def test_a_campaign_that_would_rather_send_twice_tries_again(office: Office, clock: ManualClock) -> None:
    batch = office.plan("ana", policy="at_least_once")
    office.provider.answer = lambda letter: Uncertain(reason="no_answer")
    office.delivery.deliver(batch.id)
    clock.advance(office.settings.uncertain_grace)
    office.sweeper.sweep()
    office.provider.answer = lambda letter: Accepted("again")
    office.delivery.deliver(batch.id)
    assert office.states("ana") == [(State.ACCEPTED, "")]
    assert len(office.provider.sent()) == 2


def test_a_refused_address_is_followed_by_the_next_channel(office: Office) -> None:
    routes = [Route("email", "ana@example.com"), Route("sms", "+12025550100")]
    office.customer("ana", addresses={"email": ["ana@example.com"], "sms": ["+12025550100"]})
    batch = office.plan("ana", routes=routes)
    office.provider.answer = lambda letter: (
        Rejected(reason="refused", suppress="bounced") if "@" in letter.address else Accepted("sms-1")
    )
    office.delivery.deliver(batch.id)
    assert office.states("ana") == [(State.QUEUED, "refused")]
    [(job, onward)] = office.bell.rung
    assert job == "deliver"
    office.delivery.deliver(onward)
    message = office.get("ana")
    assert (message.state, message.channel, message.provider_id) == (State.ACCEPTED, "sms", "sms-1")
    assert [attempt.channel for attempt in message.attempts] == ["email", "sms"]
    assert office.services.suppressions.among("email", ["ana@example.com"], "service") == {"ana@example.com": "bounced"}


def test_two_who_share_their_next_address_get_one_message_there(office: Office) -> None:
    shared = {"sms": ["+12025550100"]}
    for name in ("ana", "ben"):
        office.customer(name, addresses={"email": [f"{name}@example.com"], **shared})
    batch = office.plan("ana", "ben")
    messages = office.services.database["messages"]
    messages.update_many({}, {"$push": {"routes": {"channel": "sms", "address": "+12025550100"}}})
    office.provider.answer = lambda letter: Rejected(reason="refused")
    office.delivery.deliver(batch.id)
    assert sorted(office.states("ana", "ben")) == [(State.QUEUED, "refused"), (State.SKIPPED, "same_address")]


def test_two_customers_with_one_address_get_one_message(office: Office) -> None:
    office.customer("ana", addresses={"email": ["both@example.com"]})
    office.customer("ben", addresses={"email": ["both@example.com"]})
    office.delivery.deliver(office.plan("ana", "ben").id)
    assert sorted(office.states("ana", "ben")) == [(State.ACCEPTED, ""), (State.SKIPPED, "same_address")]


def test_a_stopped_provider_is_left_alone_by_every_worker_for_a_while(office: Office, clock: ManualClock) -> None:
    office.provider.answer = lambda letter: NotTaken(reason="credentials", stop=True, detail="HTTP 401")
    office.delivery.deliver(office.plan("ana", run="one").id)
    other = office.plan("ben", run="two")
    office.worker().deliver(other.id)
    assert len(office.provider.sent()) == 1
    assert office.states("ben", run="two") == [(State.WAITING, "credentials")]
    clock.advance(60)
    office.provider.answer = lambda letter: Accepted("x")
    office.delivery.deliver(other.id)
    assert office.states("ben", run="two") == [(State.ACCEPTED, "")]


def test_the_rest_of_a_batch_is_not_pressed_on_a_provider_that_takes_nothing(office: Office) -> None:
    office.provider.batch_max = 1  # type: ignore[misc]
    office.provider.answer = lambda letter: NotTaken(reason="rate_limited", retry_after=30)
    office.delivery.deliver(office.plan("ana", "ben", "cyd").id)
    assert len(office.provider.sent()) == 1
    assert office.states("ana", "ben", "cyd") == [(State.WAITING, "rate_limited")] * 3


def test_what_may_be_tried_again_at_once_is_rung_for_at_once(office: Office) -> None:
    batch = office.plan("ana", "ben")

    def one_is_bad(letter: Letter) -> Outcome:
        bad = letter.address.startswith("ana")
        return Rejected(reason="refused") if bad else NotTaken(reason="another_refused", retry_after=0.0)

    office.provider.answer = one_is_bad
    office.delivery.deliver(batch.id)
    assert office.bell.rung == [("deliver", batch.id)]
    office.provider.answer = lambda letter: Accepted("x")
    office.delivery.deliver(batch.id)
    assert office.states("ana", "ben") == [(State.FAILED, "refused"), (State.ACCEPTED, "")]


def test_a_provider_file_that_raises_leaves_its_letters_uncertain(office: Office) -> None:
    def fall_over(letter: Letter) -> Outcome:
        raise RuntimeError("a provider's file has a fault")

    office.provider.answer = fall_over
    office.delivery.deliver(office.plan("ana").id)
    assert office.states("ana") == [(State.UNCERTAIN, "unforeseen")]
