"""Files of rows, CSV or NDJSON, read with flat memory and from any row on; what cannot be read is told, not guessed.

A record never costs more than itself: a quote that is opened and never closed spoils its own line, and the
lines after it are read as they stand.
"""

import csv
import json
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from common.errors import Invalid

CSV = "text/csv"
NDJSON = "application/x-ndjson"
PARQUET = "application/vnd.apache.parquet"
TYPES = (CSV, NDJSON)

# A longer line is not a row of a table; a quoted field may span this many lines.
MAX_LINE = 256 * 1024
MAX_SPAN = 100
_BOM = b"\xef\xbb\xbf"
_NO_UTF8 = "The row is not in the file's encoding."
_NUL = "The row holds a NUL character."
_RAW = 2_000
_NAMES = re.compile(rb'"\s*:')


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file was read: bytes (of parquet: rows) and lines, and where the last order began.

    `again` is set on the second reading, which takes what came back, when all that was sold is known.
    """

    offset: int = 0
    lines: int = 0
    order_offset: int = 0
    order_lines: int = 0
    again: bool = False


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A row: the line it begins on (the file's first is 1), a cell for each column, and why it is none if it is none.

    `after` and `last` are the byte after it and its last line, from where to read on; `raw` is what stood there
    where it could not be read.
    """

    line: int
    cells: list[str] = []
    problem: str = ""
    kind: str = ""
    raw: str = ""
    after: int = 0
    last: int = 0


class Form(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a file is to be read: its type, its columns (of NDJSON: the fields wanted), and what parts its cells.

    `lists` parts the texts of a list, `strict` refuses an NDJSON line with a field that is not among the columns.
    `ids` are the columns of NDJSON that hold ids: texts or whole numbers, and nothing else.
    """

    type: str
    columns: list[str] = []
    delimiter: str = ","
    lists: str = ";"
    strict: bool = False
    ids: list[str] = []


class Unreadable(ValueError):
    """Why a line is no row; `kind` is a word for it."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


class Reader:
    """Reads the records of a file that comes in pieces, from a place on."""

    def __init__(self, pieces: Iterable[bytes], form: Form, place: Place | None = None) -> None:
        """`pieces` begin where the last order before `place` begins; without one they are the whole file."""
        self.form = form
        self._offset = place.order_offset if place else 0
        self._lines = place.order_lines if place else 0
        self._source = _lines(pieces)
        self._back: deque[tuple[bytes, int]] = deque()
        self._row = self._csv_row if form.type == CSV else self._object_row

    @property
    def offset(self) -> int:
        """How far it was read, in bytes."""
        return self._offset

    def header(self) -> list[str]:
        """The columns that the first line names; what a spreadsheet may put before it is passed over.

        Raises Invalid where there is none that can be read.
        """
        while (line := self._take()) is not None:
            data = line[0].removeprefix(_BOM)
            if not data.strip() or data.lower().startswith(b"sep="):
                continue
            try:
                return [name.strip() for name in _cells(_decoded(data), self.form.delimiter)]
            except Unreadable as error:
                raise Invalid.field("file", f"The first line must name the columns. {error}") from None
        raise Invalid.field("file", "The first line must name the columns.")

    def records(self) -> Iterator[Record]:
        """The rows; lines with nothing in them are passed over. Reads a CSV's first line where it was not read yet."""
        if self.form.type == CSV and not self._lines:
            self.header()
        while (line := self._take()) is not None:
            if line[0].isspace() or not line[0]:
                continue
            number = self._lines
            try:
                cells = self._row(*line)
                if not any(cells) and self.form.type == CSV:
                    continue
            except Unreadable as error:
                raw = line[0][:_RAW].decode("utf-8", "replace").replace("\0", "").strip("\r\n")
                yield Record(
                    line=number, problem=str(error), kind=error.kind, raw=raw, after=self._offset, last=self._lines
                )
            else:
                yield Record(line=number, cells=cells, after=self._offset, last=self._lines)

    def _csv_row(self, data: bytes, size: int) -> list[str]:
        if b'"' in data:
            cells = _cells(_decoded(self._spanned(data, size)), self.form.delimiter)
        else:
            if size > MAX_LINE:
                raise _too_long()
            text = _decoded(data).rstrip("\r\n")
            if "\r" in text:
                raise Unreadable("bad_quotes", "The row is not well quoted: it holds a bare carriage return.")
            cells = text.split(self.form.delimiter)
        if len(cells) != len(self.form.columns):
            reason = f"The row has {len(cells)} fields, the first line names {len(self.form.columns)} columns."
            raise Unreadable("wrong_fields", reason)
        return cells

    def _object_row(self, data: bytes, size: int) -> list[str]:
        if size > MAX_LINE:
            raise _too_long()
        found = objects(data.removeprefix(_BOM))
        if self.form.strict and (unknown := [name for name in found if name not in self.form.columns]):
            raise Unreadable("unknown_field", f"There is no such field: {', '.join(unknown)[:200]}.")
        for name in self.form.ids:
            if isinstance(found.get(name), bool | float | list):
                raise Unreadable("bad_id", f"{name[:200]} must be a text or a whole number.")
        return [json_cell(found.get(name), self.form.lists) for name in self.form.columns]

    def _spanned(self, first: bytes, size: int) -> bytes:
        """The lines of one record: a record is whole when its quotes are even."""
        if size > MAX_LINE:
            raise _too_long()
        lines = [first]
        taken: list[tuple[bytes, int]] = []
        odd = first.count(b'"') % 2
        while odd and len(lines) < MAX_SPAN and size < MAX_LINE:
            line = self._take()
            if line is None:
                break
            taken.append(line)
            lines.append(line[0])
            size += line[1]
            odd = (odd + line[0].count(b'"')) % 2
        if odd:
            self._give_back(taken)
            raise Unreadable("open_quote", "A quote is opened and not closed.")
        return b"".join(lines)

    def _take(self) -> tuple[bytes, int] | None:
        line = self._back.popleft() if self._back else next(self._source, None)
        if line is not None:
            self._offset += line[1]
            self._lines += 1
        return line

    def _give_back(self, lines: Sequence[tuple[bytes, int]]) -> None:
        self._back.extendleft(reversed(lines))
        self._offset -= sum(size for _, size in lines)
        self._lines -= len(lines)


def objects(data: bytes) -> dict[str, Any]:
    """A line of NDJSON; raises Unreadable where it is no JSON object."""
    try:
        found = msgspec.json.decode(data)
    except UnicodeDecodeError:
        raise Unreadable("bad_encoding", _NO_UTF8) from None
    except (msgspec.DecodeError, RecursionError):
        raise Unreadable("not_json", "The line is not JSON.") from None
    if not isinstance(found, dict):
        raise Unreadable("not_json", "The line is not a JSON object.")
    if len(_NAMES.findall(data)) > len(found):  # of two fields of a name, the decoder keeps the last
        _check_names(data)
    return found


def _check_names(data: bytes) -> None:
    try:
        json.loads(data, object_pairs_hook=_each_once)
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable("not_json", "The line is not JSON.") from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("repeated_field", "A field stands in the line more than once.")
    return found


def json_cell(value: Any, lists: str = ";") -> str:
    """A JSON value as a cell of a table would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number_cell(repr(value))
    if isinstance(value, str | int):
        text = str(value)
        if "\0" in text:
            raise Unreadable("nul", _NUL)
        return text
    if isinstance(value, list) and all(isinstance(one, str | int) for one in value):
        return lists.join(json_cell(one) for one in value)
    raise Unreadable("nested", "A field holds an object; it must be a text, a number, or a list of texts.")


def number_cell(text: str) -> str:
    """A number as a cell: 1.234 becomes 1.2340, which nobody takes for one thousand and something."""
    return f"{text}0" if text[-4:-3] == "." else text


def _lines(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Lines with their ends, and their sizes; of one that is too long only the beginning, with its whole size."""
    rest = b""
    dropped = 0
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n") if rest else piece.split(b"\n")
        for line in whole:
            yield line + b"\n", len(line) + 1 + dropped
            dropped = 0
        if len(rest) > 2 * MAX_LINE:
            dropped += len(rest) - MAX_LINE
            rest = rest[:MAX_LINE]
    if rest or dropped:
        yield rest, len(rest) + dropped


def _too_long() -> Unreadable:
    return Unreadable("line_too_long", f"The line is longer than {MAX_LINE} bytes.")


def _decoded(data: bytes) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise Unreadable("bad_encoding", _NO_UTF8) from None
    if "\0" in text:
        raise Unreadable("nul", _NUL)
    return text


def _cells(text: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([text], strict=True, delimiter=delimiter), [])
    except csv.Error as error:
        raise Unreadable("bad_quotes", f"The row is not well quoted: {error}.") from None
