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
        "big-spenders",
        "Big spenders",
        "The best fifth by what they spent, who bought within a year.",
        {"rule": "rfm_score", "score": "money", "at_least": 5},
        {"rule": "days_since_last_order", "at_most": 365},
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
        "They bought once, one to three months ago: a nudge to the second order.",
        {"rule": "profile_orders", "at_least": 1, "at_most": 1},
        {"rule": "days_since_last_order", "at_least": 30, "at_most": 90},
    ),
    _proposal(
        "one-time-buyers",
        "One-time buyers",
        "They bought on one day, more than three months ago, and never again.",
        {"rule": "profile_orders", "at_least": 1, "at_most": 1},
        {"rule": "days_since_last_order", "at_least": 91},
    ),
    _proposal(
        "slipping-away",
        "Slipping away",
        "Regulars who are silent for twice as long as is usual for them, and have not been gone for a year yet.",
        {"rule": "late_for_self", "factor": 2.0, "purchases": 3},
        {"rule": "days_since_last_order", "at_least": 30, "at_most": 365},
    ),
    _proposal(
        "about-to-leave",
        "About to leave",
        "Their silence is longer than their own orders explain: as likely gone as not, but not for a year yet.",
        {"rule": "likely_gone", "percent": 50},
        {"rule": "days_since_last_order", "at_most": 365},
    ),
    _proposal(
        "vip-at-risk",
        "VIPs at risk",
        "Good customers, often or for much, who have not bought lately.",
        {"rule": "rfm_cell", "any_of": ["at_risk"]},
    ),
    _proposal(
        "win-back-worth-it",
        "Worth winning back",
        "Their last order is half a year to two years old, and they bought more than once.",
        {"rule": "days_since_last_order", "at_least": 180, "at_most": 730},
        {"rule": "profile_orders", "at_least": 2},
        {"rule": "rfm_score", "score": "money", "at_least": 3},
    ),
    _proposal(
        "gone-a-year",
        "Gone for a year",
        "Their last order is more than a year old.",
        {"rule": "days_since_last_order", "at_least": 365},
    ),
    _proposal(
        "birthdays-this-week",
        "Birthdays this week",
        "Their birthday is within the next seven days, where they live.",
        {"rule": "birthday_near", "next_days": 7},
    ),
    _proposal(
        "cart-left",
        "Left a cart",
        "They filled a cart within the last week, let it stand for four hours, and have not ordered since.",
        {"rule": "cart_left", "hours": 4, "days": 7},
    ),
    _proposal(
        "unhappy-lately",
        "Unhappy lately",
        "Something went wrong with their latest orders within two months, and is not put right or came twice in a row.",
        {"rule": "days_since_incident", "at_most": 60},
        {"any": [{"rule": "open_incidents", "at_least": 1}, {"rule": "bad_in_a_row", "at_least": 2}]},
    ),
    _proposal(
        "points-expiring",
        "Points about to expire",
        "They lose points within thirty days unless they spend them.",
        {"rule": "points_expiring", "days": 30},
    ),
    _proposal(
        "voucher-unused",
        "Voucher not used yet",
        "They hold a voucher of their own that ends within two weeks.",
        {"rule": "voucher_held", "ends_within": 14},
    ),
    _proposal(
        "reachable-by-text",
        "Reachable by text message only",
        "They agreed to text messages, and cannot be sent marketing by e-mail.",
        {"rule": "reachable", "channel": "sms"},
        {"not": {"rule": "reachable", "channel": "email"}},
    ),
    _proposal(
        "never-ordered",
        "Never ordered",
        "They are known to the shop, and have no order that stands.",
        {"rule": "profile_orders", "at_most": 0},
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
