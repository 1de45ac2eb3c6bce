"""What a file does not say of itself is found out from its head: what parts its cells, which column is what, and how
amounts and dates are written. What could be either is asked for, and never taken in silence.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

import msgspec

from common.errors import Invalid
from customers.columns import FIELDS, OF_THE_LINE, ColumnMap, Kind, check_complete, missing_fields
from customers.forms import ISO, POINT, dates_found, decimal_found
from customers.maps import shipped, synonyms
from customers.plan import MENDED

DELIMITERS = (",", ";", "\t", "|")
_DATE_SHAPE = re.compile(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}([T ].*)?")
_NUMBER_SHAPE = re.compile(r"[-+]?[0-9][0-9.,' \u00a0\u202f]*")
_AMOUNTS = frozenset({"unit_price", "line_total", "total", "discount", "shipping", "tax", "refunded", "price"})
_DATES = ("placed_at", "cancelled_at")
# What the values of a column must look like to be taken for such a field.
_SHAPES = {
    "placed_at": re.compile(r"(?![0-9]{1,2}:[0-9]).*[0-9].*[0-9].*"),
    "placed_time": re.compile(r"[0-9]{1,2}:[0-9]{2}.*"),
    "quantity": _NUMBER_SHAPE,
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
    **dict.fromkeys(_AMOUNTS, _NUMBER_SHAPE),
}
_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}


def delimiter_of(line: str, kind: Kind) -> str:
    """What parts the cells of a header; raises Invalid where it could be several."""
    found = {mark: cells for mark in DELIMITERS if len(cells := _parted(line, mark)) > 1}
    if len(found) < 2:
        return next(iter(found), ",")
    known = {mark: sum(bool(fields_named(cell, kind)) for cell in cells) for mark, cells in found.items()}
    best = max(known.values())
    marks = [mark for mark in found if known[mark] == best]
    if best and len(marks) == 1:
        return marks[0]
    told = " or ".join(_NAMES[mark] for mark in found)
    raise Invalid.field("delimiter", f"The first line may be parted by {told}. Say which with delimiter=…")


def _parted(line: str, mark: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=mark, strict=True), [])
    except csv.Error:
        return []


def plain_name(text: str) -> str:
    """A column's name without case, accents, spaces and signs."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in bare if letter.isalnum())


def fields_named(column: str, kind: Kind) -> list[str]:
    """The fields that a column of this name may hold."""
    name = plain_name(column)
    return [field for field, names in _plain_synonyms(kind).items() if name in names]


@cache
def _plain_synonyms(kind: Kind) -> dict[str, frozenset[str]]:
    return {
        field: frozenset(plain_name(name) for name in (*synonyms()[kind].get(field, ()), field))
        for field in FIELDS[kind].all
    }


def mapped(kind: Kind, header: Sequence[str], rows: Sequence[Sequence[str]], said: ColumnMap) -> tuple[ColumnMap, str]:
    """The map of a file that came without one, and how it was come by: Encore's names, a shipped map, or a guess.

    `said` is what the request says of columns itself; that is not guessed at. Raises Invalid where a field may be in
    several columns, naming them.
    """
    free = {column for column in header if column not in said.columns.values()}
    own = {field: field for field in FIELDS[kind].all if field in free and field not in said.constants}
    if kind == "orders":
        _check_whose_name(header, said)
    named = with_said(ColumnMap(kind=kind, columns=own), said)
    if not missing_fields(named):
        # What it calls by other names is found out beside them, so that no address is dropped for being an "Email".
        more = _guessed(kind, header, rows, named)
        return ColumnMap(kind=kind, columns=own | more), "guess" if more else "names"
    fitting = [one for one in shipped().values() if one.kind == kind and _fits(one, header)]
    if fitting and not said.columns:
        best = max(fitting, key=lambda one: sum(column in header for column in one.columns.values()))
        return pruned(best, header), f"map {best.name}"
    found = _guessed(kind, header, rows, said)
    told = {**found, **said.columns}
    by_email = kind != "products" and "customer_id" not in {**told, **said.constants} and "email" in told
    return ColumnMap(kind=kind, columns=found, known_by="email" if by_email else "id"), "guess"


def _check_whose_name(header: Sequence[str], said: ColumnMap) -> None:
    """Raise Invalid where a column `name` stands with the product's, and may be what that is called."""
    at = next((index for index, column in enumerate(header) if plain_name(column) == "name"), -1)
    if at < 0 or header[at] in said.used or said.says("product_name"):
        return
    before, after = ("".join(header[index : index + 1]) if index >= 0 else "" for index in (at - 1, at + 1))
    of_the_line = [bool(OF_THE_LINE & {*fields_named(column, "orders")}) for column in (before, after)]
    known = any("product_name" in fields_named(column, "orders") for column in header)
    of_a_person = bool({*fields_named(before, "orders")} & _OF_A_PERSON)
    if not known and (of_the_line[0] or (of_the_line[1] and not of_a_person)):
        told = f'columns={{"name": "{header[at]}"}} or columns={{"product_name": "{header[at]}"}}'
        raise Invalid.field("name", f"{header[at]!r} may be the customer's name or the product's. Say which: {told}.")


_OF_A_PERSON = frozenset({"customer_id", "email", "phone", "country", "first_name", "last_name"})


def pruned(one: ColumnMap, header: Sequence[str]) -> ColumnMap:
    """A shipped map without the columns that this file does not have and need not have."""
    return msgspec.structs.replace(
        one,
        columns={field: column for field, column in one.columns.items() if column in header or _is_needed(one, field)},
    )


def with_said(one: ColumnMap, said: ColumnMap) -> ColumnMap:
    """A map with what a request says itself, which counts more."""
    columns = {**one.columns, **said.columns}
    constants = {**one.constants, **said.constants}
    settings = {name: value for name in _SETTINGS if (value := getattr(said, name))}
    return msgspec.structs.replace(
        one,
        columns={field: column for field, column in columns.items() if field not in said.constants},
        constants={field: text for field, text in constants.items() if field not in said.columns},
        **settings,
    )


_SETTINGS = ("delimiter", "encoding", "decimal", "dates", "time_zone")


def _is_needed(one: ColumnMap, field: str) -> bool:
    return field in FIELDS[one.kind].required or (field == "email" and one.known_by == "email")


def _fits(one: ColumnMap, header: Sequence[str]) -> bool:
    """Whether a file has every column that a shipped map must have, and all of them distinctly named as there."""
    needed = [column for field, column in one.columns.items() if _is_needed(one, field)]
    there = sum(column in header for column in one.columns.values())
    own = any(column not in FIELDS[one.kind].all for column in needed)
    return own and all(column in header for column in needed) and there >= 0.6 * len(one.columns)


def _guessed(kind: Kind, header: Sequence[str], rows: Sequence[Sequence[str]], said: ColumnMap) -> dict[str, str]:
    may_be: dict[str, list[str]] = {}
    for index, column in enumerate(header):
        if column in said.columns.values():
            continue
        texts = [row[index].strip() for row in rows if len(row) == len(header) and row[index].strip()]
        for field in fields_named(column, kind):
            if not said.says(field) and _has_shape(field, texts):
                may_be.setdefault(field, []).append(column)
    chosen = {field: _one_of(field, columns) for field, columns in may_be.items()}
    _check_clear(chosen)
    found = {field: columns[0] for field, columns in chosen.items() if len(columns) == 1}
    date = {**found, **said.columns}.get("placed_at", "")
    if date in header and any(":" in row[list(header).index(date)] for row in rows if len(row) == len(header)):
        found.pop("placed_time", None)  # the date has its own
    return _each_once(found)


def _one_of(field: str, columns: list[str]) -> list[str]:
    exact = [column for column in columns if plain_name(column) == plain_name(field)]
    return exact if len(exact) == 1 else columns


def _has_shape(field: str, texts: Sequence[str]) -> bool:
    shape = _SHAPES.get(field)
    if shape is None or not texts:
        return True
    return sum(shape.fullmatch(text) is not None for text in texts) * 2 > len(texts)


def _check_clear(chosen: dict[str, list[str]]) -> None:
    wrong = {
        field: [f'May be {" or ".join(repr(column) for column in columns)}. Say which: columns={{"{field}": "…"}}.']
        for field, columns in chosen.items()
        if len(columns) > 1
    }
    if wrong:
        raise Invalid("Some fields may be in several columns; `errors` names them.", wrong)


def _each_once(found: dict[str, str]) -> dict[str, str]:
    """No column for two fields: the one it is named by comes first, then the order of fields."""
    taken: dict[str, str] = {}
    by_name = sorted(found, key=lambda field: plain_name(found[field]) != plain_name(field))
    for field in by_name:
        taken.setdefault(found[field], field)
    return {field: column for field, column in found.items() if taken[column] == field}


def settled(given: ColumnMap, header: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[ColumnMap, bool, bool]:
    """The map with nothing left open, whether thousands are marked, and whether nothing showed what parts the cents.

    Raises Invalid for what must be asked for.
    """
    check_complete(given, header)
    whole = [row for row in rows if len(row) == len(header)]
    found, grouped = (given.decimal, True) if given.decimal else decimal_found(_texts(given, _AMOUNTS, header, whole))
    dates = given.dates or dates_found(_texts(given, _DATES, header, whole))
    return msgspec.structs.replace(given, decimal=found or POINT, dates=dates or ISO), grouped, not found


def _texts(given: ColumnMap, fields: Iterable[str], header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    indexes = [list(header).index(given.columns[field]) for field in fields if field in given.columns]
    return [row[index].strip() for row in rows for index in indexes if row[index].strip()]


def left_aside(given: ColumnMap, header: Sequence[str]) -> list[str]:
    """The columns that are not read."""
    return [column for column in header if column and column not in given.used and column not in MENDED]
