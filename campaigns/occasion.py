"""Occasions: why somebody may enter a campaign; and where triggers that look for people themselves find them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from common.events import Event
from customers.customer import Customer
from loyalty.voucher import Voucher

# How somebody came to care for a product.
Way = Literal["bought", "viewed", "wished"]


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """Why somebody may enter a campaign: `key` names it for ever, for this customer and campaign; `also` others in one.

    `since` is what exits are counted from: an order placed after it ends the journey, one before it does not.
    """

    customer: str
    key: str
    since: datetime
    also: list[str] = []
    data: dict[str, Any] = {}


class Again(msgspec.Struct, frozen=True, kw_only=True):
    """A product that somebody is about to need again: when they last bought it, and when it will be used up."""

    customer: str
    product: str
    last_at: datetime
    due_at: datetime


class Search(Protocol):
    """Where triggers look; each answer comes in parts, so that memory is flat."""

    def customers(self, rules: Mapping[str, Any]) -> Iterator[Customer]:
        """All for whom rules of segments hold, in the order of ids."""
        ...

    def anniversaries(self, of: Literal["first_order", "sign_up"], days: Collection[str]) -> Iterator[Customer]:
        """All whose first order, or first being known, was on one of these days ("03-31") by UTC, in any year."""
        ...

    def unused(self, start: datetime, end: datetime, ending: bool, offer: str, campaign: str) -> Iterator[Voucher]:
        """Personal vouchers given, or with `ending` ending, after `start` up to `end`, that still can be used."""
        ...

    def interested(self, news: Sequence[Event], ways: Collection[Way]) -> Iterator[tuple[str, list[Event]]]:
        """Customers who care for the products of these events, and of which; somebody may come once for each way."""
        ...

    def used_up(self, start: datetime, end: datetime, products: Collection[str]) -> Iterator[list[Again]]:
        """What becomes due again then, customer by customer; of these products, or any."""
        ...


class News(Protocol):
    """What was told of products."""

    def still_true(self, type: str, since: datetime) -> list[Event]:
        """News of a type after an instant, as far as the product still is as it was told."""
        ...


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A look for people: what became due after `start`, up to `now`; `zone` is the shop's, for who has none."""

    start: datetime
    now: datetime
    zone: str
    search: Search
    news: News
