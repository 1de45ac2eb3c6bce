"""`/p/{token}`: what is sent to a customer, how often, by which way first, in which language; and not for a while."""

from datetime import datetime, tzinfo
from typing import Any

import msgspec
from babel import Locale
from babel.dates import format_date
from flask import Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from api.context import services
from api.pages.page import message_of, new_blueprint, page
from api.pages.words import language_of, language_of_visitor, languages
from common.errors import NotFound
from customers.addresses import CHANNELS
from customers.consent import CUSTOMER, Consent, Word
from customers.customer import Customer, channels_of
from customers.preferences import PACES, month_later
from messaging.gate import zone_of
from messaging.message import Message
from messaging.soft_bounces import SOFT_BOUNCES

blueprint = new_blueprint("preferences")

PURPOSES = ("marketing", "service")
SOURCE = "preference page"
# What an unsubscription suppressed, a customer's own yes lifts; a STOP by text message takes a START.
_LIFTED = ("unsubscribed", SOFT_BOUNCES)


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """Who sets their preferences, and how the link had it: in which language, and of which of the shop's brands."""

    customer: Customer
    locale: str
    brand: str


@blueprint.get("/p/<token:token>")
def show(token: str) -> Response:
    """Show what is set."""
    visit = _visit(token)
    return _form(visit, visit.customer)


@blueprint.post("/p/<token:token>")
def save(token: str) -> Response:
    """Set it: each box that was changed is a word of consent; channels' order, language and pace are declared."""
    visit = _visit(token)
    customer = visit.customer
    if refused := _refused():
        return _form(visit, customer, unread=refused)
    for channel in _channels(customer):
        for purpose in PURPOSES:
            wanted: Word = "granted" if request.form.get(f"{channel}.{purpose}") == "yes" else "denied"
            if wanted != _word(customer, channel, purpose):
                _set(customer, channel, purpose, wanted)
    declared = _order(customer) | _language(customer) | _pace(customer) | _pause(customer)
    if declared:
        services().customers.change(customer.id, declared)
    return _form(visit, _customer(customer.id), saved=True, language=_chosen())


def language_for(message: Message) -> str:
    """The language of the page: the browser's; else the customer's, the message's, the shop's."""
    customer = services().customers.get([message.customer]).get(message.customer)
    theirs = customer.locale if customer else ""
    return language_of_visitor(theirs, message.locale, services().shops.get().locale)


def _refused() -> int:
    """The status to refuse a form with that did not come whole, 0 for one that did.

    A box that is not ticked is not sent, so a form that lost its end would take back what nobody took back. How often
    stands after all boxes, and is sent by every browser.
    """
    try:
        return 0 if "pace" in request.form else 400
    except RequestEntityTooLarge:
        return 413


def _chosen() -> str:
    """The language that was chosen just now, "" where none was that there are words for."""
    chosen = request.form.get("language", "")
    return chosen if chosen in languages() else ""


def _order(customer: Customer) -> dict[str, Any]:
    """The order of channels, where it is another than was shown: what was learned is not declared by leaving it."""
    first, then, shown = request.form.get("first", ""), request.form.getlist("then"), channels_of(customer)
    if first not in shown:
        return {}
    after = [] if then == shown[1:-1] else [channel for channel in then if channel in shown]
    wanted = list(dict.fromkeys([first, *after, *shown]))
    return {} if wanted == shown and [first] == _first(customer) else {"preferred": wanted}


def _pace(customer: Customer) -> dict[str, Any]:
    """How often at most, where something else was chosen."""
    chosen = request.form.get("pace", customer.pace)
    return {} if chosen == customer.pace or chosen not in PACES else {"pace": chosen or None}


def _pause(customer: Customer) -> dict[str, Any]:
    """A month from now, or no pause any more; a pause that is left as it is goes on."""
    now = services().clock.now()
    match request.form.get("pause"):
        case "month":
            return {"paused_until": month_later(now, _zone(customer))}
        case "none" if customer.paused_until:
            return {"paused_until": None}
        case _:
            return {}


def _zone(customer: Customer) -> tzinfo:
    return zone_of(customer, services().shops.get())


def _language(customer: Customer) -> dict[str, Any]:
    """The language, where another was chosen; pt-BR stays where it was pt."""
    chosen = _chosen()
    same = chosen == language_of(customer.locale, services().shops.get().locale)
    return {} if same or not chosen else {"locale": chosen}


def _first(customer: Customer) -> list[str]:
    """The channel that is preferred, where one is."""
    return [channel for channel in customer.preferred if channel in channels_of(customer)][:1]


def _form(visit: Visit, customer: Customer, *, saved: bool = False, language: str = "", unread: int = 0) -> Response:
    """The page; in the `language` that was chosen just now, where one was. `unread` is the status of a refusal."""
    channels: list[dict[str, Any]] = [
        {
            "name": channel,
            "purposes": [(purpose, _word(customer, channel, purpose) == "granted") for purpose in PURPOSES],
        }
        for channel in _channels(customer)
    ]
    language = language or language_of_visitor(customer.locale, visit.locale, services().shops.get().locale)
    now, zone = services().clock.now(), _zone(customer)
    paused = customer.paused_until if customer.paused_until and customer.paused_until > now else None

    def day(at: datetime) -> str:
        return format_date(at.astimezone(zone).date(), "long", language)

    return page(
        "preferences",
        language,
        status=unread or 200,
        brand=visit.brand,
        channels=channels,
        order=channels_of(customer),
        first="".join(_first(customer)),
        paces=PACES,
        pace=customer.pace,
        paused=day(paused) if paused else "",
        month=day(month_later(now, zone)),
        languages=[(tag, Locale.parse(tag).get_display_name(tag)) for tag in languages()],
        spoken=language_of(customer.locale, services().shops.get().locale),
        saved=saved,
        unread=bool(unread),
    )


def _visit(token: str) -> Visit:
    """Whose link it is: a message's, or one that the shop was given for a customer; raises NotFound for any other."""
    match services().links.read("preferences", token):
        case {"customer": str(name), "brand": str(brand)}:
            customer = _customer(services().own_pages.customer(name) or "")
            return Visit(customer=customer, locale=customer.locale, brand=brand)
        case _:
            message = message_of("preferences", token)
            return Visit(customer=_customer(message.customer), locale=message.locale, brand=message.brand)


def _customer(id: str) -> Customer:
    found = services().customers.get([id]).get(id)
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
            for reason in _LIFTED:
                services().suppressions.lift(channel, address, reason)
