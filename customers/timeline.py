"""All that happened with a customer, newest first, from wherever it is kept: each kept thing is told in words."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec
from babel.numbers import get_currency_precision

from common.errors import Invalid
from common.events import Event
from customers import order_words
from customers.orders import Order, OrderEvent, OrderHistory

# Read at least so many at once where only some are wanted.
AT_ONCE = 100

Place = tuple[datetime, str]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened; `id` sorts those of one instant, `text` says it in plain words.

    `said` is the sentence, where it takes more to say it than the type and the data.
    """

    id: str
    type: str
    at: datetime
    data: dict[str, Any] = {}
    said: str = ""

    @property
    def cursor(self) -> str:
        """Where the next page starts."""
        return cursor_of(self.at, self.id)

    @property
    def text(self) -> str:
        """What happened, in a sentence for the shop's people."""
        return self.said or words(self.type, self.data)


class Source(Protocol):
    """Something that happens to customers, as it is kept."""

    def __call__(self, customer: str, limit: int, before: Place | None) -> Sequence[Entry]:
        """Newest first; `before` is the instant and the id of the last one already known."""
        ...


class CustomerEvents(Protocol):
    """A customer's events, but for those of their orders."""

    def others_of(self, customer: str, limit: int, before: Place | None) -> list[Event]:
        """Newest first; `before` is the instant and the id of the last one already known."""
        ...

    def forget(self, customer: str) -> None:
        """Remove all events of a customer."""
        ...


def timeline(sources: Sequence[Source], customer: str, after: str, limit: int, type: str = "") -> list[Entry]:
    """Up to `limit` entries; `after` is the cursor of the last one already seen, "" for none.

    `type` wants only one type, or all of a family: "order" is order_placed, order_shipped and so on. Raises Invalid
    for a cursor that was never one.
    """
    before = place_of(after) if after else None
    told = [entry for source in sources for entry in _wanted(source, customer, before, limit, type)]
    return sorted(told, key=place, reverse=True)[:limit]


def orders_as(orders: OrderHistory) -> Source:
    """What orders say of themselves."""

    def source(customer: str, limit: int, before: Place | None) -> list[Entry]:
        entries = [entry for order in orders.of_customer(customer) for entry in _of_order(order)]
        known = sorted(entries, key=place, reverse=True)
        return [entry for entry in known if before is None or place(entry) < before][:limit]

    return source


def events_as(events: CustomerEvents) -> Source:
    """Every event that is kept nowhere else."""

    def source(customer: str, limit: int, before: Place | None) -> list[Entry]:
        return [
            Entry(id=event.id, type=event.type, at=event.at, data=event.data)
            for event in events.others_of(customer, limit, before)
        ]

    return source


def cursor_of(at: datetime, id: str) -> str:
    """Where a page ends that goes back in time."""
    return f"{at.isoformat()}~{id}"


def place_of(cursor: str) -> Place:
    """The instant and the id that a cursor names; raises Invalid for a cursor that was never one."""
    at, _, id = cursor.partition("~")  # noqa: A001  # as the domain calls it
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        raise Invalid.field("after", "Not the `next` of a page.") from None
    if instant.tzinfo is None or not id:
        raise Invalid.field("after", "Not the `next` of a page.")
    return instant, id


def place(entry: Entry) -> Place:
    """What sorts entries."""
    return entry.at, entry.id


def _wanted(source: Source, customer: str, before: Place | None, limit: int, type: str) -> list[Entry]:
    """Up to `limit` entries of the types wanted, from as many pages as it takes."""
    size = max(limit, AT_ONCE) if type else limit
    found: list[Entry] = []
    while len(found) < limit:
        rows = source(customer, size, before)
        found += [row for row in rows if not type or row.type == type or row.type.startswith(f"{type}_")]
        if len(rows) < size:
            break
        before = place(rows[-1])
    return found[:limit]


def _of_order(order: Order) -> list[Entry]:
    total = {"order": order.id, "total": order.total, "currency": order.currency}
    said = f"Order {order.id}: {order_words.placed(order)}"
    placed = Entry(id=f"{order.id}-placed", type="order_placed", at=order.placed_at, data=total, said=said)
    return [placed, *(_of_event(order, event) for event in order.events if event.type != "placed")]


def _of_event(order: Order, event: OrderEvent) -> Entry:
    said = msgspec.to_builtins(event, builtin_types=(datetime,))
    more = {name: value for name, value in said.items() if name not in ("id", "type", "at", "lines")}
    if "amount" in more:
        more["currency"] = order.currency
    id = "-".join(part for part in (order.id, event.type, event.id) if part)  # noqa: A001  # as the domain calls it
    said = f"Order {order.id}: {order_words.in_words(order, event)}"
    return Entry(id=id, type=f"order_{event.type}", at=event.at, data={"order": order.id, **more}, said=said)


def _money(data: Mapping[str, Any], name: str) -> str:
    digits = get_currency_precision(data["currency"])
    return f"{data[name] / 10**digits:.{digits}f} {data['currency']}"


def _because(data: Mapping[str, Any]) -> str:
    return f": {data['reason']}" if data.get("reason") else ""


def _named(word: str) -> str:
    """A word of ours as people write it."""
    return word.replace("_", " ")


def _points(verb: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda data: f"{abs(data['points'])} points {verb}{_because(data)}."


_ABOUT: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "customer_created": lambda data: "They became known.",
    "duplicate_found": lambda data: "Another customer has the same address: they may be one.",
    "customer_merged": lambda data: f"The customer {data['merged_from']} was merged into them.",
    "consent_granted": lambda data: (
        f"Said yes to {data['purpose']} by {data['channel']} ({data['how'] or 'no proof'})."
    ),
    "consent_denied": lambda data: f"Said no to {data['purpose']} by {data['channel']}.",
    "consent_pending": lambda data: f"Was asked to confirm their yes to {data['purpose']} by {data['channel']}.",
    "message_sent": lambda data: f"Was sent a message by {data['channel']}.",
    "message_opened": lambda data: f"Opened a message by {data['channel']}.",
    "message_clicked": lambda data: f"Clicked in a message by {data['channel']}.",
    "message_complained": lambda data: f"Complained of a message by {data['channel']}.",
    "message_unsubscribed": lambda data: f"Unsubscribed by {data['channel']}.",
    "message_replied": lambda data: f"Wrote back by {data['channel']}.",
    "message_answered": lambda data: f"Was answered by {data['channel']}.",
    "campaign_entered": lambda data: f"Entered the campaign {data['campaign']}.",
    "campaign_left": lambda data: f"Came to the end of the campaign {data['campaign']}: {_named(data['why'])}.",
    "voucher_given": lambda data: f"Was given the code {data['code']}.",
    "voucher_redeemed": lambda data: f"Used the code {data['code']} for {_money(data, 'discount')} off.",
    "voucher_rolled_back": lambda data: f"The use of the code {data['code']} was taken back.",
    "points_earned": _points("were earned"),
    "points_matured": _points("can be spent now"),
    "points_spent": _points("were spent"),
    "points_expired": _points("expired"),
    "points_reversed": _points("were taken back"),
    "points_adjusted": lambda data: f"{data['points']:+d} points, by hand{_because(data)}.",
    "referral_redeemed": lambda data: "A friend came with their code.",
    "referral_tier_reached": lambda data: f"{data.get('friends')} friends have come with their code.",
    "referral_used": lambda data: "Came with a friend's code.",
    "referral_rewarded": lambda data: "Was rewarded for a friend.",
    "referral_rejected": lambda data: "A referral of theirs was rejected.",
    "incident_opened": lambda data: f"Something went wrong ({_named(data['cause'])}){_because(data)}.",
    "incident_told": lambda data: f"Was told what went wrong ({_named(data['cause'])}).",
    "incident_dated": lambda data: f"Was told a new date ({_named(data['cause'])}).",
    "incident_choice": lambda data: f"Chose what is to be done about it: {_named(data['choice'])}.",
    "incident_solved": lambda data: (
        f"What went wrong ({_named(data['cause'])}) was put right: {_named(data['ending'])}."
    ),
    "incident_closed": lambda data: f"What went wrong ({_named(data['cause'])}) is over: {_named(data['ending'])}.",
    "survey_answered": lambda data: f"Answered a survey: {data['score']}.",
    "product_viewed": lambda data: f"Looked at {data.get('product_id') or data.get('product') or 'a product'}.",
    "cart_updated": lambda data: "Changed their cart.",
}


def words(type: str, data: Mapping[str, Any]) -> str:
    """An entry in a sentence; what nobody has words for, by its type."""
    try:
        return _ABOUT[type](data)
    except (KeyError, TypeError):
        return type.replace("_", " ").capitalize() + "."
