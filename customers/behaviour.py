"""What the shop's site saw a customer do: views, carts, and names of the shop's own."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from common.errors import Invalid
from common.events import Event
from common.ids import derive
from customers.catalogue import NEWS

TYPE_PATTERN = "^[a-z][a-z0-9_]{0,63}$"
# What tells of a cart, and under which of these names what is in it.
CART = "cart_updated"
CART_LISTS = ("lines", "items", "products")
# What tells that they would like to have a product, which triggers on its stock and price listen to.
WISHED = "product_wished"
MAX_DEPTH = 4
MAX_BYTES = 8_192

# Beginnings of what Encore itself tells; a site that used them could set off what only an order should.
RESERVED = ("order_", "referral_", "voucher_", "points_", "tier_", "segment_", "survey_", "incident_", "message_",
            "consent_", "customer_", "campaign_")  # fmt: skip
# Clocks of sites are not ours; and nothing a site saw was before the web.
AHEAD = timedelta(minutes=10)
EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def seen(type: str, at: datetime, customer: str, data: Mapping[str, Any], id: str = "") -> Event:
    """What a site saw as an event; told twice, by its `id` or where it has none by all it says, it is the same one.

    An `id` is one customer's: another's event with the same one is another event. Raises Invalid for a reserved type,
    for a cart that is no list, and for data that is too long, too deep or has names that could not be fields'.
    """
    if not re.fullmatch(TYPE_PATTERN, type):
        raise Invalid.field("type", "Must be up to 64 small letters, digits and _, and begin with a letter.")
    if not is_from_site(type):
        raise Invalid.field(
            "type", f"{type} is what Encore itself tells, as all that begins with {', '.join(RESERVED)}."
        )
    _check(data, 1)
    said = msgspec.json.encode(data, order="deterministic")
    if len(said) > MAX_BYTES:
        raise Invalid.field("data", f"Longer than {MAX_BYTES} bytes.")
    if type == CART:
        _check_cart(data)
    about = [customer, id] if id else [customer, type, at.isoformat(), said.decode()]
    return Event(id=derive("site", *about), type=type, at=at, customer=customer, data=dict(data))


def check_time(at: datetime, now: datetime) -> None:
    """Raise Invalid for a time to come, but for what clocks differ by, and for one before there were sites."""
    if at > now + AHEAD:
        raise Invalid.field("at", "Lies in the future.")
    if at < EARLIEST:
        raise Invalid.field("at", f"Lies before {EARLIEST.year}.")


def is_from_site(type: str) -> bool:
    """Whether an event of this type can only be a site's."""
    return not type.startswith(RESERVED) and type not in NEWS


def _check_cart(data: Mapping[str, Any]) -> None:
    for name in CART_LISTS:
        lines = data.get(name, [])
        if not (isinstance(lines, list) and all(isinstance(line, Mapping | str) for line in lines)):
            raise Invalid.field(f"data.{name}", "Must be a list of what is in the cart, each with a `product_id`.")


def _check(value: Any, depth: int) -> None:
    if isinstance(value, Mapping | list) and depth > MAX_DEPTH:
        raise Invalid.field("data", f"Nested more than {MAX_DEPTH} deep.")
    if isinstance(value, Mapping):
        if not all(_NAME.fullmatch(name) for name in value):
            raise Invalid.field("data", "A name is up to 64 letters, digits, _ and -, and does not begin with a digit.")
        for inner in value.values():
            _check(inner, depth + 1)
    if isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)
