"""The filters a template may use: money, dates, numbers and words as the receiver's language writes them.

All are pure. Each declares what kind it takes and gives, so that a template is checked before anyone gets it;
a missing value passes through, so that `| default("…")` may stand at the end as well as at the start.
"""

import datetime as days
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import msgspec
from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, get_currency_precision
from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

from common.money import Money
from content.colours import luminance
from content.vocabulary import Kind

FALLBACK = "en"
MOST_WORDINGS = 12
GENDERED = "gendered"
FORMATS = "_formats"  # the Formats of the receiver, in the context; a template cannot name it

# "and N more" after a shortened list, by language.
_MORE = {
    "en": "{} more",
    "de": "{} weitere",
    "fr": "{} autres",
    "es": "{} más",
    "pt": "mais {}",
    "it": "altri {}",
    "nl": "{} andere",
}
_DATE_LENGTHS = frozenset({"full", "long", "medium", "short"})


@lru_cache(maxsize=512)
def locale_of(name: str) -> Locale:
    """Babel's locale for a tag such as pt-BR; an unknown region falls back to its language, that to English."""
    for tag in (name, name.partition("-")[0], FALLBACK):
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    raise AssertionError("Babel does not know English")


class Formats(msgspec.Struct, frozen=True, eq=False):
    """Whose habits hold: `words` is the language the template is written in, `figures` the receiver's own.

    There is one for each pair of languages, so that it can be told from others by being itself, which is quick.
    """

    words: Locale
    figures: Locale


@lru_cache(maxsize=1024)
def formats(written_in: str, receiver: str) -> Formats:
    """A German in Austria reads a German text with Austrian dates; an English text with English ones."""
    words, figures = locale_of(written_in), locale_of(receiver)
    return Formats(words, figures if figures.language == words.language else words)


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """What a filter takes and gives; `check` says what is wrong with its arguments, or nothing."""

    name: str
    takes: frozenset[Kind]
    gives: Kind
    about: str
    run: Callable[..., Any]
    check: Callable[[list[Any], Mapping[str, Any]], str]


def money(formats: Formats, value: Money) -> str:
    """An amount with its currency, in the decimals that the currency has: `€12.50`, `12,50 €`."""
    return _money(formats, value.amount, value.currency)


def date(formats: Formats, value: days.datetime, length: str = "long") -> str:
    """A day: full, long (the default), medium or short, or `day` without its year."""
    return _day(formats, value.date(), length)


def number(formats: Formats, value: float, decimals: int = 0) -> str:
    """A number with the receiver's separators."""
    return _number(formats, value, decimals)


# Babel takes some 50 microseconds each time; many people share a day, and many a price.
@lru_cache(maxsize=4096)
def _money(formats: Formats, amount: int, currency: str) -> str:
    exact = Decimal(amount).scaleb(-get_currency_precision(currency))
    return format_currency(exact, currency, locale=formats.figures)


@lru_cache(maxsize=4096)
def _day(formats: Formats, day: days.date, length: str) -> str:
    if length == "day":
        return format_skeleton("MMMMd", day, locale=formats.figures)
    return format_date(day, length, locale=formats.figures)


@lru_cache(maxsize=4096)
def _number(formats: Formats, value: float, decimals: int) -> str:
    return format_decimal(round(value, decimals), locale=formats.figures)


def plural(formats: Formats, value: float, **words: str) -> str:
    """The words for this number in the template's language; `#` in them is the number itself."""
    form = formats.words.plural_form(value)
    return words.get(form, words["other"]).replace("#", number(formats, value))


def listed(formats: Formats, value: list[str], most: int = 3) -> str:
    """`A, B and C`; where more than one would be left out after `most`, how many these are."""
    if len(value) <= most + 1:
        return format_list(value, locale=formats.figures)
    more = _MORE.get(formats.words.language, "+ {}").format(len(value) - most)
    return format_list([*value[:most], more], locale=formats.figures)


def truncate(_formats: Formats, value: str, length: int) -> str:
    """At most `length` characters, ending in an ellipsis where something was cut off."""
    return value if len(value) <= length else value[: length - 1].rstrip() + "…"


def names(_formats: Formats, value: list[tuple[Any, ...]]) -> list[str]:
    """The names of products or order lines, each once."""
    return list(dict.fromkeys(item[0] for item in value))


def turn(_formats: Formats, value: float, count: int) -> int:
    """Which of `count` turns it is, from 0: the same number, the same turn."""
    return int(value) % count


def vary(_formats: Formats, value: float, *words: str) -> str:
    """One of several wordings, in turn: `{{ variety | vary("Thank you", "So many thanks") }}`."""
    return words[int(value) % len(words)]


def gendered(_formats: Formats, value: str, **words: str) -> str:
    """The words for a gender, `other` where it is none of those: `Chère`, `Cher` or `Bonjour`."""
    return words.get(value, words["other"])


def ink(_formats: Formats, value: str) -> str:
    """Black or white, whichever reads better on a colour (contrast by relative luminance, WCAG 2.2)."""
    return "#ffffff" if luminance(value) < 0.179 else "#000000"


def _nothing(args: list[Any], named: Mapping[str, Any]) -> str:
    return "it takes no argument" if args or named else ""


def _a_date_length(args: list[Any], named: Mapping[str, Any]) -> str:
    wrong = named or len(args) > 1 or any(arg not in _DATE_LENGTHS | {"day"} for arg in args)
    return 'it takes one of "full", "long", "medium", "short", "day"' if wrong else ""


def _whole(low: int, high: int, *, needed: bool) -> Callable[[list[Any], Mapping[str, Any]], str]:
    def check(args: list[Any], named: Mapping[str, Any]) -> str:
        fits = not named and len(args) <= 1 and all(type(arg) is int and low <= arg <= high for arg in args)
        return "" if fits and (args or not needed) else f"it takes a whole number from {low} to {high}"

    return check


def _a_text(args: list[Any], named: Mapping[str, Any]) -> str:
    return "" if not named and len(args) == 1 and isinstance(args[0], (str, int)) else 'it takes one text: default("…")'


def _plural_words(args: list[Any], named: Mapping[str, Any]) -> str:
    forms = {"zero", "one", "two", "few", "many", "other"}
    fits = not args and "other" in named and all(form in forms and isinstance(named[form], str) for form in named)
    return "" if fits else 'it takes words by form: plural(one="# record", other="# records")'


def _wordings(args: list[Any], named: Mapping[str, Any]) -> str:
    fits = not named and 2 <= len(args) <= MOST_WORDINGS and all(isinstance(arg, str) for arg in args)
    return "" if fits else f'it takes 2 to {MOST_WORDINGS} texts to take turns: vary("Thank you", "Many thanks")'


def _genders(args: list[Any], named: Mapping[str, Any]) -> str:
    forms = {"female", "male", "other"}
    fits = not args and "other" in named and all(form in forms and isinstance(named[form], str) for form in named)
    return "" if fits else 'it takes words by gender: gendered(female="Chère", male="Cher", other="Bonjour")'


_TEXT = frozenset({Kind.TEXT})
_FILTERS = [
    Filter(name="money", takes=frozenset({Kind.MONEY}), gives=Kind.TEXT, about="12,50 €", run=money, check=_nothing),
    Filter(
        name="date", takes=frozenset({Kind.DATE}), gives=Kind.TEXT, about="9 March 2026", run=date, check=_a_date_length
    ),
    Filter(
        name="number",
        takes=frozenset({Kind.NUMBER}),
        gives=Kind.TEXT,
        about="1,234",
        run=number,
        check=_whole(0, 6, needed=False),
    ),
    Filter(
        name="plural",
        takes=frozenset({Kind.NUMBER}),
        gives=Kind.TEXT,
        about="1 record, 2 records",
        run=plural,
        check=_plural_words,
    ),
    Filter(
        name="listed",
        takes=frozenset({Kind.TEXTS}),
        gives=Kind.TEXT,
        about="A, B and 3 more",
        run=listed,
        check=_whole(1, 20, needed=False),
    ),
    Filter(
        name="truncate",
        takes=_TEXT,
        gives=Kind.TEXT,
        about="cut to a length",
        run=truncate,
        check=_whole(2, 1000, needed=True),
    ),
    Filter(
        name="upper",
        takes=_TEXT,
        gives=Kind.TEXT,
        about="CAPITALS",
        run=lambda _formats, value: value.upper(),
        check=_nothing,
    ),
    Filter(
        name="lower",
        takes=_TEXT,
        gives=Kind.TEXT,
        about="small letters",
        run=lambda _formats, value: value.lower(),
        check=_nothing,
    ),
    Filter(
        name="urlencode",
        takes=_TEXT,
        gives=Kind.TEXT,
        about="safe within a link's address",
        run=lambda _formats, value: quote(value, safe=""),
        check=_nothing,
    ),
    Filter(
        name="names",
        takes=frozenset({Kind.PRODUCTS, Kind.LINES}),
        gives=Kind.TEXTS,
        about="the names of products",
        run=names,
        check=_nothing,
    ),
    Filter(
        name="vary",
        takes=frozenset({Kind.NUMBER}),
        gives=Kind.TEXT,
        about="one of several wordings, in turn",
        run=vary,
        check=_wordings,
    ),
    Filter(
        name="turn",
        takes=frozenset({Kind.NUMBER}),
        gives=Kind.NUMBER,
        about="0, 1, 2 … in turn",
        run=turn,
        check=_whole(2, MOST_WORDINGS, needed=True),
    ),
    Filter(
        name=GENDERED,
        takes=_TEXT,
        gives=Kind.TEXT,
        about="Chère, Cher or Bonjour",
        run=gendered,
        check=_genders,
    ),
    Filter(
        name="ink",
        takes=frozenset({Kind.COLOUR}),
        gives=Kind.COLOUR,
        about="black or white, to write on a colour",
        run=ink,
        check=_nothing,
    ),
]
FILTERS: dict[str, Filter] = {one.name: one for one in _FILTERS}

# Not in the list above because it is the one filter that takes a missing value, of any kind that can be written.
DEFAULT = "default"
check_default = _a_text


def _default(value: Any, stated: Any) -> Any:
    return stated if isinstance(value, Undefined) else value


def _gendered(value: Any, **words: str) -> str:
    """A gender that nobody told is what `other` is for."""
    return words["other"] if isinstance(value, Undefined) else words.get(value, words["other"])


def _passing(run: Callable[..., Any]) -> Callable[..., Any]:
    @pass_context
    def apply(context: Context, value: Any, *args: Any, **named: Any) -> Any:
        return value if isinstance(value, Undefined) else run(context.parent[FORMATS], value, *args, **named)

    return apply


def for_jinja() -> dict[str, Callable[..., Any]]:
    """The filters as Jinja2 calls them."""
    passing = {name: _passing(one.run) for name, one in FILTERS.items()}
    return {**passing, GENDERED: _gendered, DEFAULT: _default}
