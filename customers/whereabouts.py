"""Where a customer's clock stands, when nobody said: worked out from their phone number, else from their country."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from phonenumbers import timezone

from common.errors import Invalid

# What a zone was worked out from; "" where nothing speaks for one.
Clue = Literal["", "phone", "country"]

# A number or a country may belong to several zones. Where they lie no further apart than this, the one most people
# live in is near enough to a decent hour; where they lie further apart, nobody can tell.
NEAR = timedelta(hours=2)
# Offsets are compared in a winter and a summer of one year: what matters is how zones lie to each other.
_SEASONS = (datetime(2025, 1, 15, tzinfo=UTC), datetime(2025, 7, 15, tzinfo=UTC))
_NOWHERE = "Etc/Unknown"
# What the CLDR has two letters for beside countries: unions, the outlying sea, pseudo-languages, the unknown.
_NO_COUNTRY = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})


def zone_from(phones: Sequence[str], country: str) -> tuple[str, Clue]:
    """The zone that E.164 numbers (the first one that tells), else a country, speak for; ("", "") where none does.

    A number's zones are libphonenumber's, a country's are those of the tz database's zone.tab, the most populous
    first. Several zones within two hours of each other count as the country's most populous one; several that lie
    further apart (an American freephone number, the United States) say nothing.
    """
    for phone in phones:
        if zone := _of_phone(phone):
            return zone, "phone"
    zone = _agreed(_zones_of(country), country) if country else ""
    return (zone, "country") if zone else ("", "")


def country_of(text: str) -> str:
    """A country's two letters, in capitals; raises Invalid where there is no such country."""
    code = text.upper()
    if code not in _countries():
        raise Invalid.field("country", "Not a country's two letters (ISO 3166), like PT.")
    return code


@cache
def _countries() -> frozenset[str]:
    return frozenset(str(code) for code in Locale("en").territories if len(str(code)) == 2) - _NO_COUNTRY


def _of_phone(phone: str) -> str:
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return ""
    zones = tuple(zone for zone in timezone.time_zones_for_number(number) if zone != _NOWHERE)
    return _agreed(zones, phonenumbers.region_code_for_number(number) or "")


def _agreed(zones: Sequence[str], country: str) -> str:
    """The one zone that these come to, or ""."""
    if len(zones) < 2:
        return next(iter(zones), "")
    if any(_apart(one, other) > NEAR for one in zones for other in zones):
        return ""
    return next((zone for zone in _zones_of(country) if zone in zones), "")


@cache
def _apart(one: str, other: str) -> timedelta:
    return max(abs(_offset(one, at) - _offset(other, at)) for at in _SEASONS)


def _offset(zone: str, at: datetime) -> timedelta:
    return at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()


def _zones_of(country: str) -> tuple[str, ...]:
    return _table().get(country, ())


@cache
def _table() -> dict[str, tuple[str, ...]]:
    """Zones by country, as zone.tab of the tz database lists them: the most populous first."""
    table: dict[str, tuple[str, ...]] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone = line.split("\t")[:3]
            table[country] = (*table.get(country, ()), zone)
    return table
