"""What an offer names has to be there: its segments always, products and categories where the catalogue is fed."""

from typing import Any

import msgspec

from api.context import services
from common.errors import Invalid, NotFound
from loyalty.offer import Offer

# Where offers name products and categories, whatever their kind. Nothing may be on sale yet that an offer leaves out.
_PRODUCTS, _CATEGORIES = ("products", "not_products"), ("categories",)


def check_references(offer: Offer, was: Offer | None = None) -> Offer:
    """The offer, if what it names exists; what stood in it before (`was`) is not asked again. Raises Invalid."""
    known = {(kind, name) for _, kind, name in _named(was)} if was else set()
    found = {path: (kind, name) for path, kind, name in _named(offer) if (kind, name) not in known}
    wrong = {path: [f"There is no {kind} {name!r}."] for path, (kind, name) in found.items() if _missing(kind, name)}
    if wrong:
        reasons = {path: f"unknown_{found[path][0]}" for path in wrong}
        raise Invalid("The offer names what is not there; `errors` names each.", wrong, reasons)
    return offer


def _missing(kind: str, name: str) -> bool:
    if kind == "segment":
        try:
            services().segments.get(name)
        except NotFound:
            return True
        return False
    # A shop that has not told us of its products yet may name them all the same.
    if not services().products.page("", 1):
        return False
    if kind == "product":
        return name not in services().products.get([name])
    return not services().products.page("", 1, category=name)


def _named(offer: Offer) -> list[tuple[str, str, str]]:
    """Where it names which segment, product or category."""
    rules = offer.conditions
    found = [
        (f"conditions.{field}.{place}", "segment", name)
        for field in ("segments", "not_segments")
        for place, name in enumerate(getattr(rules, field))
    ]
    plain = {"conditions": msgspec.to_builtins(rules), "settings": offer.settings}
    return found + _in(plain, "")


def _in(value: Any, path: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    if not isinstance(value, dict):
        return found
    for name, inner in value.items():
        place = f"{path}.{name}".lstrip(".")
        if name == "product" and isinstance(inner, str):
            found.append((place, "product", inner))
        elif name in (*_PRODUCTS, *_CATEGORIES) and isinstance(inner, list):
            kind = "product" if name in _PRODUCTS else "category"
            found += [(f"{place}.{number}", kind, one) for number, one in enumerate(inner) if isinstance(one, str)]
        else:
            found += _in(inner, place)
    return found
