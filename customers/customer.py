"""A customer: who they are, how they may be reached, and what their orders add up to."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, Protocol

import msgspec

from common.errors import Invalid
from customers.addresses import CHANNELS, SMS
from customers.attributes import check_name
from customers.consent import Consent
from customers.preferences import Pace, slower
from customers.profile import Profile
from customers.whereabouts import Clue, zone_from

# What the shop tells of a customer; the rest of the fields is Encore's own.
FACTS = (
    "first_name", "last_name", "locale", "time_zone", "country", "birthday",
    "addresses", "preferred", "attributes", "tags", "pace", "paused_until",
)  # fmt: skip

# Who said where a customer's clock stands: somebody, a phone number, a country, or nobody but the shop.
ZoneSource = Literal["given", "phone", "country", "shop"]
# Who named the channels in `preferred`: the customer (or the shop for them), or what they answer to.
PreferredSource = Literal["declared", "learned"]
MAX_ADDRESSES = 10
MAX_TAGS = 50
EARLIEST_BIRTH = 1900
_NO_YEAR = "--"
_BIRTHDAY = re.compile(r"(?:[0-9]{4}|-)-[0-9]{2}-[0-9]{2}")


class Customer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """One person, under the shop's own id; `merged_from` are the ids they had besides, before they were merged.

    `addresses` are normalised (e-mail in lower case, phones in E.164) and listed by channel, the one to use first;
    `preferred` are channels in the customer's own order; `consents` is channel -> purpose -> the latest word.
    `time_zone_source` says what a time zone was worked out from, "" where it was given; `preferred_source` is
    "learned" where the order follows from what they answer to, "" where it was declared. `birthday` is
    1984-05-17, or --05-17 where the year is not known.
    `pace` is how often they want offers and news at most, `paused_until` before when they want none of them.
    `profile`, `loyalty`, `engagement`, `care` and `scores` are facets: each is written by one package only.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    locale: str = ""
    time_zone: str = ""
    time_zone_source: Clue = ""
    country: str = ""
    birthday: str = ""
    addresses: dict[str, list[str]] = {}
    preferred: list[str] = []
    preferred_source: Literal["", "learned"] = ""
    consents: dict[str, dict[str, Consent]] = {}
    attributes: dict[str, Any] = {}
    tags: list[str] = []
    pace: Pace = ""
    paused_until: datetime | None = None
    profile: Profile = Profile()
    loyalty: dict[str, Any] = {}
    engagement: dict[str, Any] = {}
    care: dict[str, Any] = {}
    scores: dict[str, Any] = {}
    merged_from: list[str] = []
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

    def find(self, after: str, limit: int, address: str | None = None, channel: str = "") -> list[Customer]:
        """A page in the order of ids, or those who have this (normalised) address.

        Without a channel the address is an e-mail address or a phone number for text messages.
        """
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
        """Take a customer's record away; False when there was no such customer."""
        ...


def facts_of(customer: Customer) -> dict[str, Any]:
    """The facts a shop gave of a customer, flat: `{"first_name": …, "addresses.email": […]}`, without the empty ones.

    What was worked out or learned is none of them. Raises Invalid for an attribute whose name could not be a field's.
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
            check_name(path.removeprefix("attributes."))
    if customer.time_zone_source:
        facts.pop("time_zone", None)
    if customer.preferred_source:
        facts.pop("preferred", None)
    return facts


def joined(path: str, first: Any, then: Any) -> Any:
    """A fact, flat as `facts_of` has it, of two who each tell one: lists have what is in both, all else is the first's.

    A list of addresses has at most ten, of tags fifty; what comes after is left out. The slower pace and the longer
    pause hold.
    """
    if path == "pace":
        return slower(first, then or "")
    if path == "paused_until":
        return max(first, then or first)
    if path.startswith("addresses."):
        return list(dict.fromkeys([*first, *(then or [])]))[:MAX_ADDRESSES]
    if path == "tags":
        return list(dict.fromkeys([*first, *(then or [])]))[:MAX_TAGS]
    return first


def placed(customer: Customer) -> Customer:
    """A new customer with the time zone that their phone number or country speaks for, where none was given."""
    if customer.time_zone:
        return customer
    zone, source = zone_from(customer.addresses.get(SMS, []), customer.country)
    return msgspec.structs.replace(customer, time_zone=zone, time_zone_source=source)


def following(known: Customer, changed: Mapping[str, Any]) -> dict[str, Any]:
    """Changed facts, flat, with what follows from them: a zone worked out anew, channels that are now declared."""
    facts = dict(changed)
    if "preferred" in changed:
        facts["preferred_source"] = None
    if changed.get("time_zone"):
        return facts | {"time_zone_source": None}
    given = bool(known.time_zone) and not known.time_zone_source and "time_zone" not in changed
    if given or changed.keys().isdisjoint(("time_zone", "country", f"addresses.{SMS}")):
        return facts
    phones = changed.get(f"addresses.{SMS}", known.addresses.get(SMS)) or []
    zone, source = zone_from(phones, changed.get("country", known.country) or "")
    return facts | {"time_zone": zone or None, "time_zone_source": source or None}


def zone_source(customer: Customer) -> ZoneSource:
    """Where the customer's time zone comes from; "shop" where they have none of their own."""
    return customer.time_zone_source or ("given" if customer.time_zone else "shop")


def preferred_source(customer: Customer) -> PreferredSource | None:
    """Who named the preferred channels; None where nobody did."""
    if not customer.preferred:
        return None
    return customer.preferred_source or "declared"


def channels_of(customer: Customer) -> list[str]:
    """The channels a customer has an address on, in the order in which they are tried."""
    order = [*customer.preferred, *CHANNELS]
    return [channel for channel in dict.fromkeys(order) if customer.addresses.get(channel)]


def birthday_of(text: str, today: date) -> str:
    """A birthday, 1984-05-17 or --05-17, that is a day of the calendar and not to come; raises Invalid."""
    # A leap year stands in for the one not known, so that the 29th of February is a day.
    full = f"2000-{text.removeprefix(_NO_YEAR)}" if text.startswith(_NO_YEAR) else text
    try:
        day = date.fromisoformat(full) if _BIRTHDAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day.year < EARLIEST_BIRTH or day > today:
        raise Invalid.field("birthday", "Not a birthday, like 1984-05-17, or --05-17 without the year.")
    return text
