"""A redemption: one use of one code by one order; and the entry in an offer's budget that it is settled by."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

import msgspec

from common.ids import derive
from common.money import Money
from loyalty.basket import Basket
from loyalty.kind import Gift


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
    occupies, each unique among all redemptions: the one use of a single-use code, one of a customer's uses. Those that
    it `stays` in are not left when it ends: its turn among the codes of its order, or among a customer's uses.
    `cost` is what it takes out of a budget of money where that is not the discount, `counts` are the budget's counters
    beside the whole. `returned` was rolled back in part, signed `part_by`. `owing`: points are still to be credited or
    taken back. `bundle` is the call for several codes that it belongs to, `basket` the mark of what it was reckoned on.
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
    stays: list[str] | None = None
    until: datetime | None = None
    ended_at: datetime | None = None
    by: str = ""
    cost: Money | None = None
    of_shipping: int = 0
    gift: Gift | None = None
    points: int = 0
    counts: list[str] | None = None
    returned: int = 0
    part_by: str = ""
    owing: bool = False
    bundle: str = ""
    channel: str = ""
    basket: str = ""

    @property
    def charged(self) -> Money:
        """What it took out of a budget of money."""
        return self.cost or self.off

    def meant_for(self, basket: Basket) -> bool:
        """Whether it was reckoned on this basket; of an older one, only the total is known."""
        if self.basket:
            return self.basket == basket.mark
        return (self.order_total, self.currency) == (basket.total.amount, basket.total.currency)

    @property
    def turn(self) -> int:
        """The how-manieth code of its order it is; 0 where nobody counted."""
        mine = order_key(self.order)
        found = [place.rpartition(":")[2] for place in self.stays or () if place.startswith(f"{mine}:")]
        return int(found[0]) if found else 0

    @property
    def off(self) -> Money:
        """What came off the order."""
        return Money(self.discount, self.currency)

    @property
    def standing(self) -> bool:
        """Whether it counts against the budget."""
        return self.state in STANDING


class Claim(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place that a redemption must get: one of `places` numbered ones under `key`, or it fails for `reason`.

    They are numbered from `first` on. One that `stays` is not left when the redemption ends, and who finds it taken
    only had old news.
    """

    key: str
    reason: str
    places: int = 1
    first: int = 1
    stays: bool = False

    @property
    def keys(self) -> list[str]:
        """All places, the first one first."""
        return [f"{self.key}:{place}" for place in range(self.first, self.first + self.places)]


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something open in an offer's budget: everything that is needed to bring it to its end.

    "take": its use and money have been taken, and `redemption` is to be kept, in place of the attempt `over` if
    that is set; if it cannot be, they are given back. "give_back": `redemption`, as it stood, is to move to
    `target`; if it does, its use and money are given back; with `part`, only so much of its money, and it stays.
    """

    token: str
    at: datetime
    what: Literal["take", "give_back"]
    about: str
    redemption: Redemption
    claims: list[Claim] = []
    over: str = ""
    target: RedemptionState = RedemptionState.ROLLED_BACK
    part: int = 0


def redemption_id(code: str, order: str) -> str:
    """The id that follows from what was redeemed by which order."""
    return derive("redemption", code, order)


def customer_key(offer: str, customer: str, period: str = "") -> str:
    """The key of the places that a customer's uses of an offer hold, in all or in a period."""
    return f"customer:{derive('customer', offer, customer, *([period] if period else []))}"


def customer_turns(offer: str, customer: str) -> str:
    """The key of the turns in which a customer uses an offer."""
    return f"customer:{derive('turns', offer, customer)}"


def order_key(order: str) -> str:
    """The key of the turns in which codes are used on an order."""
    return f"order:{derive('order', order)}"


class Redemptions(Protocol):
    """The redemptions as they are kept."""

    def get(self, id: str) -> Redemption | None:
        """One redemption."""
        ...

    def of_order(self, order: str) -> Sequence[Redemption]:
        """All redemptions of an order, those that ended too."""
        ...

    def put(self, redemption: Redemption, over: str = "") -> bool:
        """Keep a new one, or one in place of the ended attempt `over`; False where its id or a place is taken."""
        ...

    def taken(self, places: Sequence[str]) -> Collection[str]:
        """Which of these places are taken."""
        ...

    def move(self, was: Redemption, target: RedemptionState, at: datetime, by: str = "", part: int = 0) -> bool:
        """Move it on, if it still stands as it was; an ended one leaves its places.

        With `part`, so much of its money is noted as returned, once, and it stays as it is.
        """
        ...


class RedemptionQueues(Protocol):
    """What somebody has to look after, and what a customer has used so far."""

    def overdue(self, now: datetime, limit: int) -> Sequence[Redemption]:
        """Reserved ones whose hold has run out."""
        ...

    def owing(self, before: datetime, limit: int) -> Sequence[Redemption]:
        """Those whose points are to be credited or taken back since before this."""
        ...

    def paid(self, redemption: Redemption) -> None:
        """Its points are settled for the state that it is in, unless it has moved on."""
        ...

    def of_customer(self, offer: str, customer: str) -> Sequence[Redemption]:
        """A customer's redemptions of an offer, those that ended too."""
        ...


class RedemptionStore(Redemptions, RedemptionQueues, Protocol):
    """Both."""
