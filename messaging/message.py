"""A message and its life: one per customer and campaign step, whatever channels it tries.

The table below is docs/messages.md in code; every move is one compare-and-set on the state it starts from.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import msgspec

from common.ids import derive
from content.letters import Frame
from customers.consent import Purpose
from customers.shop import SendWindow


class State(StrEnum):
    """Where a message is in its life."""

    QUEUED = "queued"
    HELD_OUT = "held_out"
    CLAIMED = "claimed"
    WAITING = "waiting"
    HANDING_OVER = "handing_over"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    UNDELIVERED = "undelivered"
    UNCERTAIN = "uncertain"
    UNCERTAIN_FINAL = "uncertain_final"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    FAILED = "failed"


# Still to be worked on: a run with one of these is not finished.
OPEN = frozenset({State.QUEUED, State.WAITING, State.CLAIMED, State.HANDING_OVER, State.UNCERTAIN})

# A provider has taken it, whatever came of that.
RECEIVED = frozenset({State.ACCEPTED, State.DELIVERED, State.UNDELIVERED, State.BOUNCED})

# from -> to: who may make the move, and when, stands in docs/messages.md.
TRANSITIONS: dict[State, frozenset[State]] = {
    # A queued, waiting or claimed message that was tried before may turn out to have arrived after all.
    # What went on from a channel that had it returns to what it was there, where the next one is not to be had.
    State.QUEUED: frozenset({State.CLAIMED, State.CANCELLED}) | RECEIVED,
    State.WAITING: frozenset({State.CLAIMED, State.CANCELLED}) | RECEIVED,
    State.CLAIMED: frozenset(
        {
            State.QUEUED,
            State.WAITING,
            State.SKIPPED,
            State.EXPIRED,
            State.CANCELLED,
            State.HANDING_OVER,
        }
        | RECEIVED
    ),
    State.HANDING_OVER: frozenset(
        {
            State.WAITING,
            State.QUEUED,
            State.FAILED,
            State.UNCERTAIN,
            State.SKIPPED,
            State.EXPIRED,
            State.CANCELLED,
        }
        | RECEIVED
    ),
    State.UNCERTAIN: frozenset({State.ACCEPTED, State.HANDING_OVER, State.WAITING, State.UNCERTAIN_FINAL}),
    State.ACCEPTED: frozenset({State.DELIVERED, State.BOUNCED, State.UNDELIVERED, State.QUEUED}),
    State.DELIVERED: frozenset({State.BOUNCED, State.QUEUED}),
    State.BOUNCED: frozenset({State.QUEUED}),
    State.UNDELIVERED: frozenset({State.QUEUED, State.DELIVERED, State.BOUNCED}),
    # Evidence beats belief: a provider's word that it has the message ends any other opinion.
    State.SKIPPED: frozenset({State.ACCEPTED}),
    State.FAILED: frozenset({State.ACCEPTED}),
    State.CANCELLED: frozenset({State.ACCEPTED}),
    State.UNCERTAIN_FINAL: frozenset({State.ACCEPTED}),
    State.HELD_OUT: frozenset(),
    State.EXPIRED: frozenset({State.ACCEPTED}),
}


class Route(msgspec.Struct, frozen=True):
    """One way to a customer: a channel and the address on it."""

    channel: str
    address: str


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is enough on one channel, and how long it has: else the message goes on over the customer's next channel.

    `success` is what must have come `wait_minutes` after the hand-over; with "accepted" there is nothing to wait for.
    """

    success: Literal["accepted", "delivered", "read", "converted"] = "accepted"
    wait_minutes: int = 240


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Written before the socket opens. `token` is of the request, which may carry many messages."""

    token: str
    channel: str
    provider: str
    started_at: datetime
    ended_at: datetime | None = None
    outcome: str = ""
    detail: str = ""


class Before(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a message was that a provider had taken, before it went on over its next channel: it may return there."""

    state: State
    route: Route
    request: str = ""
    provider: str = ""
    provider_id: str = ""
    handed_at: datetime | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """What is planned for, and then happens to, one customer in one step of one run.

    `id` is derived from run, customer and step, so that planning twice plans once. `routes` are the
    ways still to be tried, the current one first. `batch` names the work unit it is claimed with.
    `claim` is the token of the worker that holds it until `lease_until`; `epoch` counts the claims.
    `window` is when it may go out, in the receiver's own time.
    `channel` is the current route's. `request` is the token of the latest attempt on it, `handed_at` its time.
    The sweeper looks at a message that is still claimed, handed over or uncertain at `check_at`. The reconciler asks
    about an uncertain one at `ask_at`; a provider with a look-up has said so many times that it is `absent`. `failover`
    says by channel what is enough there, which is judged at `timer_at`. `shut` is why the first of its channels was
    passed over unsent, and `before` where it was when it went on from one that had it.
    """

    id: str
    run: str
    campaign: str
    customer: str
    step: int = 0
    purpose: Purpose = "marketing"
    state: State = State.QUEUED
    reason: str = ""
    epoch: int = 0
    routes: list[Route] = []
    channel: str = ""
    address_hash: str | None = None
    batch: str = ""
    template: str = ""
    template_version: int = 0
    locale: str = ""
    variant: str = ""
    brand: str = "default"
    offer: str = ""
    referral_programme: str = ""
    policy: Literal["at_most_once", "at_least_once"] = "at_most_once"
    not_before: datetime
    expires_at: datetime
    window: SendWindow | None = None
    data: dict[str, Any] = {}
    claim: str | None = None
    lease_until: datetime | None = None
    check_at: datetime | None = None
    ask_at: datetime | None = None
    failover: dict[str, Step] = {}
    timer_at: datetime | None = None
    shut: str = ""
    before: Before | None = None
    absent: int = 0
    request: str = ""
    attempts: list[Attempt] = []
    provider: str = ""
    provider_id: str = ""
    planned_at: datetime | None = None
    handed_at: datetime | None = None
    state_at: datetime | None = None


class Rendered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The words one customer gets: `parts` are subject, text and html for e-mail, text alone for a text message.

    `headers` are e-mail headers of this message alone; `voucher` is the code it holds, where it holds one. The parts
    in `slots` are those of the `frame`, filled in; they stand in `parts` too, whole.
    """

    parts: dict[str, str]
    headers: dict[str, str] = {}
    voucher: str = ""
    frame: Frame | None = None
    slots: Mapping[str, Sequence[str]] = {}


class Unrenderable(msgspec.Struct, frozen=True, kw_only=True):
    """Why nothing can be written for this customer: a stable reason and a sentence."""

    reason: str
    detail: str = ""


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one attempt on a message carried, word for word."""

    message: str
    token: str
    channel: str
    address: str
    rendered: Rendered
    written_at: datetime


class Batch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """A work unit of messages with one channel, template version, locale, variant and brand.

    It is written before its messages and stays `open` until none of them is; the sweeper rings again for
    an open one that is due and was last rung some time ago. `touched` counts how often it was opened, so that
    nobody closes it who looked before a message was put into it.
    """

    id: str
    run: str
    campaign: str
    channel: str
    template: str = ""
    template_version: int = 0
    locale: str = ""
    variant: str = ""
    brand: str = "default"
    due_at: datetime
    rung_at: datetime
    open: bool = True
    urgent: bool = False
    touched: int = 0


def message_id(run: str, customer: str, step: int) -> str:
    """The id that follows from what the message is for."""
    return derive("message", run, customer, step)
