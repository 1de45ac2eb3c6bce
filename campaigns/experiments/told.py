"""What somebody got of a campaign: what the draw alone says, and where it does not say it, what is kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from campaigns.campaign import Campaign
from campaigns.experiments.draw import held_out, held_out_of_all
from campaigns.experiments.result import HOLDOUT, TREATED
from campaigns.experiments.variants import drawn
from campaigns.ladder_climb import Climb
from customers.shop import Shop

BY_LADDER = (
    "Only who is held out is drawn. A ladder chooses each person's rung by what is known of them at that time, so it "
    "cannot be drawn again: `given` is what was decided and kept."
)
BY_BANDIT = (
    "Only who is held out is drawn once and for all. A bandit moves the variants' shares from run to run: `given` is "
    "what each run gave, as it was kept."
)


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What a run gave somebody: `variant` is one's id, "treated" where there are none, "holdout", or "" for nothing.

    `reason` is why: a ladder's, or why a message was not sent.
    """

    run: str
    at: datetime
    variant: str
    reason: str = ""


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer gets or got. `arm` is drawn: "holdout", "treated", or "" for who gets no marketing at all.

    `variant` is `drawn` too; where it is not, it is what was given last, and `why` is a sentence that says so. `given`
    is what each run gave, the latest first.
    """

    customer: str
    held_out_of_all: bool
    held_out: bool
    arm: str
    variant: str
    drawn: bool
    why: str
    given: list[Given]


class Givings(Protocol):
    """What runs gave, as it is kept."""

    def given(self, campaign: str, customer: str, run: str = "") -> list[Given]:
        """What a customer's messages of a campaign say, of one run where it is named; the latest first."""
        ...


def told(campaign: Campaign, shop: Shop, customer: str, given: Sequence[Given]) -> Drawn:
    """What the draw says of a customer, and what they were given as far as it is known."""
    of_all = campaign.purpose == "marketing" and held_out_of_all(shop.holdout_draw, customer, shop.holdout_percent)
    held = held_out(campaign.id, customer, campaign.holdout_percent)
    why = BY_LADDER if campaign.ladder is not None else BY_BANDIT if campaign.allocation == "bandit" else ""
    latest = next((one.variant for one in given), "")
    by_draw = None if why else drawn(campaign.id, customer, campaign.variants, {})
    return Drawn(
        customer=customer,
        held_out_of_all=of_all,
        held_out=held,
        arm="" if of_all else HOLDOUT if held else TREATED,
        variant=by_draw.id if by_draw else latest if why and latest != HOLDOUT else "",
        drawn=not why,
        why=why,
        given=list(given),
    )


def decided(climbs: Sequence[Climb], run: str = "") -> list[Given]:
    """What a ladder decided for somebody, of one run where it is named; the latest first."""
    every = [
        Given(run=one.run, at=one.at, variant=one.rung, reason=one.reason)
        for climb in climbs
        for one in climb.decisions
        if run in ("", one.run)
    ]
    return sorted(every, key=lambda one: one.at, reverse=True)
