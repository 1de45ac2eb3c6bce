"""`/p/{token}`: what is sent to a customer, and by which way first."""

from typing import Any

from flask import Response, request

from api.context import services
from api.pages.page import message_of, new_blueprint, page
from api.pages.words import language_of_visitor
from common.errors import NotFound
from customers.addresses import CHANNELS
from customers.consent import CUSTOMER, Consent, Word
from customers.customer import Customer
from messaging.message import Message

blueprint = new_blueprint("preferences")

PURPOSES = ("marketing", "service")
SOURCE = "preference page"
# What an unsubscription suppressed, a customer's own yes lifts; a STOP by text message takes a START.
_LIFTED = "unsubscribed"


@blueprint.get("/p/<token:token>")
def show(token: str) -> Response:
    """Show what is set."""
    message = message_of("preferences", token)
    return _form(message, _customer(message), saved=False)


@blueprint.post("/p/<token:token>")
def save(token: str) -> Response:
    """Set it: each box that was changed is a word of consent; the first channel is the one preferred."""
    message = message_of("preferences", token)
    customer = _customer(message)
    for channel in _channels(customer):
        for purpose in PURPOSES:
            wanted: Word = "granted" if request.form.get(f"{channel}.{purpose}") == "yes" else "denied"
            if wanted != _word(customer, channel, purpose):
                _set(customer, channel, purpose, wanted)
    first = request.form.get("first", "")
    if first in _channels(customer):
        order = [first, *(channel for channel in customer.preferred if channel != first)]
        services().customers.change(customer.id, {"preferred": order})
    return _form(message, _customer(message), saved=True)


def language_for(message: Message) -> str:
    """The language of the page: the browser's; else the message's, the shop's."""
    return language_of_visitor(message.locale, services().shops.get().locale)


def _form(message: Message, customer: Customer, *, saved: bool) -> Response:
    channels: list[dict[str, Any]] = [
        {
            "name": channel,
            "purposes": [(purpose, _word(customer, channel, purpose) == "granted") for purpose in PURPOSES],
        }
        for channel in _channels(customer)
    ]
    first = next((channel for channel in customer.preferred if channel in _channels(customer)), "")
    return page("preferences", language_for(message), brand=message.brand, channels=channels, first=first, saved=saved)


def _customer(message: Message) -> Customer:
    found = services().customers.get([message.customer]).get(message.customer)
    if found is None:
        raise NotFound("page", "preferences")
    return found


def _channels(customer: Customer) -> list[str]:
    return [channel for channel in CHANNELS if customer.addresses.get(channel)]


def _word(customer: Customer, channel: str, purpose: str) -> Word:
    """What holds: marketing takes a yes, service messages go out until there is a no."""
    said = customer.consents.get(channel, {}).get(purpose)
    if said is None:
        return "denied" if purpose == "marketing" else "granted"
    return "granted" if said.state == "granted" else "denied"


def _set(customer: Customer, channel: str, purpose: str, wanted: Word) -> None:
    how = "ticked" if wanted == "granted" else "unticked"
    word = Consent(state=wanted, at=services().clock.now(), how=how, source=SOURCE, by=CUSTOMER)
    services().customers.set_consent(customer.id, channel, purpose, word)
    if wanted == "granted" and purpose == "marketing":
        for address in customer.addresses.get(channel, []):
            services().suppressions.lift(channel, address, _LIFTED)
