"""Facts of a customer, an order or a product as words of the vocabulary, ready to be said."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

from common.money import Money
from customers.behaviour import CART_LISTS
from customers.catalogue import Product, advertised
from customers.customer import Customer
from customers.orders import Line, Order

# What shops write for a gender, in the languages that Encore speaks.
_GENDERS = {
    "female": "f female w weiblich woman frau femme féminin mujer femenino feminino mulher femminile donna vrouw",
    "male": "m male männlich man mann homme masculin hombre masculino homem maschile uomo",
}
GENDERS = {word: gender for gender, words in _GENDERS.items() for word in words.split()}
DAYS_IN_A_YEAR = 365.2425


def person(customer: Customer) -> dict[str, Any]:
    """What is said of somebody beside their history; `variety` moves on by one with each order of theirs."""
    attributes = customer.attributes
    return {
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "country": customer.country,
        "gender": GENDERS.get(str(attributes.get("gender", "")).strip().lower(), ""),
        "variety": crc32(customer.id.encode()) + customer.profile.orders,
        "attributes": {name: str(value) for name, value in attributes.items() if type(value) in {str, int, float}},
    }


def profile(customer: Customer, currency: str, now: datetime) -> dict[str, Any]:
    """What is said of all their orders together, money in the shop's currency."""
    known = customer.profile
    return {
        "orders": known.orders,
        "days_since": (now - known.last_at).days if known.last_at else None,
        "years": int((now - known.first_at).days / DAYS_IN_A_YEAR) if known.first_at else None,
        "first_at": known.first_at,
        "last_at": known.last_at,
        "spend": Money(known.spend[currency], currency) if currency in known.spend else None,
        "average": Money(known.average[currency], currency) if currency in known.average else None,
        "categories": known.categories,
    }


def loyalty(customer: Customer, now: datetime) -> dict[str, Any]:
    """What of their points is to be said; nothing of points that were never theirs."""
    facet = customer.loyalty
    if "points" not in facet:
        return {}
    lost: Mapping[str, Any] = next((one for one in facet.get("expiring", []) if one["at"] > now), {})
    points = {"balance": max(0, facet["points"]), "pending": facet.get("pending", 0)}
    points |= {"expiring": lost.get("points"), "expiring_at": lost.get("at")}
    return {"points": points, "tier": {"name": facet.get("tier", "")}}


def on_offer(product: Product) -> dict[str, Any]:
    """A product as words show it."""
    price = Money(product.price, product.currency) if product.currency else None
    return {"name": product.name, "price": price, "image": product.image_url, "link": product.url}


def latest_order(order: Order, products: Mapping[str, Product], *, again: bool) -> dict[str, Any]:
    """What is said of somebody's latest order; with `again`, what of it can be bought now, too."""
    bought = [line.product_id for line in order.lines]
    return {
        **_any_order(order, products),
        "again": [product.name for product in advertised(bought, products)] if again else [],
    }


def spoken_of(order: Order, products: Mapping[str, Product]) -> dict[str, Any]:
    """What of the order a message is about; the reason, who brings it and where to follow it by the latest word."""

    def latest(field: str) -> str | None:
        return next((said for event in reversed(order.events) if (said := getattr(event, field))), None)

    return {
        **_any_order(order, products),
        "promised_at": order.promised_at,
        "expected_at": order.expected_at,
        **{field: latest(field) for field in ("reason", "carrier", "tracking_url")},
    }


def _any_order(order: Order, products: Mapping[str, Product]) -> dict[str, Any]:
    lines = [
        _line(line, order.currency, products[line.product_id]) for line in order.lines if line.product_id in products
    ]
    return {
        "id": order.id,
        "placed_at": order.placed_at,
        "packed_by": order.packed_by,
        "total": Money(order.total, order.currency),
        "lines": lines,
        "products": list(dict.fromkeys(line["name"] for line in lines if line["name"])),
    }


def _line(line: Line, currency: str, product: Product) -> dict[str, Any]:
    """A line at the price that was paid."""
    return {
        **on_offer(product),
        "price": Money(line.unit_price, currency),
        "quantity": line.quantity,
        "total": Money(line.quantity * line.unit_price, currency),
    }


def products_in(event: Mapping[str, Any]) -> list[str]:
    """The ids of the products that an event is about: the one it names, what is due, and what lies in a cart."""
    return [*(one["product"] for one in _told(event)), *_due(event), *_in_cart(event)]


def news(event: Mapping[str, Any], products: Mapping[str, Product]) -> dict[str, Any]:
    """What is said of an event of the shop's site or stock; what is sold out by now is not said any more."""
    values: dict[str, Any] = {}
    if wanted := [(one, products[one["product"]]) for one in _told(event) if _to_be_had(one["product"], products)]:
        first, product = wanted[0]
        was, currency = first.get("was"), first.get("currency")
        before = Money(was, str(currency)) if type(was) is int and currency == product.currency else None
        shown = [on_offer(one) for _, one in wanted]
        values["wanted"] = {**on_offer(product), "was": before, "products": shown}
    if left := _in_cart(event):
        shown = [on_offer(product) for product in advertised(left, products)]
        values["cart"] = {"products": shown, "link": event.get("url")}
    if due := advertised(_due(event), products):
        values["due"] = {"products": [on_offer(one) for one in due], "names": [one.name for one in due]}
    return values


def tells_of_voucher(event: Mapping[str, Any]) -> bool:
    """Whether an event tells of a voucher: a site may send anything under these names."""
    return isinstance(event.get("code"), str) and isinstance(event.get("offer"), str)


def unused(event: Mapping[str, Any], summary: str) -> dict[str, Any]:
    """What is said of a voucher that an event tells of."""
    return {"code": event["code"], "summary": summary, "valid_until": event.get("valid_until")}


def _told(event: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What an event says of single products: that of a look for news of several, or of the one it names itself."""
    several = event.get("news")
    listed = several if isinstance(several, list) else [event]
    return [one for one in listed if isinstance(one, Mapping) and isinstance(one.get("product"), str)]


def _to_be_had(id: str, products: Mapping[str, Product]) -> bool:
    return id in products and products[id].in_stock


def _due(event: Mapping[str, Any]) -> list[str]:
    listed = event.get("due")
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []


def _in_cart(event: Mapping[str, Any]) -> list[str]:
    lists = [event[name] for name in CART_LISTS if isinstance(event.get(name), list)]
    lines = [line for one in lists for line in one]
    ids = [line.get("product_id") if isinstance(line, Mapping) else line for line in lines]
    return [one for one in ids if isinstance(one, str)]
