"""`/t/{token}`: how an order is: its date, what went wrong, what is done about it, and what the customer can choose."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any

from babel.dates import format_date
from flask import Response, request

from api.context import services
from api.pages.page import message_of, new_blueprint, page
from api.pages.preferences import language_for
from common.errors import Conflict, Invalid, NotFound
from content.bad_news_words import NEXT, WHAT
from customers.catalogue import Product
from customers.incident import LONGEST_WORD, OFFERED, Case
from customers.orders import Order, OrderEvent
from messaging.gate import zone_of
from messaging.message import Message

blueprint = new_blueprint("order")

# A carrier's every word would bury what matters.
LATEST = 12


@blueprint.get("/t/<token:token>")
def show(token: str) -> Response:
    """Show it; nothing changes."""
    message = message_of("order", token)
    return _page(message, _order(message))


@blueprint.post("/t/<token:token>")
def choose(token: str) -> Response:
    """Take a choice, or the wish to speak with a person; the last one stands while it is not settled."""
    message = message_of("order", token)
    order, form = _order(message), request.form
    try:
        if form.get("do") == "speak":
            services().choosing.speak(order, form.get("said", ""))
            return _page(message, order, done="speak")
        choice, _, product = form.get("choice", "").partition(":")
        services().choosing.choose(order, form.get("case", ""), choice, product)
    except Invalid:
        return _page(message, order, status=422, wrong="missing")
    except Conflict:
        return _page(message, order, status=409, wrong="over")
    return _page(message, order, done="choice")


def _order(message: Message) -> Order:
    """The order that a message is about; raises NotFound where it is about none, or about somebody else's."""
    named = str(message.data.get("event", {}).get("order", ""))
    found = services().orders.get([named]).get(named) if named else None
    if found is None or found.customer_id != message.customer or not services().customers.get([message.customer]):
        raise NotFound("page", "order")
    return found


def _page(message: Message, order: Order, *, status: int = 200, done: str = "", wrong: str = "") -> Response:
    language, made = language_for(message), services()
    person = made.customers.get([message.customer]).get(message.customer)
    zone = zone_of(person, made.shops.get())
    cases, substitutes = made.choosing.cases(order), made.choosing.substitutes(order)
    expected = order.expected_at or next((case.expected_at for case in cases if case.live), None)
    first = order.promised_at if expected and order.promised_at and order.promised_at < expected else None
    names = made.products.get([line.product_id for line in order.lines])
    return page(
        "order",
        language,
        status=status,
        brand=message.brand,
        order=order,
        state=_state(order, cases),
        expected=_day(expected, zone, language),
        first=_day(first, zone, language),
        troubles=[_trouble(case, order, substitutes, zone, language) for case in cases],
        steps=[_step(event, zone, language) for event in _told(order)],
        lines=[(names[one.product_id].name, one.quantity) for one in order.lines if one.product_id in names],
        done=done,
        wrong=wrong,
        longest=LONGEST_WORD,
    )


def _state(order: Order, cases: Sequence[Case]) -> str:
    """How it is in a word of the page: what is being put right comes first."""
    return "wrong" if any(case.live and OFFERED.get(case.cause) for case in cases) else order.state


def _trouble(case: Case, order: Order, substitutes: Sequence[Product], zone: tzinfo, language: str) -> dict[str, Any]:
    """What went wrong, what happens next or how it ended, what makes up for it, and what can be chosen."""
    what = WHAT[language][case.cause].replace("{order}", order.id)
    given = case.given[0] if case.given else None
    words, until = services().giver.in_words(given, language) if given else ("", None)
    return {
        "case": case,
        "what": what[:1].upper() + what[1:],
        "reason": f"{case.reason.rstrip('. ')}." if case.reason else "",
        "next": NEXT[language][case.cause],
        "given": given,
        "makegood": words,
        "until": _day(until, zone, language),
        "choices": _choices(case, substitutes),
        "chosen": f"{case.wants}:{case.wants_product}" if case.wants_product else case.wants,
    }


def _choices(case: Case, substitutes: Sequence[Product]) -> list[tuple[str, str, str]]:
    """Each choice as its value, its kind, and what it would be."""
    found: list[tuple[str, str, str]] = []
    for choice in services().choosing.offered(case, substitutes):
        if choice == "substitute":
            found += [(f"substitute:{one.id}", choice, one.name) for one in substitutes]
        else:
            found.append((choice, choice, ""))
    return found


def _told(order: Order) -> list[OrderEvent]:
    """What happened, the latest first; that it was placed always."""
    placed = OrderEvent(type="placed", at=order.placed_at)
    happened = [event for event in order.events if event.type != "placed"][-LATEST:]
    return [*reversed(happened), placed]


def _step(event: OrderEvent, zone: tzinfo, language: str) -> dict[str, Any]:
    followed = event.tracking_url if event.tracking_url.startswith(("https://", "http://")) else ""
    return {
        "type": event.type,
        "day": _day(event.at, zone, language),
        "at": event.at.isoformat(),
        "reason": event.reason,
        "carrier": event.carrier,
        "follow": followed,
        "expected": _day(event.expected_at, zone, language),
    }


def _day(at: datetime | None, zone: tzinfo, language: str) -> str:
    return format_date(at.astimezone(zone).date(), "long", language) if at else ""
