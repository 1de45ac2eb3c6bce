"""What became of one planned message, and what its receiver bought: every figure of a report is a sum of these.

Since each figure and the list of those behind it come from the same walk over the messages, they cannot disagree.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from messaging.message import State

# A provider has taken it.
SENT = frozenset({State.ACCEPTED, State.DELIVERED, State.BOUNCED, State.UNDELIVERED})
FAILED = frozenset({State.FAILED, State.EXPIRED})
# It may or may not have been taken.
UNSURE = frozenset({State.UNCERTAIN, State.UNCERTAIN_FINAL})
# Still to come, or in a worker's hands.
TO_COME = frozenset({State.QUEUED, State.CLAIMED, State.HANDING_OVER})
# A reply, or a word against more marketing, within so long on the message's channel is taken to be about it.
ABOUT_IT = timedelta(days=3)


class Order(msgspec.Struct, frozen=True):
    """What somebody bought that still stands: when, for how much less refunds (minor units), and its id."""

    at: datetime
    total: int
    id: str


class Used(msgspec.Struct, frozen=True):
    """A use of the voucher in a message: when, and what it took off (minor units)."""

    at: datetime
    discount: int


class Carried(msgspec.Struct, frozen=True):
    """A hand-over that a provider took: which, on which channel, and the attempt's token."""

    provider: str
    channel: str
    token: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One message. `arm` is "holdout", a variant's id, or "treated"; the times are of the first time it happened.

    `bought` are all orders around the plan, for comparisons; `orders` those within the attribution window after the
    hand-over, each credited to the latest message of the campaign before it. Whoever is held out has none.
    `carried` are the hand-overs that a provider took: more than one where it went on over another channel. `read_at`
    and `clicked_at` are people's alone; `machine_at` is when a machine first opened it, or followed a link of it.
    """

    id: str
    customer: str
    arm: str
    channel: str
    state: State
    reason: str = ""
    carried: list[Carried] = []
    planned_at: datetime
    handed_at: datetime | None = None
    read_at: datetime | None = None
    clicked_at: datetime | None = None
    machine_at: datetime | None = None
    replied_at: datetime | None = None
    stopped_at: datetime | None = None
    used: list[Used] = []
    orders: list[Order] = []
    bought: list[Order] = []

    @property
    def sent(self) -> bool:
        """Whether a provider has taken it."""
        return self.state in SENT


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at: orders in `currency` so long before and after a plan, and credited so long after a
    hand-over."""

    currency: str
    before: timedelta
    after: timedelta
    credited: timedelta


class Tellers(Protocol):
    """Walks over a campaign's messages."""

    def each(self, campaign: str, window: Window, after: str = "", *, whole: bool = True) -> Iterator[Told]:
        """What became of each message with an id greater than `after`, in the order of ids; with flat memory.

        Who gets no marketing at all is no part of any campaign and left out. Whoever wants a few of them only says
        that it is not the `whole`, so that no more is read than is needed.
        """
        ...


# The numbers of a report by their names, and who counts into each. Of those from `queued` to `handed_over` each message
# is in one.
OF: dict[str, Callable[[Told], bool]] = {
    "planned": lambda one: True,
    "queued": lambda one: one.state in TO_COME,
    "held_out": lambda one: one.state is State.HELD_OUT,
    "skipped": lambda one: one.state is State.SKIPPED,
    "failed": lambda one: one.state in FAILED,
    "uncertain": lambda one: one.state in UNSURE,
    "waiting": lambda one: one.state is State.WAITING,
    "cancelled": lambda one: one.state is State.CANCELLED,
    "handed_over": lambda one: one.sent,
    "delivered": lambda one: one.state is State.DELIVERED,
    "read": lambda one: one.read_at is not None,
    "clicked": lambda one: one.clicked_at is not None,
    "by_machine": lambda one: one.machine_at is not None,
    "replied": lambda one: one.replied_at is not None,
    "stopped": lambda one: one.stopped_at is not None,
    "used_voucher": lambda one: bool(one.used),
    "ordered": lambda one: bool(one.orders),
}
