"""A redemption: one use of one code by one order; and the entry in an offer's budget that it is settled by."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

import msgspec

from common.ids import derive
from common.money import Money


class RedemptionState(StrEnum):
    """Where a redemption is in its life."""

    RESERVED = "reserved"  # held until `until`
    REDEEMED = "redeemed"
    ROLLED_BACK = "rolled_back"
    RELEASED = "released"  # was reserved, and the hold ended
    REFUSED = "refused"  # lost a race for the last place; kept so that nobody can still win it


# These count against the budget.
STANDING = frozenset({RedemptionState.RESERVED, RedemptionState.REDEEMED})
# The same order may try again over one of these.
OVER = frozenset({RedemptionState.RELEASED, RedemptionState.REFUSED})


class Redemption(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """One use of a code; its id follows from code and order, so that an order uses a code once.

    `attempt` is the token of the try that made it, `by` that of what ended it. `holds` are the places it
    occupies, each unique among all redemptions: the one use of a single-use code, one of a customer's uses.
    """

    id: str
    code: str
    offer: str
    customer: str
    order: str
    order_total: int
    discount: int
    currency: str
    state: RedemptionState
    at: datetime
    campaign: str = ""
    message: str = ""
    attempt: str = ""
    reason: str = ""
    holds: list[str] | None = None
    until: datetime | None = None
    ended_at: datetime | None = None
    by: str = ""

    @property
    def off(self) -> Money:
        """What came off the order."""
        return Money(self.discount, self.currency)

    @property
    def standing(self) -> bool:
        """Whether it counts against the budget."""
        return self.state in STANDING


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place that a redemption must get: one of `places` numbered ones under `key`, or it fails for `reason`."""

    key: str
    reason: str
    places: int = 1

    @property
    def keys(self) -> list[str]:
        """All places, the first one first."""
        return [f"{self.key}:{place}" for place in range(1, self.places + 1)]


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something open in an offer's budget: everything that is needed to bring it to its end.

    "take": its use and money have been taken, and `redemption` is to be kept, in place of the attempt `over` if
    that is set; if it cannot be, they are given back. "give_back": `redemption`, as it stood, is to move to
    `target`; if it does, its use and money are given back.
    """

    token: str
    at: datetime
    what: Literal["take", "give_back"]
    about: str
    redemption: Redemption
    claims: list[Claim] = []
    over: str = ""
    target: RedemptionState = RedemptionState.ROLLED_BACK


def redemption_id(code: str, order: str) -> str:
    """The id that follows from what was redeemed by which order."""
    return derive("redemption", code, order)


def customer_key(offer: str, customer: str) -> str:
    """The key of the places that a customer's uses of an offer hold."""
    return f"customer:{derive('customer', offer, customer)}"


class Redemptions(Protocol):
    """The redemptions as they are kept."""

    def get(self, id: str) -> Redemption | None:
        """One redemption."""
        ...

    def put(self, redemption: Redemption, over: str = "") -> bool:
        """Keep a new one, or one in place of the ended attempt `over`; False where its id or a place is taken."""
        ...

    def taken(self, places: Sequence[str]) -> Collection[str]:
        """Which of these places are taken."""
        ...

    def move(self, was: Redemption, target: RedemptionState, at: datetime, by: str = "") -> bool:
        """Move it on, if it still stands as it was; an ended one leaves its places."""
        ...

    def overdue(self, now: datetime, limit: int) -> Sequence[Redemption]:
        """Reserved ones whose hold has run out."""
        ...
