"""The shop itself: what holds for everybody until something says otherwise."""

from datetime import timedelta
from typing import Protocol

import msgspec

from customers.attributes import Attribute
from customers.consent import Purpose


class QuietHours(msgspec.Struct, frozen=True, kw_only=True):
    """No marketing from `start` until `end` in the receiver's own time, as "HH:MM"; may span midnight."""

    start: str = "21:00"
    end: str = "09:00"


# By datetime.weekday().
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SendWindow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Only from `start` until `end` in the receiver's own time, as "HH:MM", and on these `days`; empty for all seven.

    An `end` of "" is midnight.
    """

    start: str = "00:00"
    end: str = ""
    days: list[str] = []


class Cap(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """At most `count` messages of a purpose to one person in `days` days and `hours` hours; over `channel`, or any.

    What is neither marketing nor a service, an order's confirmation say, is never held back, and never counted.
    """

    count: int
    days: int = 0
    hours: int = 0
    channel: str = ""
    purpose: Purpose = "marketing"

    @property
    def period(self) -> timedelta:
        """The time in which messages count."""
        return timedelta(days=self.days, hours=self.hours)


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
    `holdout_percent` of all customers get no marketing at all, so that the shop knows what it earns; another
    `holdout_draw` draws others.
    Marketing goes out on `allowed_days` of the receiver's own week, empty for all. In `test_mode` nobody gets anything
    but who has one of the (normalised) `test_addresses`.
    With `approval_required` a campaign goes out only after a second API key has agreed to it. `margin_percent` is what
    is left of a hundred of list price after the goods themselves are paid; None where nobody said.
    On the channels in `cheapest_first`, the provider with the lowest price is asked first, whatever the weights.
    `opt_in_wording` is what a customer confirms by a double opt-in, by locale. Without `open_pixels` marketing e-mail
    holds no picture that tells that it was opened.
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
    allowed_days: list[str] = []
    marketing_stopped: bool = False
    test_mode: bool = False
    test_addresses: list[str] = []
    cheapest_first: list[str] = []
    attributes: dict[str, Attribute] = {}
    attributes_strict: bool = False
    opt_in_wording: dict[str, str] = {}
    open_pixels: bool = True
    approval_required: bool = False
    margin_percent: float | None = None
    holdout_percent: float = 0.0
    holdout_draw: str = "1"
    version: int = 0


class Shops(Protocol):
    """Where the one shop is kept."""

    def get(self) -> Shop:
        """The shop as set, or as a fresh installation has it."""
        ...

    def put(self, shop: Shop, expected_version: int | None = None) -> Shop:
        """Set it; raises Stale when `expected_version` is given and no longer holds."""
        ...
