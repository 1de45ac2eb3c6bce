"""A referral: a friend came with a customer's code. Its life, and what it is judged by."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from common.events import Event
from common.ids import derive


class ReferralState(StrEnum):
    """Where a referral is. A click comes before all of these, and is of nobody yet: it is counted, and the time of it
    comes along with the proof that the shop hands over."""

    CLAIMED = "claimed"  # the friend has said whose friend they are
    ORDERED = "ordered"  # the friend has ordered, and whether a limit is reached is being looked at
    PENDING = "pending"  # counts, and waits until the return window has passed
    REVIEW = "review"  # a person is to look
    REWARDED = "rewarded"
    REJECTED = "rejected"


# From which a referral can still be rejected.
UNDECIDED = frozenset({ReferralState.CLAIMED, ReferralState.ORDERED, ReferralState.PENDING, ReferralState.REVIEW})
# What is to be done, as `owing` says it: look whether a limit is reached; give either reward; take the friend's back;
# give the place among the limits back; see whether the advocate has reached a tier.
ADMIT, FRIEND, ADVOCATE, RECALL, RELEASE, TIERS = "admit", "friend", "advocate", "recall", "release", "tiers"
LIMIT = "limit_"


class Friend(msgspec.Struct, frozen=True, kw_only=True):
    """Who was sent; addresses are normalised. `name` and `home` (a postal address) are as somebody typed them."""

    customer_id: str
    email: str = ""
    phone: str = ""
    name: str = ""
    home: str = ""

    @property
    def addresses(self) -> list[str]:
        """Those that are known."""
        return [address for address in (self.email, self.phone) if address]


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What the shop saw of the friend's visit, in the clear; `payment` is the shop's own hash of how they pay."""

    device: str = ""
    payment: str = ""
    ip: str = ""
    clicked_at: datetime | None = None


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has noted: when, by the key with which id, and what; `did` is what they decided, if they did."""

    at: datetime
    by: str
    text: str = ""
    did: str = ""


class Referral(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """One friend, once in a programme: its id follows from both. Where every order counts, each further one has a
    referral `again`, whose id follows from the order too. One that was `refused` at once only tells of that.

    `reasons` are the rules that spoke; `traces` are keyed hashes of the friend's id, addresses and order, unique
    in the programme; `device`, `payment`, `ip`, `person` and `home` are keyed hashes too, forgotten after
    `evidence_until`, and so are the traces of one that a person has rejected (`barred`), which are not unique. `owing`
    says what is decided and not yet done. A `cleared` one was approved by a person, who knew what was doubtful.
    `tally`, `places`, `period`, `worth` and `released` are its place among the limits (loyalty/referral_limits.py).
    """

    id: str
    programme: str
    code: str
    advocate: str
    friend: str
    order: str = ""
    order_total: int = 0
    currency: str = ""
    state: ReferralState
    at: datetime
    due_at: datetime | None = None
    reasons: list[str] = []
    cleared: bool = False
    traces: list[str] | None = None
    device: str = ""
    payment: str = ""
    ip: str = ""
    person: str = ""
    home: str = ""
    barred: list[str] | None = None
    evidence_until: datetime | None = None
    owing: list[str] | None = None
    friend_voucher: str = ""
    advocate_voucher: str = ""
    friend_points: int = 0
    advocate_points: int = 0
    clicked_at: datetime | None = None
    claimed_at: datetime | None = None
    ordered_at: datetime | None = None
    decided_at: datetime | None = None
    again: bool = False
    refused: bool = False
    tally: str = ""
    places: list[str] | None = None
    period: str = ""
    worth: int = 0
    released: str = ""
    notes: list[Note] = []

    def owes(self, what: str) -> bool:
        """Whether this is decided and not yet done."""
        return what in (self.owing or ())


def referral_id(programme: str, friend: str, order: str = "") -> str:
    """The id that follows from programme and friend; a further order's own."""
    return derive("referral", programme, friend, order) if order else derive("referral", programme, friend)


class Taken(Exception):
    """Somebody else has got a place that a referral was to have."""


class ReferralStore(Protocol):
    """The referrals as they are kept."""

    def add(self, referral: Referral, over: Referral | None = None) -> bool:
        """Keep a new one, or one in place of a rejected one; False where its id or one of its traces is taken."""
        ...

    def get(self, ids: Sequence[str]) -> Mapping[str, Referral]:
        """Those of these referrals that exist."""
        ...

    def move(
        self, was: Referral, target: ReferralState, fields: Mapping[str, Any], events: Sequence[Event] = ()
    ) -> bool:
        """Move it on with these fields changed (None takes one away), if it still stands where it was, and owes what it
        did. Raises Taken."""
        ...

    def done(self, id: str, what: str, fields: Mapping[str, Any]) -> bool:
        """What was owing is done: strike it and set these fields; False if it was not owing."""
        ...

    def annotate(self, id: str, note: Note) -> bool:
        """Add a note; False where there is no such referral."""
        ...


class ReferralLookups(Protocol):
    """The referrals by what they have in common."""

    def like(self, programme: str, traces: Sequence[str], marks: Mapping[str, str]) -> Sequence[Referral]:
        """Those of a programme with one of these traces, or this `device` or `payment`; the rejected too."""
        ...

    def of_friends(self, friends: Sequence[str]) -> Sequence[Referral]:
        """Those by which these friends came, in any programme; further orders' and refusals left out."""
        ...

    def of_advocate(self, programme: str, advocate: str) -> Sequence[Referral]:
        """Those of a customer that count, or have."""
        ...

    def of_orders(self, orders: Sequence[str]) -> Sequence[Referral]:
        """Those that these orders made."""
        ...

    def near(self, programme: str, field: str, value: str, between: tuple[datetime, datetime]) -> int:
        """How many of a programme have this (`advocate`, `ip`) and came between these instants."""
        ...


class ReferralQueues(Protocol):
    """The referrals that wait for something."""

    def page(self, after: str, limit: int, **wanted: str | None) -> Sequence[Referral]:
        """A page in the order of ids: of one state, programme, advocate or friend, if given."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Referral]:
        """Pending ones whose return window has passed, and claimed ones that nobody ordered with."""
        ...

    def owed(self, limit: int) -> Sequence[Referral]:
        """Those of which something is decided and not done."""
        ...

    def counts(self, programme: str) -> Mapping[str, int]:
        """How many of a programme stand in each state, and how many ("rejected: rule") each rule has rejected."""
        ...

    def forget(self, now: datetime) -> int:
        """Take away what fraud is found by where its time is over; of how many."""
        ...
