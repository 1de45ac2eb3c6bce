"""A customer: who they are, how they may be reached, and what their orders add up to."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from common.errors import Invalid
from customers.consent import Consent
from customers.profile import Profile

# What the shop tells of a customer; the rest of the fields is Encore's own.
FACTS = ("first_name", "last_name", "locale", "time_zone", "country", "addresses", "preferred", "attributes", "tags")

_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


class Customer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """One person, under the shop's own id.

    `addresses` are normalised (e-mail in lower case, phones in E.164) and listed by channel, the one to use first;
    `preferred` are channels in the customer's own order; `consents` is channel -> purpose -> the latest word.
    `profile`, `loyalty`, `engagement`, `care` and `scores` are facets: each is written by one package only.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    locale: str = ""
    time_zone: str = ""
    country: str = ""
    addresses: dict[str, list[str]] = {}
    preferred: list[str] = []
    consents: dict[str, dict[str, Consent]] = {}
    attributes: dict[str, Any] = {}
    tags: list[str] = []
    profile: Profile = Profile()
    loyalty: dict[str, Any] = {}
    engagement: dict[str, Any] = {}
    care: dict[str, Any] = {}
    scores: dict[str, Any] = {}
    created_at: datetime | None = None
    updated_at: datetime | None = None
    version: int = 0


class Customers(Protocol):
    """The customers as they are kept."""

    def get(self, ids: Sequence[str]) -> dict[str, Customer]:
        """Those of these customers that exist, by id, in one read."""
        ...

    def upsert(self, customers: Sequence[Customer]) -> None:
        """Keep the given facts of each; facets and what the shop did not give stay as they are."""
        ...

    def find(self, after: str, limit: int, address: str | None = None) -> list[Customer]:
        """A page in the order of ids, or those who have this (normalised) address."""
        ...

    def set_consent(self, customer: str, channel: str, purpose: str, consent: Consent) -> bool:
        """Append a word of consent and make it the current one; False when there is no such customer."""
        ...

    def roll_up(self, ids: Sequence[str]) -> None:
        """Work out these customers' profiles from their orders, in the database."""
        ...


class Records(Protocol):
    """One customer's record, as the API changes it."""

    def change(
        self, id: str, facts: Mapping[str, Any], *, create: bool = False, expected_version: int | None = None
    ) -> Customer:
        """Set the given facts, by field or by `field.key` (`addresses.email`); None takes one away.

        Raises NotFound where there is no such customer and `create` is not set, and Stale when
        `expected_version` is given and no longer holds.
        """
        ...

    def erase(self, id: str) -> bool:
        """Forget a customer, their consents and their events; False when there was no such customer."""
        ...


class Matching(Protocol):
    """Customers that match what a segment compiled to; `pipeline` is plain MongoDB stages over customers."""

    def count(self, pipeline: Sequence[dict[str, Any]]) -> int:
        """How many match."""
        ...

    def sample(self, pipeline: Sequence[dict[str, Any]], size: int) -> list[Customer]:
        """A few of those who match, in the order of ids."""
        ...

    def stream(self, pipeline: Sequence[dict[str, Any]], after: str = "") -> Iterator[Customer]:
        """All who match with an id greater than `after`, in the order of ids, with flat memory."""
        ...


def facts_of(customer: Customer) -> dict[str, Any]:
    """The facts a shop gave of a customer, flat: `{"first_name": …, "addresses.email": […]}`, without the empty ones.

    Raises Invalid for an attribute whose name could not be one of a field.
    """
    facts: dict[str, Any] = {}
    for name in FACTS:
        value = getattr(customer, name)
        if isinstance(value, dict):
            facts |= {f"{name}.{key}": one for key, one in value.items()}
        elif value:
            facts[name] = value
    for path in facts:
        if path.startswith("attributes."):
            check_attribute(path.removeprefix("attributes."))
    return facts


def check_attribute(name: str) -> None:
    """Raise Invalid unless this can be an attribute's name."""
    if not _ATTRIBUTE.fullmatch(name):
        raise Invalid.field("attributes", "A name is up to 64 letters, digits and _, and begins with a letter.")
