"""Rows of files -> customers, orders, products. Pure: a row becomes a value, or an error that names its field.

Amounts in files are written as people write them, in whole units with a point (12.50): the API's minor units are for
programs. An instant without an offset is taken as UTC.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from typing import Literal
from zoneinfo import available_timezones

from babel.numbers import get_currency_precision, list_currencies

from common.errors import Invalid
from common.ids import SHOP_ID_LENGTH, is_shop_id
from customers.addresses import CHANNELS, EMAIL, SMS, normalise
from customers.catalogue import Product
from customers.consent import IMPORTED, Consent
from customers.customer import Customer
from customers.orders import Line, OrderRow
from customers.reading import Columns, Record

Kind = Literal["customers", "orders", "products"]
Row = Mapping[str, str]

COLUMNS: dict[Kind, Columns] = {
    "customers": Columns(
        required=("customer_id",),
        optional=(
            "first_name", "last_name", "email", "phone", "country", "locale", "time_zone", "preferred_channel",
            "marketing_email", "marketing_sms", "tags",
        ),
    ),
    "orders": Columns(
        required=("order_id", "customer_id", "placed_at", "product_id", "quantity", "unit_price", "currency"),
        optional=("packed_by",),
    ),
    "products": Columns(
        required=("product_id", "name", "price", "currency"),
        optional=("stock", "categories", "image_url", "url", "substitutes"),
    ),
}  # fmt: skip

MAX_TEXT = 200
MAX_QUANTITY = 1_000_000
_YES = frozenset({"yes", "true", "1", "y"})
_NO = frozenset({"no", "false", "0", "n"})
_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?")
_AMOUNT = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?")


def customer(row: Row, at: datetime) -> Customer:
    """A customer of a file that was taken in at an instant; an empty cell says nothing."""
    country = _country(row)
    addresses = {EMAIL: _address(row, "email", EMAIL, ""), SMS: _address(row, "phone", SMS, country)}
    words = {EMAIL: _yes_or_no(row, "marketing_email"), SMS: _yes_or_no(row, "marketing_sms")}
    return Customer(
        id=_id(row, "customer_id"),
        first_name=_short(row, "first_name"),
        last_name=_short(row, "last_name"),
        country=country,
        locale=locale_of(row.get("locale", "").strip()),
        time_zone=zone_of(row.get("time_zone", "").strip()),
        addresses={channel: [address] for channel, address in addresses.items() if address},
        preferred=_channels(row, "preferred_channel"),
        consents={channel: {"marketing": _word(word, at)} for channel, word in words.items() if word is not None},
        tags=_list(row, "tags"),
    )


def order_row(record: Record) -> OrderRow:
    """A line of an order."""
    row = record.values
    currency = currency_of(row["currency"].strip())
    return OrderRow(
        row=record.line,
        order_id=_id(row, "order_id"),
        customer_id=_id(row, "customer_id"),
        placed_at=_instant(row, "placed_at"),
        currency=currency,
        packed_by=_short(row, "packed_by"),
        line=Line(
            product_id=_id(row, "product_id"),
            quantity=_whole(row, "quantity", 1, MAX_QUANTITY),
            unit_price=_amount(row, "unit_price", currency),
        ),
    )


def product(row: Row) -> Product:
    """A product."""
    currency = currency_of(row["currency"].strip())
    return Product(
        id=_id(row, "product_id"),
        name=_short(row, "name"),
        price=_amount(row, "price", currency),
        currency=currency,
        stock=_whole(row, "stock", 0, 10**9) if row.get("stock", "").strip() else None,
        categories=_list(row, "categories"),
        image_url=_url(row, "image_url"),
        url=_url(row, "url"),
        substitutes=_list(row, "substitutes"),
    )


def complete(kind: Kind, record: Record) -> None:
    """Raise Invalid unless the record can be read and has what its kind needs (NDJSON says so line by line)."""
    if record.problem:
        raise Invalid(record.problem, {"": [record.problem]})
    missing = [name for name in COLUMNS[kind].required if name not in record.values]
    unknown = [] if record.after.columns else [name for name in record.values if name not in COLUMNS[kind].all]
    wrong = {name: ["Missing."] for name in missing} | {
        name[:MAX_TEXT]: ["There is no such field."] for name in unknown
    }
    if wrong:
        raise Invalid("The row has missing or unknown fields.", wrong)


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


def _id(row: Row, column: str) -> str:
    text = row[column].strip()
    if not is_shop_id(text):
        raise Invalid.field(column, f"An id has 1 to {SHOP_ID_LENGTH} printable characters and no '/'.")
    return text


def _short(row: Row, column: str) -> str:
    text = row.get(column, "").strip()
    if len(text) > MAX_TEXT:
        raise Invalid.field(column, f"Longer than {MAX_TEXT} characters.")
    return text


def _list(row: Row, column: str) -> list[str]:
    parts = [part.strip() for part in row.get(column, "").split(";")]
    if len(parts) > 50 or any(len(part) > MAX_TEXT for part in parts):
        raise Invalid.field(column, f"At most 50 texts of at most {MAX_TEXT} characters, separated by semicolons.")
    return list(dict.fromkeys(part for part in parts if part))


def _channels(row: Row, column: str) -> list[str]:
    channels = [name.lower() for name in _list(row, column)]
    if any(name not in CHANNELS for name in channels):
        raise Invalid.field(column, f"Must be of {', '.join(CHANNELS)}; several are separated by semicolons.")
    return channels


def _country(row: Row) -> str:
    text = row.get("country", "").strip().upper()
    if text and not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise Invalid.field("country", "Not a country's two letters (ISO 3166), like PT.")
    return text


def _address(row: Row, column: str, channel: str, country: str) -> str:
    text = row.get(column, "").strip()
    try:
        return normalise(channel, text, country) if text else ""
    except Invalid as error:
        raise Invalid.field(column, "; ".join(error.fields[channel])) from None


def _yes_or_no(row: Row, column: str) -> bool | None:
    text = row.get(column, "").strip().lower()
    if text in _YES | _NO:
        return text in _YES
    if text:
        raise Invalid.field(column, "Must be yes or no, or empty where it is not known.")
    return None


def _word(granted: bool, at: datetime) -> Consent:
    return Consent(state="granted" if granted else "denied", at=at, how="file", source=IMPORTED)


def _whole(row: Row, column: str, least: int, most: int) -> int:
    text = row[column].strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and least <= int(text) <= most):
        raise Invalid.field(column, f"Must be a whole number from {least} to {most}.")
    return int(text)


def _amount(row: Row, column: str, currency: str) -> int:
    """Minor units of an amount written with a point."""
    text = row[column].strip()
    if "," in text:
        raise Invalid.field(column, "Write the amount with a point, like 12.50.")
    if not _AMOUNT.fullmatch(text):
        raise Invalid.field(column, "Must be an amount that is not negative, written like 12.50.")
    minor = Decimal(text).scaleb(_digits(currency))
    if minor != minor.to_integral_value():
        raise Invalid.field(column, f"{currency} has {_digits(currency)} digits after the point.")
    return int(minor)


def _instant(row: Row, column: str) -> datetime:
    text = row[column].strip()
    try:
        at = datetime.fromisoformat(text.upper())
        utc = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid.field(column, "Not a date or an instant, like 2026-11-22 or 2026-11-22T14:30:00Z.") from None
    if not 1970 <= utc.year < 2100:
        raise Invalid.field(column, "Must be between 1970 and 2099.")
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def _url(row: Row, column: str) -> str:
    text = row.get(column, "").strip()
    if text and not (text.startswith(("https://", "http://")) and len(text) <= 2_000 and " " not in text):
        raise Invalid.field(column, "Must begin with https:// and be at most 2000 characters.")
    return text


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


@cache
def _digits(currency: str) -> int:
    return get_currency_precision(currency)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
