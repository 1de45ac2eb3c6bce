"""What a campaign names by its id: words, segments, offers, and what its trigger listens for."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from campaigns.campaign import Campaign, CampaignState
from common.errors import NotFound

# Settings of triggers that hold the id of such a thing.
OF_TRIGGERS = ("segment", "offer", "campaign", "survey", "tier")
# What is still to go out, or may; what is over can do without what it named.
LIVING = (CampaignState.DRAFT, CampaignState.SCHEDULED, CampaignState.RUNNING, CampaignState.PAUSED)


class Named(msgspec.Struct, frozen=True):
    """An id in a campaign: the place it stands at, and what it is the id of."""

    place: str
    kind: str
    id: str


def named(campaign: Campaign) -> Iterator[Named]:
    """All that a campaign names."""
    found = [
        Named("template", "template", campaign.template),
        Named("segment", "segment", campaign.segment),
        Named("offer", "offer", campaign.offer),
        Named("referral_programme", "referral_programme", campaign.referral_programme),
    ]
    for place, variant in enumerate(campaign.variants):
        found += _channels(f"variants.{place}", variant.channels)
        found.append(Named(f"variants.{place}.template", "template", variant.template))
        found.append(Named(f"variants.{place}.offer", "offer", variant.offer))
    for place, step in enumerate(campaign.steps):
        found += _channels(f"steps.{place}", step.channels)
        found.append(Named(f"steps.{place}.template", "template", step.template))
        found.append(Named(f"steps.{place}.offer", "offer", step.offer))
        found.append(Named(f"steps.{place}.segment", "segment", step.segment))
    found += [Named(f"limits.failover.{channel}", "channel", channel) for channel in campaign.limits.failover]
    for setting in OF_TRIGGERS:
        id_ = campaign.trigger.get(setting)
        found.append(Named(f"trigger.{setting}", setting, id_ if isinstance(id_, str) else ""))
    return (one for one in found if one.id)


def _channels(place: str, channels: Sequence[str]) -> list[Named]:
    return [Named(f"{place}.channels.{number}", "channel", channel) for number, channel in enumerate(channels)]


def unknown(campaign: Campaign, known: Mapping[str, Callable[[str], Any]]) -> dict[str, list[str]]:
    """What a campaign names that is not there, by field; `known` looks each kind up and raises NotFound."""
    wrong: dict[str, list[str]] = {}
    for one in named(campaign):
        try:
            known[one.kind](one.id)
        except NotFound as error:
            wrong[one.place] = [str(error)]
    return wrong


def users_of(kind: str, id: str, campaigns: Iterable[Campaign]) -> list[str]:
    """The ids of those of these campaigns that name it."""
    return [campaign.id for campaign in campaigns if any((one.kind, one.id) == (kind, id) for one in named(campaign))]
