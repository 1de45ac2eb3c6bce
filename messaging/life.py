"""What the life of messages asks of the place where they are kept; one small Protocol for each who asks."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from messaging.gate import Sent
from messaging.message import Attempt, Batch, Before, Content, Message, Route, State

# A provider that calls a letter undelivered may deliver it yet: so long it has, before the next channel is tried.
SECOND_THOUGHTS = timedelta(minutes=1)
# How far a provider's word has brought a message. It only rises, so that the order of the words does not matter.
RANKS: dict[State, int] = {State.ACCEPTED: 1, State.UNDELIVERED: 2, State.DELIVERED: 3, State.BOUNCED: 4}
# What a provider's word overrules: only our belief stands against it.
BELIEFS = frozenset(State) - frozenset(RANKS) - {State.HELD_OUT}


def overruled_by(proven: State) -> frozenset[State]:
    """The states that a proof of `proven` ends; raises KeyError for a state no provider can prove."""
    return BELIEFS | {state for state, rank in RANKS.items() if rank < RANKS[proven]}


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """Where some messages of a claim go, and why. Without `ids` it is all that are left in the state moved from.

    `not_before` goes with waiting; `provider_id`, `outcome` and `detail` are written to the attempt;
    `batch` and `routes` (the ways left, by message) are of a message that is queued for its next channel; `shut` is why
    it was passed over on its first. `back` are those, by message, that return to where an earlier channel had them,
    whatever `state` says.
    """

    state: State
    reason: str = ""
    ids: Sequence[str] | None = None
    not_before: datetime | None = None
    provider_id: str = ""
    outcome: str = ""
    detail: str = ""
    batch: str = ""
    routes: Mapping[str, Sequence[Route]] = {}
    shut: str = ""
    back: Mapping[str, Before] = {}


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Until when a claim holds, and from when on the sweeper doubts whoever has it; when what came of it is judged."""

    now: datetime
    until: datetime
    check_at: datetime
    timer_at: datetime | None = None


class Claims(Protocol):
    """The messages as a worker moves them: each move is a compare-and-set on the claim's token, in bulk."""

    def claim(self, batch: str, token: str, lease: Lease) -> list[Message]:
        """Claim what is due of a batch: queued or waiting -> claimed."""
        ...

    def renew(self, token: str, lease: Lease) -> int:
        """Prolong the lease of what is still claimed and not over yet; how many."""
        ...

    def settle(self, token: str, moves: Sequence[Move], now: datetime) -> int:
        """Move claimed messages on, unsent; how many moved."""
        ...

    def begin(self, token: str, ids: Sequence[str], whole: bool, attempt: Attempt, lease: Lease) -> list[str]:
        """Write the attempt ahead, while the lease lasts: claimed -> handing_over; returns the ids that were won.

        `whole` says that `ids` is all that the claim still holds, which saves the database looking each up.
        """
        ...

    def record(self, token: str, request: str, moves: Sequence[Move], now: datetime) -> None:
        """Move what was handed over in a request.

        What is queued for a next address that another message of the run has is skipped with `same_address`.
        """
        ...


class Batches(Protocol):
    """The batches as workers and the sweeper use them."""

    def get(self, id: str) -> Batch | None:
        """A batch, or None."""
        ...

    def open(self, batch: Batch) -> None:
        """Keep a batch and open it, even if it was closed; before and after messages are put into it."""
        ...

    def settle(self, batch: Batch, now: datetime) -> datetime | None:
        """Close it where none of its messages is open (None), else note when it is due again, and say so."""
        ...

    def put_off(self, ids: Sequence[str], due_at: datetime) -> None:
        """Not to be rung for before `due_at`, and then as soon as may be."""
        ...

    def wake(self, run: str, now: datetime) -> int:
        """A run goes on after a pause: its open batches are due now, and what its workers held then; how many."""
        ...


class Rung(Protocol):
    """The batches as the sweeper finds and marks them."""

    def to_ring(self, now: datetime, rung_before: datetime, limit: int) -> list[Batch]:
        """Open batches that are due and were not rung for lately, the longest due first."""
        ...

    def rung(self, ids: Sequence[str], now: datetime) -> None:
        """Note that these were rung for."""
        ...

    def without_open_messages(self, batches: Sequence[Batch]) -> list[Batch]:
        """Those of these batches that hold no open message."""
        ...

    def close(self, batches: Sequence[Batch]) -> int:
        """Close those that nobody opened since they were read; how many."""
        ...


class Contents(Protocol):
    """What people received, word for word."""

    def keep(self, contents: Sequence[Content]) -> None:
        """Keep contents; one that is kept already stays as it is."""
        ...

    def get(self, message: str, token: str) -> Content | None:
        """What was written for one attempt on a message."""
        ...


class Received(Protocol):
    """What people have been sent, for the frequency caps."""

    def received(self, customers: Sequence[str], since: datetime) -> dict[str, list[Sent]]:
        """What each was sent since then, but for transactional, as far as it may have arrived, in one read."""
        ...


class Breakers(Protocol):
    """Providers that must be left alone for a while, known to all workers."""

    def get(self, providers: Sequence[str]) -> "list[Breaker]":
        """The breakers of these providers that were opened and not closed since, whether their time is over or not."""
        ...

    def trip(self, breaker: "Breaker") -> None:
        """Open it until its time."""
        ...

    def trial(self, breaker: "Breaker", until: datetime) -> bool:
        """Be the one who tries the provider again, until then; False where somebody else is."""
        ...

    def close(self, provider: str) -> None:
        """All is well again."""
        ...


class Breaker(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """A provider (`id`) that is not to be asked before `until`, and why; it had to be opened so many `times` in a row.

    After its time, one that is to be `tried` gets a single letter first; a provider that named the time needs none.
    """

    id: str
    until: datetime
    reason: str
    detail: str = ""
    times: int = 1
    tried: bool = True

    def over(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.until <= now


class Leftovers(Protocol):
    """The messages as the sweeper moves them: compare-and-set in bulk, safe to do twice and at once."""

    def give_back(self, now: datetime) -> int:
        """claimed, lease over -> queued: nothing left the machine."""
        ...

    def doubt(self, now: datetime, check_at: datetime) -> int:
        """handing_over, long past its lease -> uncertain, to be looked at again at `check_at`."""
        ...

    def try_again(self, now: datetime, doubted_before: datetime) -> int:
        """uncertain since then, where the campaign would rather send twice than not -> waiting."""
        ...

    def give_up(self, now: datetime) -> int:
        """uncertain for too long -> uncertain_final."""
        ...


class Undelivered(Protocol):
    """Messages that a provider took and could not deliver, and that have another way to go."""

    def due(self, now: datetime, limit: int) -> list[Message]:
        """Some of those whose provider has had its time for second thoughts."""
        ...

    def reroute(self, batch: str, messages: Sequence[Message], now: datetime) -> int:
        """Queue them in this batch for their next channel, if nothing better was heard since they were read."""
        ...
