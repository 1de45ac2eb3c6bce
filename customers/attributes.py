"""Free facts of the shop's own about a customer, and the types it declares for them."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal

import msgspec

from common.errors import Invalid

AttributeType = Literal["text", "number", "yes_no", "date", "list"]

NAME_PATTERN = "^[A-Za-z][A-Za-z0-9_]{0,63}$"
MAX_ATTRIBUTES = 100
MAX_LENGTH = 1_000
MAX_ITEMS = 50
MAX_ITEM = 200
_YES = frozenset({"yes", "true", "1", "y"})
_NO = frozenset({"no", "false", "0", "n"})


class Attribute(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an attribute holds, and a word on what it is for."""

    type: AttributeType
    about: str = ""


Declarations = Mapping[str, Attribute]


def check_name(name: str) -> None:
    """Raise Invalid unless this can be an attribute's name."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise Invalid.field("attributes", "A name is up to 64 letters, digits and _, and begins with a letter.")


def checked(given: Mapping[str, Any], declared: Declarations, *, strict: bool = False) -> dict[str, Any]:
    """The values as they are kept: a date as an instant at midnight UTC, all else as it came; None takes one away.

    A declared name takes only its type; another takes a text, a number, or true or false, unless `strict`, which
    refuses it. Raises Invalid naming each wrong one (`attributes.size`).
    """
    kept: dict[str, Any] = {}
    wrong: dict[str, list[str]] = {}
    for name, value in given.items():
        check_name(name)
        try:
            kept[name] = None if value is None else _kept(value, declared.get(name), strict)
        except ValueError as error:
            wrong[f"attributes.{name}"] = [str(error)]
    if wrong:
        raise Invalid("Some attributes are wrong; `errors` names each.", wrong)
    return kept


def from_text(text: str, declared: Attribute | None) -> Any:
    """What a cell of a file means for an attribute of this type (several of a list are separated by semicolons).

    Raises ValueError with what is wrong.
    """
    kind = declared.type if declared else "text"
    if kind == "number":
        try:
            number = float(text)
        except ValueError:
            raise ValueError(_WANTED[kind]) from None
        return _kept(int(number) if number.is_integer() else number, declared, strict=False)
    if kind == "yes_no":
        if text.lower() not in _YES | _NO:
            raise ValueError(_WANTED[kind])
        return text.lower() in _YES
    if kind == "list":
        return _kept([part.strip() for part in text.split(";") if part.strip()], declared, strict=False)
    return _kept(text, declared, strict=False)


def told(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes as a person or a program reads them: a date as 2026-11-22."""
    return {
        name: value.date().isoformat() if isinstance(value, datetime) else value for name, value in attributes.items()
    }


_WANTED: dict[AttributeType, str] = {
    "text": f"Must be a text of at most {MAX_LENGTH} characters.",
    "number": "Must be a number.",
    "yes_no": "Must be true or false.",
    "date": "Must be a date, like 2026-11-22.",
    "list": f"Must be a list of at most {MAX_ITEMS} texts of at most {MAX_ITEM} characters.",
}


def _kept(value: Any, declared: Attribute | None, strict: bool) -> Any:
    if declared is None:
        if strict:
            raise ValueError("The shop has not declared this attribute.")
        if not (_is_text(value) or _is_number(value) or isinstance(value, bool)):
            raise ValueError(f"Must be a text of at most {MAX_LENGTH} characters, a number, or true or false.")
        return value
    if declared.type == "date":
        return _date(value)
    fits = {"text": _is_text, "number": _is_number, "yes_no": lambda one: isinstance(one, bool), "list": _is_list}
    if not fits[declared.type](value):
        raise ValueError(_WANTED[declared.type])
    return value


def _date(value: Any) -> datetime:
    try:
        day = date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(_WANTED["date"]) from None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_LENGTH


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63


def _is_list(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_ITEMS
        and all(isinstance(item, str) and len(item) <= MAX_ITEM for item in value)
    )
