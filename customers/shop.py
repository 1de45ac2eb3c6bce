"""The shop itself: what holds for everybody until something says otherwise."""

from typing import Protocol

import msgspec

from customers.attributes import Attribute


class QuietHours(msgspec.Struct, frozen=True, kw_only=True):
    """No marketing from `start` until `end` in the receiver's own time, as "HH:MM"; may span midnight."""

    start: str = "21:00"
    end: str = "09:00"


class Cap(msgspec.Struct, frozen=True, kw_only=True):
    """At most `count` marketing messages to one person in `days` days."""

    count: int
    days: int


class Brand(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How messages look and whom they are from."""

    name: str = "Our shop"
    email_from: str = "hello@shop.example"
    sms_from: str = "+15005550006"
    colour: str = "#8a2846"
    logo_url: str = ""


class Shop(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One deployment is one shop. `url` is its storefront, where a referral link ends up.

    `attributes` declares what customers' free facts hold, by name; with `attributes_strict` there are no others.
    `opt_in_wording` is what a customer confirms by a double opt-in, by locale.
    """

    name: str = "Our shop"
    url: str = "https://shop.example/"
    locale: str = "en"
    time_zone: str = "UTC"
    currency: str = "EUR"
    postal_address: str = ""
    quiet_hours: QuietHours | None = None
    caps: list[Cap] = []
    return_window_days: int = 30
    brands: dict[str, Brand] = msgspec.field(default_factory=lambda: {"default": Brand()})
    marketing_stopped: bool = False
    attributes: dict[str, Attribute] = {}
    attributes_strict: bool = False
    opt_in_wording: dict[str, str] = {}
    version: int = 0


class Shops(Protocol):
    """Where the one shop is kept."""

    def get(self) -> Shop:
        """The shop as set, or as a fresh installation has it."""
        ...

    def put(self, shop: Shop, expected_version: int | None = None) -> Shop:
        """Set it; raises Stale when `expected_version` is given and no longer holds."""
        ...
