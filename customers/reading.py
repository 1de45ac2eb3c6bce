"""Files of rows, CSV or NDJSON, read with flat memory and from any row on; what cannot be read is told, not guessed.

A record never costs more than itself: a quote that is opened and never closed spoils its own line, and the
lines after it are read as they stand.
"""

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from common.errors import Invalid

CSV = "text/csv"
NDJSON = "application/x-ndjson"
TYPES = (CSV, NDJSON)

# A longer line is not a row of a table; a quoted field may span this many lines.
MAX_LINE = 256 * 1024
MAX_SPAN = 100
_BOM = b"\xef\xbb\xbf"
# UTF-16, parquet, gzip, zip (which a spreadsheet is).
_NOT_TEXT = (b"\xff\xfe", b"\xfe\xff", b"PAR1", b"\x1f\x8b", b"PK\x03\x04")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file was read: bytes, lines, and the columns its first line named."""

    offset: int = 0
    lines: int = 0
    columns: list[str] = []


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A row: the line it begins on (the file's first is 1), its fields by column, and why it is none if it is none.

    `after` is the place from where to read on.
    """

    line: int
    values: dict[str, str] = {}
    problem: str = ""
    after: Place


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of a kind of file."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """Every column it may have."""
        return self.required + self.optional


class _Line(msgspec.Struct, frozen=True):
    data: bytes
    size: int


def check_head(content_type: str, head: bytes, columns: Columns) -> list[str]:
    """The columns of a CSV that Encore leaves aside; raises Invalid when the file cannot be one of this kind.

    `head` is how the file begins: at least its first line, or all of it.
    """
    if not head.strip():
        raise Invalid.field("file", "The file is empty.")
    if head.startswith(_NOT_TEXT):
        raise Invalid.field("file", "This is not plain text in UTF-8. Save it as CSV in UTF-8, not compressed.")
    if content_type == NDJSON:
        return []
    return _checked(_names(head), columns)


def _names(head: bytes) -> list[str]:
    try:
        return Reader([head], CSV).header()
    except ValueError as error:
        raise _no_header(error) from None


def _no_header(error: ValueError) -> Invalid:
    return Invalid.field("file", f"The first line must name the columns. {error}")


def _checked(names: Sequence[str], columns: Columns) -> list[str]:
    missing = [name for name in columns.required if name not in names]
    twice = sorted({name for name in names if name and list(names).count(name) > 1})
    wrong = {name: ["The file has no such column."] for name in missing}
    wrong |= {name: ["The file has this column more than once."] for name in twice}
    if wrong:
        found = ", ".join(names)[:500]
        raise Invalid(f"The first line must name the columns {', '.join(columns.required)}; it says: {found}", wrong)
    return [name for name in names if name not in columns.all]


class Reader:
    """Reads the records of a file that comes in pieces, from a place on."""

    def __init__(self, pieces: Iterable[bytes], content_type: str, place: Place | None = None) -> None:
        """`pieces` begin at `place`; without one they are the whole file."""
        self._place = place or Place()
        self._lines = _lines(pieces)
        self._back: deque[_Line] = deque()
        self._csv = content_type == CSV

    @property
    def place(self) -> Place:
        """How far it was read."""
        return self._place

    def header(self) -> list[str]:
        """The columns; reads the first line where it was not read yet. Raises ValueError where that cannot be read."""
        if self._csv and not self._place.lines:
            line = self._take()
            text = b"" if line is None else line.data.removeprefix(_BOM)
            names = [name.strip() for name in _cells(_decoded(text))]
            self._place = msgspec.structs.replace(self._place, columns=names)
        return self._place.columns

    def records(self) -> Iterator[Record]:
        """The rows; lines with nothing in them are passed over. Raises Invalid where there is no readable header."""
        try:
            self.header()
        except ValueError as error:
            raise _no_header(error) from None
        while (line := self._take()) is not None:
            number = self._place.lines
            if line.data.strip():
                yield self._record(number, line)

    def _record(self, number: int, line: _Line) -> Record:
        values: dict[str, str] = {}
        problem = ""
        try:
            values = self._row(line) if self._csv else _object(line)
        except ValueError as error:
            problem = str(error)
        return Record(line=number, values=values, problem=problem, after=self._place)

    def _row(self, first: _Line) -> dict[str, str]:
        cells = _cells(_decoded(self._spanned(first)))
        columns = self._place.columns
        if len(cells) != len(columns):
            raise ValueError(f"The row has {len(cells)} fields, the first line names {len(columns)} columns.")
        return dict(zip(columns, cells, strict=True))

    def _spanned(self, first: _Line) -> bytes:
        """The lines of one record: a record is whole when its quotes are even."""
        lines = [first]
        _check_size(first)
        odd = first.data.count(b'"') % 2
        while odd and len(lines) < MAX_SPAN and sum(line.size for line in lines) < MAX_LINE:
            line = self._take()
            if line is None:
                break
            lines.append(line)
            odd = (odd + line.data.count(b'"')) % 2
        if odd:
            self._give_back(lines[1:])
            raise ValueError("A quote is opened and not closed.")
        return b"".join(line.data for line in lines)

    def _take(self) -> _Line | None:
        line = self._back.popleft() if self._back else next(self._lines, None)
        if line is not None:
            self._move(line.size, 1)
        return line

    def _give_back(self, lines: Sequence[_Line]) -> None:
        self._back.extendleft(reversed(lines))
        self._move(-sum(line.size for line in lines), -len(lines))

    def _move(self, size: int, lines: int) -> None:
        place = self._place
        self._place = Place(offset=place.offset + size, lines=place.lines + lines, columns=place.columns)


def _lines(pieces: Iterable[bytes]) -> Iterator[_Line]:
    """Lines with their ends; of one that is too long only the beginning is kept, with its whole size."""
    rest = b""
    dropped = 0
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield _Line(line + b"\n", len(line) + 1 + dropped)
            dropped = 0
        if len(rest) > 2 * MAX_LINE:
            dropped += len(rest) - MAX_LINE
            rest = rest[:MAX_LINE]
    if rest or dropped:
        yield _Line(rest, len(rest) + dropped)


def _check_size(line: _Line) -> None:
    if line.size > MAX_LINE:
        raise ValueError(f"The line is longer than {MAX_LINE} bytes.")


def _decoded(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ValueError("The row is not in UTF-8.") from None
    if "\0" in text:
        raise ValueError("The row holds a NUL character.")
    return text


def _cells(text: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise ValueError(f"The row is not well quoted: {error}.") from None


def _object(line: _Line) -> dict[str, str]:
    _check_size(line)
    data = line.data.removeprefix(_BOM)
    try:
        found = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ValueError("The line is not JSON.") from None
    if not isinstance(found, dict):
        raise ValueError("The line is not a JSON object.")
    return {name: _text(value) for name, value in _present(found).items()}


def _present(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not None}


def _text(value: Any) -> str:
    """A JSON value as a cell of a table would have it; lists are separated by semicolons."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return ";".join(str(one) for one in value)
    if isinstance(value, str | int | float):
        text = str(value)
        if "\0" in text:
            raise ValueError("The row holds a NUL character.")
        return text
    raise ValueError("A field holds an object; it must be a text, a number, or a list of texts.")
