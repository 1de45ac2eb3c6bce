"""A provider's word: it only raises what is known, in whatever order it comes, and overrules what we believed."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from messaging.channel import Accepted, Outcome, Rejected, Uncertain
from messaging.life import BELIEFS, RANKS, overruled_by
from messaging.message import TRANSITIONS, State
from messaging.receipts import Proof
from tests.support.clock import ManualClock
from tests.support.office import Office

WORDS = [State.ACCEPTED, State.UNDELIVERED, State.DELIVERED, State.BOUNCED]


def proof(office: Office, state: State, customer: str = "ana", run: str = "run", **facts: str) -> Proof:
    message = office.get(customer, run)
    token = facts.get("token", message.request)
    return Proof(message=message.id, state=state, at=office.clock.now(), token=token, reason=facts.get("reason", ""))


def send(office: Office, outcome: Outcome, *customers: str, run: str = "run") -> None:
    office.provider.answer = lambda letter: outcome
    office.delivery.deliver(office.plan(*customers, run=run).id)


def test_every_proof_is_a_way_through_the_table() -> None:
    for proven in RANKS:
        for origin in overruled_by(proven):
            direct = proven in TRANSITIONS[origin]
            by_way_of_accepted = State.ACCEPTED in TRANSITIONS[origin] and proven in TRANSITIONS[State.ACCEPTED]
            assert direct or by_way_of_accepted, (origin, proven)


def test_all_that_is_not_proven_is_belief() -> None:
    assert BELIEFS | set(RANKS) | {State.HELD_OUT} == set(State)


@pytest.mark.parametrize("state", WORDS)
def test_a_word_resolves_what_is_uncertain(office: Office, state: State) -> None:
    send(office, Uncertain(reason="no_answer"), "ana")
    office.services.messages.apply([proof(office, state, reason="its words")])
    assert office.states("ana") == [(state, "its words")]


def test_a_word_resolves_what_we_had_given_up_or_believed_refused(office: Office, clock: ManualClock) -> None:
    send(office, Uncertain(reason="no_answer"), "ana", run="one")
    send(office, Rejected(reason="refused"), "ana", run="two")
    clock.advance(86_400)
    office.sweeper.sweep()
    assert office.states("ana", run="one") == [(State.UNCERTAIN_FINAL, "no_answer")]
    proofs = [proof(office, State.DELIVERED, run=run) for run in ("one", "two")]
    office.services.messages.apply(proofs)
    assert [office.get("ana", run).state for run in ("one", "two")] == [State.DELIVERED] * 2


def test_a_word_about_another_attempt_or_a_strange_message_moves_nothing(office: Office) -> None:
    send(office, Uncertain(reason="no_answer"), "ana")
    strange = Proof(message="nobody", state=State.DELIVERED, at=office.clock.now())
    office.services.messages.apply([proof(office, State.DELIVERED, token="forged"), strange])
    assert office.states("ana") == [(State.UNCERTAIN, "no_answer")]


def test_a_word_about_what_was_never_handed_over_moves_nothing(office: Office) -> None:
    office.plan("ana")
    office.services.messages.apply([proof(office, State.DELIVERED, token="")])
    assert office.states("ana") == [(State.QUEUED, "")]


def test_what_turns_out_to_have_arrived_is_not_tried_again(office: Office, clock: ManualClock) -> None:
    office.provider.answer = lambda letter: Uncertain(reason="no_answer")
    batch = office.plan("ana", policy="at_least_once")
    office.delivery.deliver(batch.id)
    clock.advance(office.settings.uncertain_grace)
    assert office.sweeper.sweep().tried_again == 1
    office.services.messages.apply([proof(office, State.DELIVERED)])
    office.delivery.deliver(batch.id)
    assert (office.states("ana"), len(office.provider.sent())) == ([(State.DELIVERED, "")], 1)


def test_a_word_that_overtakes_the_answer_is_not_undone_by_it(office: Office) -> None:
    office.provider.before = lambda parcel: office.services.messages.apply([proof(office, State.DELIVERED)])
    send(office, Accepted("late"), "ana")
    assert office.get("ana").state is State.DELIVERED


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=5), data=st.data())
def test_words_in_any_order_lead_to_one_state(office: Office, words: list[State], data: st.DataObject) -> None:
    run = f"run-{next(_runs)}"
    send(office, data.draw(st.sampled_from([Accepted("x"), Uncertain(reason="?")])), "ana", "ben", run=run)
    for customer, order in (("ana", words), ("ben", data.draw(st.permutations(words)))):
        for word in order:
            office.services.messages.apply([proof(office, word, customer, run)])
    best = max(words, key=lambda word: RANKS[word])
    assert [office.get(name, run).state for name in ("ana", "ben")] == [best, best]


_runs = itertools.count()


def test_evidence_is_applied_in_bulk(office: Office) -> None:
    people = [f"p{number}" for number in range(30)]
    send(office, Uncertain(reason="no_answer"), *people)
    office.services.messages.apply([proof(office, State.DELIVERED, name) for name in people])
    assert office.services.messages.counts("run") == {(State.DELIVERED, "email", ""): 30}


def test_a_run_is_open_until_its_last_doubt_is_gone(office: Office, clock: ManualClock) -> None:
    send(office, Uncertain(reason="no_answer"), "ana")
    assert office.services.messages.open("run")
    clock.advance(timedelta(days=1).total_seconds())
    office.sweeper.sweep()
    assert not office.services.messages.open("run")
