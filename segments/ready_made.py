"""Segments to start from, named as marketers name them; copied and changed, never sent to as they are."""

from typing import Any

import msgspec


class ReadyMade(msgspec.Struct, frozen=True, kw_only=True):
    """A proposal for a segment."""

    id: str
    name: str
    description: str
    rules: dict[str, Any]


def _proposal(id: str, name: str, description: str, *rules: dict[str, Any]) -> ReadyMade:
    return ReadyMade(id=id, name=name, description=description, rules={"all": list(rules)})


READY_MADE = [
    _proposal(
        "slipping-away",
        "Slipping away",
        "Regulars who are silent for twice as long as is usual for them, and have not been gone for a year yet.",
        {"rule": "late_for_self", "factor": 2.0, "purchases": 3},
        {"rule": "days_since_last_order", "at_least": 30, "at_most": 365},
    ),
    _proposal(
        "champions",
        "Champions",
        "They bought lately, often, and for much.",
        {"rule": "rfm_cell", "any_of": ["champions"]},
    ),
    _proposal(
        "loyal-customers",
        "Loyal customers",
        "They come back regularly.",
        {"rule": "rfm_cell", "any_of": ["loyal", "champions"]},
    ),
    _proposal(
        "first-order-lately",
        "First order lately",
        "Newcomers of the last 30 days: the time to say thank you.",
        {"rule": "first_order_lately", "days": 30},
    ),
    _proposal(
        "second-order-due",
        "One order and no second",
        "They bought once, one to three months ago.",
        {"rule": "profile_orders", "at_least": 1, "at_most": 1},
        {"rule": "days_since_last_order", "at_least": 30, "at_most": 90},
    ),
    _proposal(
        "at-risk",
        "Good customers at risk",
        "They bought often or for much, but not lately.",
        {"rule": "rfm_cell", "any_of": ["at_risk"]},
    ),
    _proposal(
        "needs-attention",
        "Need attention",
        "Neither recent nor lost, neither small nor large: a good word may tip them.",
        {"rule": "rfm_cell", "any_of": ["needs_attention", "about_to_sleep"]},
    ),
    _proposal(
        "gone-a-year",
        "Gone for a year",
        "Their last order is more than a year old.",
        {"rule": "days_since_last_order", "at_least": 365},
    ),
    _proposal(
        "never-ordered",
        "Never ordered",
        "They are known to the shop, and have no order that stands.",
        {"rule": "profile_orders", "at_most": 0},
    ),
    _proposal(
        "reachable-by-text",
        "Prefer text messages",
        "They like text messages best and agreed to get them.",
        {"rule": "preferred_channel", "channel": "sms"},
        {"rule": "reachable", "channel": "sms"},
    ),
    _proposal(
        "not-reachable",
        "Customers nobody may write to",
        "They have ordered, and neither e-mail nor text message may be used for marketing.",
        {"rule": "profile_orders", "at_least": 1},
        {"not": {"any": [{"rule": "reachable", "channel": "email"}, {"rule": "reachable", "channel": "sms"}]}},
    ),
    _proposal(
        "tenth-of-all",
        "A tenth of everybody",
        "A random share, the same people every time: to try something on.",
        {"rule": "random_share", "percent": 10.0, "seed": "tenth"},
    ),
]
