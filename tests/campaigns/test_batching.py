"""Planned messages share a batch with their like, no larger than it may be; what is new and to be sent is rung for."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from campaigns.batching import Batching
from messaging.message import Batch, Message, State
from tests.support.clock import ManualClock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Shelf:
    """Keeps messages by their id, the first one that comes."""

    def __init__(self) -> None:
        self.batches: dict[str, Batch] = {}
        self.kept: dict[str, Message] = {}

    def plan(self, batch: Batch, messages: Sequence[Message]) -> int:
        self.batches[batch.id] = batch
        new = {one.id: one for one in messages if one.id not in self.kept}
        self.kept |= new
        return len(new)


class Bell:
    """Notes who was rung for, and how."""

    def __init__(self) -> None:
        self.rung: dict[str, bool] = {}

    def ring(self, job: str, *ids: str, urgent: bool = False) -> bool:
        assert job == "deliver"
        self.rung[ids[0]] = urgent
        return True


def message(number: int, **facts: object) -> Message:
    plain = {"id": f"m{number}", "run": "run", "campaign": "c", "customer": f"p{number}", "channel": "email"}
    times = {"not_before": NOON, "expires_at": NOON + timedelta(hours=1)}
    words = {"template": "t", "template_version": 3, "locale": "en"}
    return Message(**{**plain, **times, **words, **facts})  # type: ignore[arg-type]  # the tests name the fields


def batching(shelf: Shelf, bell: Bell, size: int) -> Batching:
    return Batching(messages=shelf, doorbell=bell, clock=ManualClock(), size=size)


kinds = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(["email", "sms"]),
        "locale": st.sampled_from(["en", "de"]),
        "variant": st.sampled_from(["", "a"]),
        "brand": st.sampled_from(["default", "outlet"]),
        "state": st.sampled_from([State.QUEUED, State.HELD_OUT, State.SKIPPED]),
    }
)


@given(facts=st.lists(kinds, max_size=40), size=st.integers(1, 5))
def test_each_message_is_in_one_batch_of_its_kind_that_is_no_larger_than_it_may_be(
    facts: list[dict[str, object]], size: int
) -> None:
    shelf, bell = Shelf(), Bell()
    messages = [message(number, **some) for number, some in enumerate(facts)]
    placed = batching(shelf, bell, size).keep(messages)
    assert {one.id: one for one in placed} == shelf.kept
    assert sorted(shelf.kept) == sorted(one.id for one in messages)
    held = {id_: [one for one in placed if one.batch == id_] for id_ in shelf.batches}
    for id_, batch in shelf.batches.items():
        assert 1 <= len(held[id_]) <= size
        for one in held[id_]:
            assert (one.locale, one.variant, one.brand) == (batch.locale, batch.variant, batch.brand)
            assert batch.channel == (one.channel if one.state is State.QUEUED else "")
        assert (batch.run, batch.campaign, batch.template, batch.template_version) == ("run", "c", "t", 3)
    assert set(bell.rung) == {id_ for id_, batch in shelf.batches.items() if batch.open}
    least = {(batch.channel, batch.locale, batch.variant, batch.brand) for batch in shelf.batches.values()}
    assert len(shelf.batches) <= len(least) + len(facts) // size


def test_what_is_kept_already_rings_for_nobody_and_what_is_urgent_says_so() -> None:
    shelf, bell = Shelf(), Bell()
    [first] = batching(shelf, bell, 10).keep([message(1)], urgent=True)
    assert bell.rung == {first.batch: True}
    assert shelf.batches[first.batch].urgent
    batching(shelf, bell, 10).keep([message(1)], urgent=True)
    assert list(bell.rung) == [first.batch]
    assert shelf.kept["m1"].batch == first.batch
    assert shelf.batches[first.batch].due_at == NOON
