"""A campaign: audience, words, offer, trigger and limits; and the table of what may become of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Protocol

import msgspec

from campaigns.approval import Approval, CampaignChange, Words
from campaigns.experiments.variants import Allocation, Variant
from campaigns.ladder import Ladder
from campaigns.steps import JourneyRules, JourneyStep
from common.money import Money
from customers.consent import Purpose
from customers.shop import SendWindow
from messaging.message import Step


class CampaignState(StrEnum):
    """Where a campaign is in its life."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    CANCELLED = "cancelled"


# Only a draft can be changed; what runs is changed by copying it.
TRANSITIONS: dict[CampaignState, frozenset[CampaignState]] = {
    CampaignState.DRAFT: frozenset({CampaignState.SCHEDULED, CampaignState.RUNNING}),
    CampaignState.SCHEDULED: frozenset({CampaignState.RUNNING, CampaignState.PAUSED, CampaignState.CANCELLED}),
    CampaignState.RUNNING: frozenset({CampaignState.PAUSED, CampaignState.FINISHED, CampaignState.CANCELLED}),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.SCHEDULED, CampaignState.CANCELLED}),
    CampaignState.FINISHED: frozenset(),
    CampaignState.CANCELLED: frozenset(),
}


class Budget(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a campaign may use up over all of its runs: so many messages, and so much at the providers' prices."""

    messages: int | None = None
    money: Money | None = None


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a campaign keeps to: how long a message may wait, and what to do when nobody knows whether it went out.

    `window` is when its messages may go out, in each receiver's own time ("at 10 in the morning, theirs"); `failover`
    says by channel what is enough there, and after how long a message goes on over its receiver's next channel.
    At most `per_minute` of them go out in a minute and `per_hour` in an hour, over all workers together.
    """

    window: SendWindow | None = None
    failover: dict[str, Step] = {}
    budget: Budget = Budget()
    expires_after_hours: int = 72
    policy: Literal["at_most_once", "at_least_once"] = "at_most_once"
    attribution_days: int = 14
    per_minute: int | None = None
    per_hour: int | None = None


class Loop(msgspec.Struct, frozen=True, kw_only=True):
    """That people were let in no more, since a campaign triggered itself: when last, at which field, and why."""

    at: datetime
    place: str
    reason: str


class Campaign(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """What a marketer sets up.

    `segment` may be empty where the trigger is an event, which brings its own customer. `holdout_percent` of the
    audience gets nothing, so that the report knows what would have happened anyway. `trigger` is a kind of
    campaigns/triggers with its settings; `next_at` is when a schedule is due next.
    `variants` are the ways that are tried against each other; a bandit has worked out `shares` of them, by id.
    `detect_percent` is the difference worth finding, of what the arm compared with earns.
    `approval` says whether a second key must agree before it goes out, and which has.
    `steps` are messages in a row, and `journey` who may enter them, and what ends them early.
    With a `ladder`, the variants are its rungs, the least first, and it decides who gets which. Where it
    `ends_marketing`, whoever gets to the end of its steps is written to no more (campaigns/sunsetting.py).
    `loop` says that it triggered itself and was stopped (campaigns/brake.py).
    `words` are its templates in the versions that it was launched with: later runs and steps keep to them.
    """

    id: str
    name: str
    template: str
    segment: str = ""
    purpose: Purpose = "marketing"
    offer: str = ""
    referral_programme: str = ""
    brand: str = "default"
    trigger: dict[str, Any] = msgspec.field(default_factory=lambda: {"kind": "launched"})
    holdout_percent: float = 0.0
    variants: list[Variant] = []
    allocation: Allocation = "fixed"
    shares: dict[str, float] = {}
    detect_percent: float = 10.0
    limits: Limits = Limits()
    approval: Approval = Approval()
    steps: list[JourneyStep] = []
    journey: JourneyRules = JourneyRules()
    ladder: Ladder | None = None
    ends_marketing: bool = False
    loop: Loop | None = None
    words: list[Words] = []
    state: CampaignState = CampaignState.DRAFT
    next_at: datetime | None = None
    launched_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 0

    def by(self, variant: Variant | None) -> "Campaign":
        """The campaign as one of its variants has it."""
        if variant is None:
            return self
        own = {"template": variant.template or self.template, "offer": variant.offer or self.offer}
        return msgspec.structs.replace(self, **own)

    @property
    def compared(self) -> timedelta:
        """How long after the plan of each person, held out or not, their orders count in comparisons.

        The attribution window begins when the last of the variants goes out, so that the latest has as long to work as
        was asked for; and it is the same for all arms, or the longer one would win.
        """
        latest = max((variant.delay for variant in self.variants), default=timedelta(0))
        return timedelta(days=self.limits.attribution_days) + latest

    @property
    def templates(self) -> list[str]:
        """The ids of all its words, its own first."""
        own = [self.by(variant).template for variant in (None, *self.variants)]
        return list(dict.fromkeys([*own, *(step.template for step in self.steps if step.template)]))

    @property
    def kept(self) -> list[Words]:
        """The words that it keeps to, in their versions: as launched, else as agreed to, else none yet."""
        return self.words or self.approval.words

    def draft(self, id: str) -> "Campaign":
        """A draft like it, under a new id."""
        return msgspec.structs.replace(
            self,
            id=id,
            name=f"{self.name} (copy)"[:200],
            state=CampaignState.DRAFT,
            next_at=None,
            launched_at=None,
            loop=None,
            words=[],
            shares={},
            approval=Approval(required=self.approval.required),
            version=0,
        )


class Campaigns(Protocol):
    """The campaigns as they are kept."""

    def get(self, id: str) -> Campaign:
        """One campaign; raises NotFound."""
        ...

    def save(self, campaign: Campaign, expected_version: int | None = None, by: str = "") -> Campaign:
        """Keep a new campaign or a draft's changes, made by this key, which voids an approval.

        Raises Conflict for any other, Stale on a version.
        """
        ...

    def move(
        self,
        id: str,
        origins: Sequence[CampaignState],
        target: CampaignState,
        *,
        note: CampaignChange | None = None,
        version: int | None = None,
        **changes: Any,
    ) -> bool:
        """Compare-and-set the state; False where it was in none of the `origins`, or is not of the `version` any more.

        `note` goes into the list of who did what.
        """
        ...

    def page(self, after: str, limit: int) -> list[Campaign]:
        """A page, in the order of ids, which is the order of making."""
        ...

    def listening(self, state: CampaignState, due: datetime | None = None) -> list[Campaign]:
        """Those in a state; with `due`, only those whose schedule is due by then."""
        ...
