"""`/u/{token}`: stop marketing on the channel that a message came by. GET asks, POST does (RFC 8058)."""

from flask import Response

from api.context import services
from api.pages.page import message_of, new_blueprint, page
from api.pages.preferences import language_for
from customers.consent import CUSTOMER, Consent
from messaging.message import Message

blueprint = new_blueprint("unsubscribe")

SOURCE = "unsubscribe page"
REASON = "unsubscribed"


@blueprint.get("/u/<token:token>")
def ask(token: str) -> Response:
    """Ask; a mail scanner that opens every link unsubscribes nobody."""
    message = message_of("unsubscribe", token)
    return page("unsubscribe", language_for(message), brand=message.brand, channel=channel_of(message), token=token)


@blueprint.post("/u/<token:token>")
def do(token: str) -> Response:
    """Do it, whatever the body says: a mail program's one-click sends its own."""
    message = message_of("unsubscribe", token)
    stop(message)
    preferences = services().links.url("preferences", message.id)
    language = language_for(message)
    return page("unsubscribed", language, brand=message.brand, channel=channel_of(message), preferences=preferences)


def channel_of(message: Message) -> str:
    """The channel that a message came by last."""
    return message.channel or (message.routes[0].channel if message.routes else "email")


def stop(message: Message) -> None:
    """No marketing any more on the channels that carried this message, to this person and to these addresses."""
    now = services().clock.now()
    customer = services().customers.get([message.customer]).get(message.customer)
    for channel in {channel_of(message), *(attempt.channel for attempt in message.attempts)}:
        addresses = {route.address for route in message.routes if route.channel == channel}
        if customer is not None:
            addresses.update(customer.addresses.get(channel, []))
            said = customer.consents.get(channel, {}).get("marketing")
            if said is None or said.state != "denied":
                word = Consent(state="denied", at=now, how="asked to stop", source=SOURCE, by=CUSTOMER)
                services().customers.set_consent(customer.id, channel, "marketing", word)
        for address in addresses:
            services().suppressions.add(channel, address, "marketing", REASON, now)
