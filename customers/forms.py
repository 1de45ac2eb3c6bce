"""How amounts and dates are written in a file: found out where it shows, asked for where it does not."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel.numbers import get_currency_precision

from common.errors import Invalid
from customers.refusals import Refused

Decimals = Literal["", "point", "comma"]
POINT: Decimals = "point"
COMMA: Decimals = "comma"
ISO, DAY_FIRST, MONTH_FIRST = "iso", "day_first", "month_first"
MAX_MINOR = 10**12

_GAPS = re.compile(r"(?<=[0-9])[ \u00a0\u202f'\u2019](?=[0-9]{3})")
_MARKS: dict[Decimals, tuple[str, str]] = {POINT: (".", ","), COMMA: (",", ".")}
_NUMERIC = re.compile(
    r"(?P<day>[0-9]{1,2})(?P<mark>[/.-])(?P<month>[0-9]{1,2})(?P=mark)(?P<year>[0-9]{4}|[0-9]{2})"
    r"(?:[T, ]+(?P<time>.+))?"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[T, ]+(.+))?")
_TIME = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]+)?)?\s*([AP]M)?\s*(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?"
)
_OFFSET = re.compile(r"\s+(?:([+-][0-9]{2}:?[0-9]{2})|UTC|GMT|Z)$")

Amounts = Callable[[str, str, str], int]
Instants = Callable[[str, str], datetime]


class Finer(Refused):
    """An amount with more digits than its currency has: exact, in minor units and parts of them."""

    def __init__(self, field: str, exact: Decimal, reason: str) -> None:
        super().__init__(field, "bad_amount", reason)
        self.exact = exact


def decimal_found(texts: Iterable[str]) -> tuple[Decimals, bool]:
    """What parts the cents in these amounts ("" where nothing shows it), and whether thousands are seen to be marked.

    Raises Invalid where they contradict each other, or could be read either way (1.234).
    """
    found: dict[Decimals, str] = {}
    grouped = False
    unclear = ""
    for text in texts:
        kind, by_thousands = _decimal_of(text)
        grouped = grouped or by_thousands
        if kind == "unclear":
            unclear = unclear or text.strip()
        elif kind:
            found.setdefault(kind, text.strip())
    if len(found) == 2:
        raise Invalid.field(
            "decimal", f"Some amounts are written like {found[POINT]}, others like {found[COMMA]}. {_SAY}"
        )
    if unclear and not found:
        raise Invalid.field("decimal", f"{unclear!r} can be read in two ways, and no other amount shows which. {_SAY}")
    return next(iter(found), ""), grouped


_SAY = "Say decimal=point or decimal=comma."


def _decimal_of(text: str) -> tuple[Decimals | Literal["unclear"], bool]:
    """What an amount shows: point, comma, unclear, or nothing; and whether its thousands are marked."""
    plain = _GAPS.sub("", text.strip().lstrip("+-"))
    gaps = plain != text.strip().lstrip("+-")
    if not re.fullmatch(r"[0-9][0-9.,]*", plain):
        return "", False
    for kind, (mark, group) in _MARKS.items():
        if re.fullmatch(
            rf"[0-9]{{1,3}}(?:\{group}[0-9]{{3}})+\{mark}[0-9]+|[0-9]{{1,3}}(?:\{group}[0-9]{{3}}){{2,}}", plain
        ):
            return kind, True
        if re.fullmatch(rf"[1-9][0-9]{{0,2}}\{mark}[0-9]{{3}}", plain):
            return "unclear", False
        if re.fullmatch(rf"[0-9]+\{mark}[0-9]+", plain):
            return kind, gaps
    return "", gaps


def amounts(decimal: Decimals, *, grouped: bool, unsure: bool = False) -> Amounts:
    """Reads an amount: (field, text, currency) -> minor units, negative ones too. Raises Refused.

    `grouped`: a mark before three digits parts thousands; else such an amount is refused, since it may not.
    `unsure`: nothing showed what parts the cents; what could be read in two ways (1.234) is refused.
    """
    mark, group = _MARKS[decimal]
    plain = re.compile(rf"-?[0-9]{{1,12}}(?:\{mark}[0-9]{{1,6}})?")
    marked = re.compile(rf"-?[0-9]{{1,3}}(?:\{group}[0-9]{{3}})+(?:\{mark}[0-9]{{1,6}})?")

    def read(field: str, text: str, currency: str) -> int:
        if unsure and text[-4:-3] in (".", ",") and _decimal_of(text)[0] == "unclear":
            raise Refused(
                field, "bad_amount", f"Can be read in two ways, and the file's first amounts are whole. {_SAY}"
            )
        if not plain.fullmatch(text):
            text = _GAPS.sub("", text)
            if marked.fullmatch(text) and (grouped or mark in text or text.count(group) > 1):
                text = text.replace(group, "")
            elif not plain.fullmatch(text):
                raise Refused(field, "bad_amount", _why_no_amount(text, mark, group))
        return _minor(field, text, mark, currency)

    return read


def _minor(field: str, text: str, mark: str, currency: str) -> int:
    digits = digits_of(currency)
    whole, _, part = text.partition(mark)
    if len(part) > digits:
        if part[digits:].strip("0"):
            exact = Decimal(text.replace(mark, ".")).scaleb(digits)
            raise Finer(field, exact, f"{currency} has {digits} digits after the {_named(mark)}.")
        part = part[:digits]
    minor = int(whole + part.ljust(digits, "0"))
    if abs(minor) > MAX_MINOR:
        raise Refused(field, "too_large", f"More than {MAX_MINOR} in the smallest units of {currency}.")
    return -minor if text.startswith("-") and minor > 0 else minor


def _named(mark: str) -> str:
    return "point" if mark == "." else "comma"


def _why_no_amount(text: str, mark: str, group: str) -> str:
    if not text:
        return "Missing."
    if group in text:
        return f"The amounts of this file have a {_named(mark)}, like 12{mark}50; this one has a {_named(group)}."
    return f"Must be an amount, written like 12{mark}50."


@lru_cache(maxsize=512)
def digits_of(currency: str) -> int:
    """How many digits a currency's amounts have after the point."""
    return get_currency_precision(currency)


def dates_found(texts: Iterable[str]) -> str:
    """How these dates are written: iso, day_first or month_first; "" where there is none to see.

    Raises Invalid where they contradict each other, or could be read either way (03/04/2026).
    """
    found: dict[str, str] = {}
    unclear = ""
    for text in texts:
        kind = _order_of(text.strip())
        if kind == "unclear":
            unclear = unclear or text.strip()
        elif kind:
            found.setdefault(kind, text.strip())
    if DAY_FIRST in found and MONTH_FIRST in found:
        raise Invalid.field(
            "dates", f"{found[DAY_FIRST]!r} has the day first and {found[MONTH_FIRST]!r} the month. {_SAY_DATES}"
        )
    numeric = [kind for kind in (DAY_FIRST, MONTH_FIRST) if kind in found]
    if unclear and not numeric:
        raise Invalid.field(
            "dates", f"{unclear!r} can be read in two ways, and no other date shows which. {_SAY_DATES}"
        )
    return numeric[0] if numeric else next(iter(found), "")


_SAY_DATES = "Say dates=day_first or dates=month_first, or a pattern: dates=%y-%m-%d."


def _order_of(text: str) -> str:
    found = _NUMERIC.fullmatch(text)
    if found is None:
        return ISO if _iso(text, UTC) is not None else ""
    first, second = int(found["day"]), int(found["month"])
    if len(found["day"]) == len(found["year"]) == 2 and second <= 12 and int(found["year"]) <= 31:
        return "unclear"  # 20-01-05 may have the year first
    if found["mark"] == "." or first > 12:
        return DAY_FIRST if second <= 12 else ""
    if second > 12:
        return MONTH_FIRST
    return DAY_FIRST if first == second else "unclear"


def check_dates(dates: str) -> None:
    """Raise Invalid unless this says how dates are written: one of the three, or a pattern like %d %b %Y."""
    if dates in ("", ISO, DAY_FIRST, MONTH_FIRST):
        return
    if not re.fullmatch(r"(?:%[YymdHMSbBjpzIf]|[ T:/.,-]){2,40}", dates) or not {"%d", "%j"} & set(
        re.findall("%.", dates)
    ):
        raise Invalid.field("dates", "Must be iso, day_first, month_first, or a pattern like %d %b %Y %H:%M.")


def instants(dates: str, time_zone: str) -> Instants:
    """Reads an instant: (field, text) -> UTC, to the millisecond; `time_zone` is for those without an offset."""
    zone = ZoneInfo(time_zone) if time_zone and time_zone != "UTC" else UTC

    def read(field: str, text: str) -> datetime:
        # Whoever said a pattern means that one: 2026-03-04 by %Y-%d-%m is no fourth of March.
        at = _patterned(text, dates, zone) if "%" in dates else _iso(text, zone) or _numeric(text, dates, zone)
        if at is None:
            raise Refused(field, "bad_date", _why_no_date(text, dates))
        try:
            utc = at if at.tzinfo is UTC else at.astimezone(UTC)
        except OverflowError:
            raise Refused(field, "bad_date", _BOUNDS) from None
        if not 1970 <= utc.year < 2100:
            raise Refused(field, "bad_date", _BOUNDS)
        return utc.replace(microsecond=utc.microsecond // 1000 * 1000) if utc.microsecond else utc

    return read


_BOUNDS = "Must be between 1970 and 2099."


def _why_no_date(text: str, dates: str) -> str:
    if not text:
        return "Missing."
    if _NUMERIC.fullmatch(text) and dates not in (DAY_FIRST, MONTH_FIRST):
        return (
            "Day or month first? The file's other dates do not say; send it with dates=day_first or dates=month_first."
        )
    return "Not a date or an instant, like 2026-11-22 or 2026-11-22T14:30:00Z."


def _iso(text: str, zone: tzinfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        found = _OFFSET.search(text.upper())
        plain = text.upper()[: found.start()] + (found[1] or "Z") if found else text.upper()
        try:
            at = datetime.fromisoformat(plain)
        except ValueError:
            return None
    return at.replace(tzinfo=zone) if at.tzinfo is None else at


def _patterned(text: str, pattern: str, zone: tzinfo) -> datetime | None:
    try:
        at = datetime.strptime(text, pattern)  # noqa: DTZ007  # the next line gives it one
    except ValueError:
        return None
    return at.replace(tzinfo=zone) if at.tzinfo is None else at


def _numeric(text: str, dates: str, zone: tzinfo) -> datetime | None:
    found = _YEAR_FIRST.fullmatch(text)
    if found:
        return _built(found[1], found[2], found[3], found[4], zone)
    found = _NUMERIC.fullmatch(text)
    if found is None or dates not in (DAY_FIRST, MONTH_FIRST):
        return None
    day, month = (found["day"], found["month"]) if dates == DAY_FIRST else (found["month"], found["day"])
    year = found["year"] if len(found["year"]) == 4 else f"20{found['year']}"
    return _built(year, month, day, found["time"], zone)


def _built(year: str, month: str, day: str, time: str | None, zone: tzinfo) -> datetime | None:
    found = _TIME.fullmatch(time.strip().upper()) if time else None
    if time and found is None:
        return None
    hour, minute, second = (int(found[1]), int(found[2]), int(found[3] or 0)) if found else (0, 0, 0)
    if found and found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4] == "PM" else 0)
    try:
        at = datetime(int(year), int(month), int(day), hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    if not found or not found[5]:
        return at
    offset = "+00:00" if found[5] in ("Z", "UTC", "GMT") else found[5]
    try:
        return datetime.fromisoformat(at.replace(tzinfo=None).isoformat() + offset)
    except ValueError:  # no place is a day ahead of UTC
        return None
