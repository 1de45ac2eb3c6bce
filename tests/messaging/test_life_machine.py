"""T21: whatever happens, in whatever order, a message is taken at most once and comes to rest."""

import itertools
import os
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from messaging.channel import Accepted, Letter, NotTaken, Outcome, Rejected, Uncertain
from messaging.life import RANKS, Lease
from messaging.message import OPEN, Attempt, Message, State
from messaging.receipts import Proof
from storage.claims import MongoClaims
from tests.support.clock import ManualClock
from tests.support.office import Office

PEOPLE = ["ana", "ben", "cyd"]
# What a provider answers, and whether it took the letter in truth.
ANSWERS: list[tuple[Outcome, bool]] = [
    (Accepted("x"), True),
    (Uncertain(reason="no_answer"), True),
    (Uncertain(reason="no_answer"), False),
    (NotTaken(reason="rate_limited", retry_after=30), False),
    (NotTaken(reason="credentials", stop=True), False),
    (Rejected(reason="refused"), False),
]
WORDS = [State.ACCEPTED, State.UNDELIVERED, State.DELIVERED, State.BOUNCED]
_numbers = itertools.count()


class Life(RuleBasedStateMachine):
    """Three messages, workers that live and die, a provider, its webhooks, an operator, a clock and a sweeper."""

    def __init__(self, office: Office) -> None:
        super().__init__()
        self.office = office
        self.run_id = f"run-{next(_numbers)}"
        office.word = "go"
        office.provider.parcels.clear()
        office.services.database["breakers"].delete_many({})
        for person in PEOPLE:
            office.services.suppressions.lift("email", f"{person}@example.com", "stop")
        self.batch = office.plan(*PEOPLE, run=self.run_id)
        self.taken: Counter[str] = Counter()
        self.tokens: dict[str, str] = {}
        self.silenced: set[str] = set()
        self.cancelled = False

    def take(self, message: str, token: str) -> None:
        """The provider takes a letter, in truth."""
        assert not self.cancelled or self.get_by_id(message).claim is not None
        self.taken[message] += 1
        self.tokens[message] = token

    def get_by_id(self, id: str) -> Message:
        return self.office.services.messages.get([id])[id]

    def messages(self) -> list[Message]:
        """All three."""
        return [self.office.get(person, self.run_id) for person in PEOPLE]

    @rule(answers=st.lists(st.sampled_from(ANSWERS), min_size=3, max_size=3))
    def a_worker_delivers(self, answers: list[tuple[Outcome, bool]]) -> None:
        replies = itertools.cycle(answers)

        def answer(letter: Letter) -> Outcome:
            assert letter.address not in self.silenced, "sent after a STOP"
            assert not self.cancelled, "sent after it was cancelled"
            outcome, took = next(replies)
            if took:
                self.take(letter.message, self.get_by_id(letter.message).request)
            return outcome

        self.office.provider.answer = answer
        self.office.delivery.deliver(self.batch.id)

    @rule(began=st.booleans(), took=st.booleans())
    def a_worker_dies(self, began: bool, took: bool) -> None:
        """After its claim, or in a hand-over that the provider took or did not."""
        office, now = self.office, self.office.clock.now()
        token = f"dead-{next(_numbers)}"
        until = now + timedelta(seconds=office.settings.claim_lease)
        claims = MongoClaims(office.services.database, office.settings.uncertain_final_after)
        claimed = claims.claim(self.batch.id, token, Lease(now=now, until=until, check_at=until))
        fit = [one.id for one in claimed if not self.cancelled and one.routes[0].address not in self.silenced]
        if not began or not fit:
            return
        attempt = Attempt(token=f"r-{token}", channel="email", provider="puppet", started_at=now)
        doubt_at = until + timedelta(seconds=office.settings.http_timeout + office.settings.uncertain_grace)
        for id_ in claims.begin(token, fit, False, attempt, Lease(now=now, until=until, check_at=doubt_at)):
            if took:
                self.take(id_, attempt.token)

    @rule(seconds=st.sampled_from([1, 31, 61, 120, 3_600, 90_000]))
    def time_goes_by(self, seconds: int) -> None:
        clock = self.office.clock
        assert isinstance(clock, ManualClock)
        clock.advance(seconds)

    @rule()
    def the_sweeper_comes(self) -> None:
        self.office.sweeper.sweep()

    @precondition(lambda self: self.taken)
    @rule(data=st.data(), state=st.sampled_from(WORDS))
    def a_webhook_comes(self, data: Any, state: State) -> None:
        """About what the provider really took."""
        message = data.draw(st.sampled_from(sorted(self.taken)))
        now = self.office.clock.now()
        proof = Proof(message=message, state=state, at=now, token=self.tokens[message])
        self.office.services.messages.apply([proof])
        assert self.get_by_id(message).state in RANKS

    @rule(person=st.sampled_from(PEOPLE))
    def somebody_says_stop(self, person: str) -> None:
        address = f"{person}@example.com"
        self.office.services.suppressions.add("email", address, "all", "stop", self.office.clock.now())
        self.silenced.add(address)

    @rule(word=st.sampled_from(["go", "pause"]))
    def the_operator_pauses_or_resumes(self, word: str) -> None:
        if not self.cancelled:
            self.office.word = word

    @rule()
    def the_operator_cancels(self) -> None:
        self.office.word = "cancel"
        self.cancelled = True
        self.office.services.messages.cancel(self.run_id)

    @invariant()
    def nothing_is_taken_twice(self) -> None:
        assert not self.taken or max(self.taken.values()) == 1

    @invariant()
    def what_counts_as_arrived_was_taken(self) -> None:
        for message in self.messages():
            assert message.state not in RANKS or self.taken[message.id] == 1

    @invariant()
    def what_may_be_sent_again_was_not_taken(self) -> None:
        for message in self.messages():
            if message.state in (State.QUEUED, State.WAITING, State.CLAIMED):
                assert self.taken[message.id] == 0

    @invariant()
    def what_is_always_true_is_true(self) -> None:
        broken = self.office.services.audit.broken({self.run_id: len(PEOPLE)})
        # Nobody sweeps unless the machine says so, and a day may go by between two rules.
        assert [sentence for sentence in broken if not sentence.startswith("5.")] == []

    def teardown(self) -> None:
        """Left alone, everything comes to rest."""
        self.office.word = "cancel" if self.cancelled else "go"
        self.office.provider.answer = lambda letter: Accepted("x")
        clock = self.office.clock
        assert isinstance(clock, ManualClock)
        for _ in range(8):
            self.office.sweeper.sweep()
            self.office.delivery.deliver(self.batch.id)
            clock.advance(100_000)
        assert not [message for message in self.messages() if message.state in OPEN]
        batch = self.office.services.batches.get(self.batch.id)
        assert batch is not None
        assert not batch.open


EXAMPLES = 2_000 if os.environ.get("ENCORE_FAULTS") == "full" else 6


@pytest.mark.slow
def test_a_message_is_taken_at_most_once_and_comes_to_rest(office: Office) -> None:
    run_state_machine_as_test(
        lambda: Life(office),
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
