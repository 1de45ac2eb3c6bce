"""`/w/{token}`: why a message came, and what was used to decide."""

from flask import Response

from api.context import services
from api.pages.page import message_of, new_blueprint, page
from api.pages.preferences import language_for
from api.pages.unsubscribe import channel_of
from common.errors import NotFound
from messaging.message import Message

blueprint = new_blueprint("why")


@blueprint.get("/w/<token:token>")
def why(token: str) -> Response:
    """Say it in plain words, with the ways to get less."""
    message = message_of("why", token)
    campaign, segment = _names(message)
    return page(
        "why",
        language_for(message),
        brand=message.brand,
        channel=channel_of(message),
        campaign=campaign,
        segment=segment,
        message=message,
        unsubscribe=services().links.url("unsubscribe", message.id),
        preferences=services().links.url("preferences", message.id),
    )


def _names(message: Message) -> tuple[str, str]:
    """What the campaign and its segment are called; empty where there is none, or no longer."""
    try:
        campaign = services().campaigns.get(message.campaign)
        segment = services().segments.get(campaign.segment).name if campaign.segment else ""
    except NotFound:
        return "", ""
    return campaign.name, segment
