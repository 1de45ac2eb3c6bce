"""Trigger loops: a campaign whose own doing triggers it, by itself or by way of others.

What a message does by itself is to have been received, and to bring a voucher. A trigger that listens to either leads
from one campaign to another; a way that comes back to where it began would never end.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from campaigns.campaign import Campaign
from common.errors import NotFound
from segments.tree import references

# Rules of segments that look at what campaigns did, and how they name the campaign or the offer.
RECEIVED, VOUCHERS = "received", "voucher_held"
MESSAGES = frozenset({RECEIVED, "reacted", "answered"})
LEFT = "left_segment"
SEGMENT_TRIGGERS = ("entered_segment", LEFT)

Rules = Callable[[str], Mapping[str, Any]]


def loop(campaign: Campaign, others: Sequence[Campaign], rules_of: Rules) -> list[Campaign]:
    """The way from a campaign over others back to itself; empty where there is none. `rules_of` reads a segment."""
    everybody = [campaign, *(one for one in others if one.id != campaign.id)]
    before: dict[str, Campaign | None] = {campaign.id: None}
    waiting = [campaign]
    while waiting:
        here = waiting.pop(0)
        for one in everybody:
            if _leads(here, one, rules_of):
                if one.id == campaign.id:
                    return _way(here, before)
                if one.id not in before:
                    before[one.id] = here
                    waiting.append(one)
    return []


def in_words(way: Sequence[Campaign]) -> str:
    """Why it is refused."""
    if len(way) == 1:
        return "Its own messages would trigger it, again and again."
    return f"A circle that would never end: {' -> '.join(one.name for one in [*way, way[0]])}."


def _way(last: Campaign, before: Mapping[str, Campaign | None]) -> list[Campaign]:
    way: list[Campaign] = []
    here: Campaign | None = last
    while here is not None:
        way.insert(0, here)
        here = before[here.id]
    return way


def _leads(here: Campaign, there: Campaign, rules_of: Rules) -> bool:
    """Whether a message of one triggers the other."""
    trigger, offers = there.trigger, set(_offers(here))
    if trigger.get("kind") == "voucher_unused":
        of_offer = trigger.get("offer") or None
        from_campaign = trigger.get("campaign") or here.id
        return bool(offers) and from_campaign == here.id and (of_offer is None or of_offer in offers)
    if trigger.get("kind") in SEGMENT_TRIGGERS:
        left = trigger["kind"] == LEFT
        rules = _rules(trigger.get("segment", ""), rules_of, set())
        return any(_names(rule, here.id, offers) or (left and _any(rule, bool(offers))) for rule in rules)
    return False


def _offers(campaign: Campaign) -> Iterator[str]:
    given: Iterable[str] = (
        campaign.offer,
        *(variant.offer for variant in campaign.variants),
        *(step.offer for step in campaign.steps),
    )
    return (offer for offer in given if offer)


def _names(rule: Mapping[str, Any], campaign: str, offers: set[str]) -> bool:
    """Whether a rule looks at what this campaign does, by its name."""
    if rule["rule"] in MESSAGES:
        return rule.get("campaign") == campaign
    return rule["rule"] == VOUCHERS and (rule.get("campaign") == campaign or rule.get("offer") in offers)


def _any(rule: Mapping[str, Any], gives: bool) -> bool:
    """Whether a rule looks at what any campaign does, whatever people do.

    Each message lets them into such a segment, and time out of it: who writes to them as they leave would for ever.
    """
    if rule["rule"] == VOUCHERS:
        return gives and not rule.get("campaign") and not rule.get("offer")
    return rule["rule"] == RECEIVED and not rule.get("campaign")


def _rules(segment: str, rules_of: Rules, seen: set[str]) -> Iterator[Mapping[str, Any]]:
    """All rules of a segment, and of those that it refers to."""
    if segment in seen:
        return
    seen.add(segment)
    try:
        tree = rules_of(segment)
    except NotFound:  # said elsewhere
        return
    yield from _leaves(tree)
    for other in references(tree):
        yield from _rules(other, rules_of, seen)


def _leaves(node: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        if "rule" in node:
            yield node
        for inner in node.values():
            yield from _leaves(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _leaves(inner)
