"""A referral: a friend bought with a customer's code. Its life, and what it is judged by."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from common.events import Event
from common.ids import derive, keyed


class ReferralState(StrEnum):
    """Where a referral is: pending until the return window has passed, then rewarded; or in review; or rejected."""

    PENDING = "pending"
    REVIEW = "review"
    REWARDED = "rewarded"
    REJECTED = "rejected"


class Friend(msgspec.Struct, frozen=True, kw_only=True):
    """Who was sent; addresses are normalised."""

    customer_id: str
    email: str = ""
    phone: str = ""

    @property
    def addresses(self) -> list[str]:
        """Those that are known."""
        return [address for address in (self.email, self.phone) if address]


class Referral(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """One friend, once in a programme: its id follows from both.

    `reasons` are the fraud rules that spoke; `traces` are keyed hashes of the friend's id and addresses, unique
    in the programme; `owing` says whose rewards are decided but not yet issued ("friend", "advocate"), or that the
    friend's is to be cancelled ("recall"). A `cleared` one was approved by a person, who knew what was doubtful.
    """

    id: str
    programme: str
    code: str
    advocate: str
    friend: str
    order: str
    order_total: int
    currency: str
    state: ReferralState
    at: datetime
    due_at: datetime
    reasons: list[str] = []
    cleared: bool = False
    traces: list[str] | None = None
    device: str = ""
    owing: list[str] | None = None
    friend_voucher: str = ""
    advocate_voucher: str = ""
    decided_at: datetime | None = None


def referral_id(programme: str, friend: str) -> str:
    """The id that follows from programme and friend."""
    return derive("referral", programme, friend)


def traces_of(seed: str, friend: Friend) -> list[str]:
    """What tells that this friend has been here before, without saying who it is."""
    key = seed.encode()
    known = [("id", friend.customer_id), ("email", bare(friend.email)), ("phone", friend.phone)]
    return [keyed(key, what, value) for what, value in known if value]


def bare(email: str) -> str:
    """The mailbox behind an address: without what follows a "+", which mail providers deliver to the same person."""
    local, at, domain = email.partition("@")
    return local.partition("+")[0] + at + domain if local else email


class ReferralStore(Protocol):
    """The referrals as they are kept."""

    def add(self, referral: Referral, events: Sequence[Event] = ()) -> bool:
        """Keep a new one with its events; False where its id or one of its traces is taken."""
        ...

    def get(self, ids: Sequence[str]) -> Mapping[str, Referral]:
        """Those of these referrals that exist."""
        ...

    def move(
        self, was: Referral, target: ReferralState, fields: Mapping[str, Any], events: Sequence[Event] = ()
    ) -> bool:
        """Move it on with these fields changed (None takes one away), if it still stands where it was."""
        ...

    def paid(self, id: str, whom: str, voucher: str) -> bool:
        """What was owing to "friend" or "advocate" is issued, or ("recall") cancelled; False if it was not owing."""
        ...

    def like(self, programme: str, traces: Sequence[str], device: str) -> Sequence[Referral]:
        """Those of a programme with one of these traces or this device, the rejected left out."""
        ...


class ReferralQueues(Protocol):
    """The referrals that wait for something."""

    def page(self, after: str, limit: int, state: str | None = None) -> Sequence[Referral]:
        """A page in the order of ids, of one state if given."""
        ...

    def due(self, now: datetime, limit: int) -> Sequence[Referral]:
        """Pending ones whose return window has passed."""
        ...

    def owed(self, limit: int) -> Sequence[Referral]:
        """Those with a reward that is decided but not issued."""
        ...

    def of_orders(self, orders: Sequence[str]) -> Sequence[Referral]:
        """Those that these orders made."""
        ...
