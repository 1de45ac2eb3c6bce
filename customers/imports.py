"""What cells of files may say: ids, amounts, countries, languages, and the like; an error names its field.

Amounts in files are written as people write them, in whole units (12.50): the API's minor units are for programs.
"""

import re
from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.numbers import list_currencies

from common.errors import Invalid
from common.ids import SHOP_ID_LENGTH, is_shop_id
from customers.addresses import CHANNELS, normalise
from customers.columns import FIELDS, Kind
from customers.refusals import Refused

__all__ = ["FIELDS", "MAX_QUANTITY", "Kind", "currency_of", "locale_of", "zone_of"]

MAX_TEXT = 200
MAX_QUANTITY = 1_000_000
_YES = frozenset({"yes", "true", "1", "y"})
_NO = frozenset({"no", "false", "0", "n"})
_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?")
_WHOLE = re.compile(r"(-?[0-9]{1,10})(?:[.,]0{1,2})?")
# ISO 4217 has codes for "no currency" and for tests.
_NO_CURRENCY = frozenset({"XXX", "XTS"})
# What an id is missing of is told apart in the counts of refused rows.
_MISSING = {
    "order_id": "missing_order", "customer_id": "missing_customer", "email": "missing_customer",
    "product_id": "missing_product", "placed_at": "missing_date",
}  # fmt: skip


def currency_of(code: str) -> str:
    """An ISO 4217 code; raises Invalid where there is no such currency."""
    if code not in _currencies():
        raise Invalid.field("currency", "Not a currency's three capital letters, like EUR.")
    return code


def locale_of(text: str) -> str:
    """A language tag in its usual form (pt-BR); "" stays; raises Invalid where it is none."""
    found = _LOCALE.fullmatch(text)
    if not text:
        return ""
    if found is None:
        raise Invalid.field("locale", "Not a language tag, like en or pt-BR.")
    language, script, region = found.groups(default="")
    return "-".join(part for part in (language.lower(), script.title(), region.upper()) if part)


def zone_of(name: str) -> str:
    """A time zone's name; "" stays; raises Invalid where there is no such zone."""
    if name and name not in _zones():
        raise Invalid.field("time_zone", "Not the name of a time zone, like Europe/Lisbon.")
    return name


def missing(field: str) -> Refused:
    """Why a row without this field is refused."""
    return Refused(field, _MISSING.get(field, f"missing_{field}"), "Missing.")


def id_cell(field: str, text: str) -> str:
    """The shop's id of something."""
    if not is_shop_id(text):
        if not text:
            raise missing(field)
        raise Refused(field, "bad_id", f"An id has 1 to {SHOP_ID_LENGTH} printable characters and no '/'.")
    return text


def currency_cell(field: str, text: str) -> str:
    """A currency's code."""
    if text not in _currencies():
        if not text:
            raise missing(field)
        raise Refused(field, "bad_currency", "Not a currency's three capital letters, like EUR.")
    return text


def short_cell(field: str, text: str) -> str:
    """A text of up to 200 characters."""
    if len(text) > MAX_TEXT:
        raise Refused(field, "too_long", f"Longer than {MAX_TEXT} characters.")
    return text


def list_cell(field: str, text: str, separator: str) -> list[str]:
    """Several short texts, each once."""
    parts = [part.strip() for part in text.split(separator)]
    if len(parts) > 50 or any(len(part) > MAX_TEXT for part in parts):
        raise Refused(
            field, "bad_list", f"At most 50 texts of at most {MAX_TEXT} characters, separated by {separator!r}."
        )
    return list(dict.fromkeys(part for part in parts if part))


def channels_cell(field: str, text: str, separator: str) -> list[str]:
    """Channels in a customer's own order."""
    channels = [name.lower() for name in list_cell(field, text, separator)]
    if any(name not in CHANNELS for name in channels):
        raise Refused(
            field, "bad_channel", f"Must be of {', '.join(CHANNELS)}; several are separated by {separator!r}."
        )
    return channels


def country_cell(field: str, text: str) -> str:
    """A country's two letters, given so or by its English name."""
    if not text:
        return ""
    if len(text) == 2 and text.isascii() and text.isalpha():
        return text.upper()
    code = _countries().get(text.casefold())
    if code is None:
        raise Refused(field, "bad_country", "Not a country's two letters (ISO 3166), like PT, nor its name in English.")
    return code


def address_cell(field: str, text: str, channel: str, country: str) -> str:
    """An address in its one form."""
    try:
        return normalise(channel, text, country) if text else ""
    except Invalid as error:
        raise Refused(field, f"bad_{field}", "; ".join(error.fields[channel])) from None


def checked_cell(field: str, error: Invalid) -> Refused:
    """What another part of the domain said of a cell."""
    return Refused(field, f"bad_{field}", " ".join(reason for reasons in error.fields.values() for reason in reasons))


def yes_or_no(field: str, text: str) -> bool | None:
    """A yes or a no; None where the cell is empty."""
    word = text.lower()
    if word in _YES | _NO:
        return word in _YES
    if word:
        raise Refused(field, "bad_yes_or_no", "Must be yes or no, or empty where it is not known.")
    return None


def whole_cell(field: str, text: str, most: int) -> int:
    """A whole number, negative ones too."""
    found = _WHOLE.fullmatch(text)
    if found is None or abs(number := int(found[1])) > most:
        if not text:
            raise missing(field)
        raise Refused(field, f"bad_{field}", f"Must be a whole number up to {most}.")
    return number


def url_cell(field: str, text: str) -> str:
    """A web address."""
    if text and not (text.startswith(("https://", "http://")) and len(text) <= 2_000 and " " not in text):
        raise Refused(field, "bad_url", "Must begin with https:// and be at most 2000 characters.")
    return text


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies()) - _NO_CURRENCY


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _countries() -> dict[str, str]:
    names = Locale("en").territories
    known = {str(name).casefold(): code for code, name in names.items() if len(code) == 2 and code.isalpha()}
    return known | {
        "usa": "US",
        "uk": "GB",
        "great britain": "GB",
        "eire": "IE",
        "rsa": "ZA",
        "holland": "NL",
        "czech republic": "CZ",
    }
