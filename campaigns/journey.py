"""A journey: one customer's way through one campaign, as it is kept: one document, or one for each of their occasions.

Its messages' ids follow from the journey's `key`, the `number` of the entry and the step: to take a step twice is to
take it once, whoever took it and died.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from campaigns.campaign import Campaign
from campaigns.steps import JourneyRules, JourneyStep, Reentry
from campaigns.trigger import kinds
from common.ids import derive

State = Literal["going", "ended"]
# How a journey ended: by its steps, by an exit, by the draw, by a step that was not for them, or by somebody's hand.
Why = Literal[
    "", "finished", "ordered", "redeemed", "left_segment", "replied", "held_out", "condition", "customer_gone",
    "cancelled", "trigger_loop",
]  # fmt: skip
# Entries that are remembered, so that none of them lets in twice.
REMEMBERED = 100


class Journey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """Where somebody is. `step` is the next one, counted from 0, and due at `due_at`; `message` is the last one.

    `entry` is the key of what let them in, `number` counts their entries, `seen` are the keys of the latest hundred and
    `entries` their times. It is looked at again at `look_at`, which one that has ended does not have. Where each
    occasion has a journey of its own, `alone` is its key; otherwise a customer has one in a campaign.
    """

    id: str
    campaign: str
    customer: str
    key: str
    entry: str
    state: State
    entered_at: datetime
    since: datetime
    number: int = 1
    step: int = 0
    due_at: datetime | None = None
    look_at: datetime | None = None
    ended_at: datetime | None = None
    why: Why = ""
    alone: str = ""
    message: str = ""
    data: dict[str, Any] = {}
    seen: list[str] = []
    entries: list[datetime] = []
    version: int = 1


class Journeys(Protocol):
    """The journeys as they are kept."""

    def get(self, ids: Collection[str]) -> dict[str, Journey]:
        """Those of these that there are."""
        ...

    def of_customers(self, campaign: str, customers: Collection[str], since: datetime) -> dict[str, list[Journey]]:
        """Those in a campaign that these people entered after an instant, by customer."""
        ...

    def add(self, journeys: Sequence[Journey]) -> set[str]:
        """Keep new ones; the ids of those that were there already come back."""
        ...

    def put(self, journeys: Sequence[Journey]) -> int:
        """Keep these in place of those whose version is one less; how many of them were still so."""
        ...

    def due(self, campaign: str, now: datetime, limit: int) -> list[Journey]:
        """Some that are to be looked at."""
        ...


class Turns(Protocol):
    """When each person was last let in by a kind of trigger."""

    def take(self, kind: str, wanted: Mapping[str, str], since: datetime, now: datetime) -> set[str]:
        """Who of these (their entries, by customer) was not let in since then by another entry; notes that they are."""
        ...


def journey_id(campaign: str, customer: str, alone: str = "") -> str:
    """There is one for the two of them, or one for each occasion that has its own."""
    return derive("journey", campaign, customer, *([alone] if alone else []))


def reentry_of(campaign: Campaign) -> Reentry:
    """Who may enter again, as the campaign says, or as is usual for its trigger."""
    if campaign.journey.reentry != "by_trigger":
        return campaign.journey.reentry
    kind = kinds().get(str(campaign.trigger.get("kind", "launched")))
    return "always" if kind is not None and kind.each_counts else "left"


def step_message_id(journey: Journey) -> str:
    """The id of the message of the step that is due."""
    return derive("journey-message", journey.key, journey.number, journey.step)


def by_journeys(campaign: Campaign) -> bool:
    """Whether people go through a campaign one by one; otherwise a run plans a message for each at once."""
    kind = kinds().get(str(campaign.trigger.get("kind", "launched")))
    return bool(campaign.steps) or campaign.journey != JourneyRules() or (kind is not None and kind.personal)


def steps_of(campaign: Campaign) -> list[JourneyStep]:
    """Its steps; a campaign without has one, which is all the campaign says."""
    return campaign.steps or [JourneyStep()]


def at_step(campaign: Campaign, step: JourneyStep) -> Campaign:
    """The campaign as a step has it; where the step has words, an offer or channels, no variant has others."""
    variants = [
        msgspec.structs.replace(
            variant,
            template="" if step.template else variant.template,
            offer="" if step.offer else variant.offer,
            channels=step.channels or variant.channels,
        )
        for variant in campaign.variants
    ]
    own = {"template": step.template or campaign.template, "offer": step.offer or campaign.offer}
    return msgspec.structs.replace(campaign, variants=variants, **own)
