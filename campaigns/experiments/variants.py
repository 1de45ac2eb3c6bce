"""The ways in which one campaign is tried: other words, another offer, other channels, another moment."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import msgspec

from campaigns.experiments.draw import pick

# "fixed" keeps to the shares; "bandit" moves them to what earns more, run by run.
Allocation = Literal["fixed", "bandit"]
MOST = 10


class Variant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One way; whatever is empty is as the campaign says. `share` is in percent of those who are not held out.

    `channels` are the only ones it goes by, in the order of the customer's liking; `delay_minutes` is how much later
    than the run it begins.
    """

    id: str
    share: float
    name: str = ""
    template: str = ""
    offer: str = ""
    channels: list[str] = []
    delay_minutes: int = 0

    @property
    def delay(self) -> timedelta:
        """How much later than the run."""
        return timedelta(minutes=self.delay_minutes)


def faults(variants: Sequence[Variant], holdout_percent: float, allocation: Allocation) -> dict[str, list[str]]:
    """What makes an experiment no experiment, by field; nothing where all is well or nothing is tried."""
    if not variants:
        return {"variants": ["A bandit needs variants to choose from."]} if allocation == "bandit" else {}
    wrong: dict[str, list[str]] = {}
    arms = len([variant for variant in variants if variant.share > 0]) + bool(holdout_percent)
    if arms < 2 or (allocation == "bandit" and len(variants) < 2):
        wrong["variants"] = ["One arm proves nothing: name another variant, or hold some people out."]
    elif abs(sum(variant.share for variant in variants) - 100) > 0.01:
        total = sum(variant.share for variant in variants)
        wrong["variants"] = [f"The shares must come to 100; they come to {total:g}."]
    seen: set[str] = set()
    for place, variant in enumerate(variants):
        if variant.id in seen:
            wrong[f"variants.{place}.id"] = ["Another variant has this id."]
        seen.add(variant.id)
    return wrong


def drawn(draw: str, customer: str, variants: Sequence[Variant], shares: dict[str, float]) -> Variant | None:
    """The variant that a customer gets, by `shares` where there are any; None where there is nothing to choose."""
    if not variants:
        return None
    return pick(draw, customer, [msgspec.structs.replace(one, share=shares.get(one.id, one.share)) for one in variants])
