"""`/w/{token}`: why a message came, and what was used to decide: read off the very query that chose its receivers."""

from collections.abc import Iterator
from typing import Any

from flask import Response

from api.context import services
from api.pages.page import message_of, new_blueprint, page
from api.pages.preferences import language_for
from api.pages.unsubscribe import channel_of
from campaigns.campaign import Campaign
from common.errors import Invalid, NotFound
from messaging.message import Message

blueprint = new_blueprint("why")

# A customer's fields, and the orders, by the line of the page that names them.
_LINES = {
    "profile": "orders",
    "scores": "orders",
    "orders": "orders",
    "locale": "place",
    "country": "place",
    "time_zone": "place",
    "addresses": "ways",
    "consents": "ways",
    "preferred": "ways",
    "attributes": "notes",
    "tags": "notes",
    "birthday": "notes",
    "engagement": "reading",
    "events": "reading",
    "messages": "reading",
    "facts": "reading",
    "conversations": "reading",
    "loyalty": "loyalty",
    "vouchers": "loyalty",
    "redemptions": "loyalty",
    "referrals": "loyalty",
}


@blueprint.get("/w/<token:token>")
def why(token: str) -> Response:
    """Say it in plain words, with the ways to get less."""
    message = message_of("why", token)
    campaign = _campaign(message)
    segment, used = _segment(campaign) if campaign else ("", set())
    return page(
        "why",
        language_for(message),
        brand=message.brand,
        channel=channel_of(message),
        campaign=campaign.name if campaign else "",
        segment=segment,
        used=[line for line in dict.fromkeys(_LINES.values()) if line in used],
        occasion=campaign is not None and not campaign.segment,
        marketing=message.purpose == "marketing",
        unsubscribe=services().links.url("unsubscribe", message.id),
        preferences=services().links.url("preferences", message.id),
    )


def _campaign(message: Message) -> Campaign | None:
    try:
        return services().campaigns.get(message.campaign)
    except NotFound:
        return None


def _segment(campaign: Campaign) -> tuple[str, set[str]]:
    """What the campaign's segment is called and which lines say what it looks at; nothing where it is gone."""
    if not campaign.segment:
        return "", set()
    try:
        segment = services().segments.get(campaign.segment)
        stages = services().audience.pipeline(segment.rules)
    except (NotFound, Invalid):
        return "", set()
    return segment.name, {_LINES[field] for field in _fields(stages) if field in _LINES}


def _fields(query: Any) -> Iterator[str]:
    """The fields and collections that a query names, each by the first part of its path."""
    if isinstance(query, dict):
        for key, value in query.items():
            yield key.partition(".")[0]
            if key == "from":
                yield value
            yield from _fields(value)
    elif isinstance(query, list):
        for value in query:
            yield from _fields(value)
    elif isinstance(query, str) and query.startswith("$"):
        yield query.removeprefix("$").partition(".")[0]
