"""A file as it comes in: looked at before and while it is kept, so that what cannot be right is told at once."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import IO

import msgspec

from common.errors import Invalid
from customers.columns import FIELDS, ColumnMap, Kind, check_map
from customers.guessing import delimiter_of, mapped, pruned, settled, with_said
from customers.maps import shipped
from customers.plan import MENDED_FILE, MENDED_LINE, Plan
from customers.reading import CSV, NDJSON, Form, Reader, Unreadable, json_cell, objects
from customers.unpacking import GZIP_MAGIC, PIECE, UTF8, Gunzip, Recode, Watch, encoding_marked, encoding_named

HEAD_ROWS = 2_000
_IDS = ("order_id", "customer_id", "product_id")
_NOT_TEXT = {
    b"PAR1": "This is a parquet file; send it as application/vnd.apache.parquet.",
    b"PK\x03\x04": "This is a zip archive or a spreadsheet; save the table as CSV and send that.",
    b"\xd0\xcf\x11\xe0": "This is a spreadsheet; save the table as CSV and send that.",
    GZIP_MAGIC: "This is packed twice; unpack it once.",
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller says of a file: a map kept or shipped under a name, and what counts more than that map.

    `said.columns` and `said.constants` may name some fields only; the rest is then found out.
    """

    said: ColumnMap
    named: ColumnMap | None = None
    gzip: bool = False
    dry_run: bool = False


# The plan by which the rows were refused that now come back mended, by their file; None where it is forgotten.
Earlier = Callable[[str], Plan | None]


class Incoming:
    """Bytes of a text file as they come: unpacked, brought into UTF-8, watched, counted and hashed on their way."""

    def __init__(self, stream: IO[bytes], asked: Asked) -> None:
        self._stream = stream
        self._asked = asked
        self._hash = hashlib.sha256()
        self._watch = Watch()
        self._raw: list[bytes] = []
        self._recode: Recode | None = None
        self.gzip = asked.gzip
        self.head = b""
        self.encoding = UTF8
        self.size = 0
        self.lines = 0
        self._ended = False
        self._gunzip = self._begin()
        while not self._ended and len(self.head) < PIECE:
            self._next()

    @property
    def digest(self) -> str:
        """What tells this text from every other."""
        return self._hash.hexdigest()

    def pieces(self) -> Iterator[bytes]:
        """The file as it came; raises Invalid at its end where it was not whole, or not text."""
        yield from self._raw
        self._raw.clear()
        while not self._ended:
            self._next()
            yield from self._raw
            self._raw.clear()
        self._gunzip.close()
        self._watch.close()
        self.check_encoding()

    def _begin(self) -> Gunzip:
        first = self._stream.read(PIECE)
        self.gzip = self.gzip or first.startswith(GZIP_MAGIC)
        gunzip = Gunzip(self.gzip)
        self._see(first, gunzip)
        return gunzip

    def _next(self) -> None:
        self._see(self._stream.read(PIECE), self._gunzip)

    def _see(self, raw: bytes, gunzip: Gunzip) -> None:
        if not raw:
            self._ended = True
            if self._recode is not None:
                self._learn(self._recode.feed(b"", last=True))
            return
        self._raw.append(raw)
        for plain in gunzip.feed(raw):
            if self._recode is None:
                self._declare(plain)
            self._watch.feed(plain)
            if self._recode is not None:
                self._learn(self._recode.feed(plain))

    def _declare(self, first: bytes) -> None:
        for magic, why in _NOT_TEXT.items():
            if first.startswith(magic):
                raise Invalid.field("file", why)
        base = self._asked.named
        asked = self._asked.said.encoding or (base.encoding if base else "")
        self.encoding = encoding_marked(first) or (encoding_named(asked) if asked else UTF8)
        self._recode = Recode(self.encoding)

    def _learn(self, text: bytes) -> None:
        self._hash.update(text)
        self.size += len(text)
        self.lines += text.count(b"\n")
        if len(self.head) < PIECE:
            self.head += text[: PIECE - len(self.head)]

    def check_encoding(self) -> None:
        """Raise Invalid where what was seen so far is in another encoding than it was taken for."""
        asked = self._asked.said.encoding or (self._asked.named.encoding if self._asked.named else "")
        if self.encoding == UTF8 and not asked:
            self._watch.check()
        elif self.encoding not in (UTF8, "utf-16") and self._watch.good and not self._watch.bad:
            raise Invalid.field("encoding", f"The file is UTF-8 throughout, not {self.encoding}; leave encoding away.")


def planned(
    kind: Kind, content_type: str, incoming: Incoming, asked: Asked, earlier: Earlier
) -> tuple[Plan, list[str]]:
    """How a text file is taken in, and all its columns; raises Invalid for what it lacks or leaves open."""
    head = incoming.head
    if not head.strip():
        raise Invalid.field("file", "The file is empty.")
    cut = incoming.size > len(head)
    try:
        form, header, rows = _table(kind, content_type, head[: head.rfind(b"\n") + 1] or head if cut else head, asked)
    except Invalid:
        incoming.check_encoding()  # which would be the reason
        raise
    before = earlier(mended) if (mended := _mended(header, rows)) else None
    plan = planned_of(kind, form, header, rows, _as_before(asked, before, header))
    if before is not None and asked.named is None:
        sure = bool(asked.said.decimal)
        plan = msgspec.structs.replace(plan, grouped=sure or before.grouped, unsure=not sure and before.unsure)
    return msgspec.structs.replace(plan, gzip=incoming.gzip, encoding=incoming.encoding), header


def planned_of(kind: Kind, form: Form, header: list[str], rows: Sequence[Sequence[str]], asked: Asked) -> Plan:
    """How a table is taken in of which the columns and the first rows are known."""
    check_map(with_said(ColumnMap(kind=kind), asked.said) if asked.said.columns or asked.said.constants else asked.said)
    if asked.named is not None:
        base = asked.named
        if base.kind != kind:
            raise Invalid.field("map", f"The map {base.name!r} is for {base.kind}, not for {kind}.")
        base, how = (pruned(base, header) if base.name in shipped() else base), f"map {base.name}"
    else:
        base, how = mapped(kind, header, rows, asked.said)
    whole = with_said(base, asked.said)
    if form.type == NDJSON and asked.named is None and not how.startswith("map"):
        taken = whole.columns.values()
        own = {field: field for field in _fields_of_objects(kind, header) if field not in taken}
        whole = msgspec.structs.replace(whole, columns=own | whole.columns)
        whole = with_said(whole, asked.said)
    if form.type == NDJSON:
        form, header, rows = _objects_form(whole, form, header, rows, strict=how == "names")
    check_map(whole)
    given, grouped, unsure = settled(whole, header, rows)
    return Plan(
        form=msgspec.structs.replace(form, lists=given.lists),
        map=given,
        grouped=grouped,
        unsure=unsure,
        guessed=how,
        mended=_mended(header, rows),
    )


def _as_before(asked: Asked, before: Plan | None, header: Sequence[str]) -> Asked:
    """What is asked, where mended rows are read as their file was unless a map is named; the rest said counts more.

    The table that they stand in is another one: it has its own delimiter and encoding.
    """
    if before is None or asked.named is not None:
        return asked
    return msgspec.structs.replace(asked, named=pruned(_bare(before.map), header))


def _bare(given: ColumnMap) -> ColumnMap:
    return msgspec.structs.replace(given, delimiter="", encoding="")


def _table(kind: Kind, content_type: str, head: bytes, asked: Asked) -> tuple[Form, list[str], list[list[str]]]:
    if content_type == NDJSON:
        return _objects_table(head)
    said = asked.said.delimiter or (asked.named.delimiter if asked.named else "")
    form = Form(type=CSV, delimiter=said or _delimiter(kind, head))
    header = Reader([head], form).header()
    form = msgspec.structs.replace(form, columns=header)
    reader = Reader([head], form)
    return form, header, [record.cells for record in islice(reader.records(), HEAD_ROWS) if not record.problem]


def _delimiter(kind: Kind, head: bytes) -> str:
    for line in head.split(b"\n"):
        text = line.decode("utf-8", "replace").removeprefix("\ufeff").strip("\r\n")
        if text.lower().startswith("sep=") and len(text) == 5:
            return text[4]
        if text.strip():
            return delimiter_of(text, kind)
    return ","


def _objects_table(head: bytes) -> tuple[Form, list[str], list[list[str]]]:
    found: list[dict[str, str]] = []
    for line in head.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:HEAD_ROWS]:
        try:
            found.append({name: json_cell(value) for name, value in objects(line).items()})
        except Unreadable:
            continue
    header = list(dict.fromkeys(name for one in found for name in one))
    rows = [[one.get(name, "") for name in header] for one in found]
    return Form(type=NDJSON, columns=header), header, rows


def _fields_of_objects(kind: Kind, header: Sequence[str]) -> list[str]:
    """The fields that objects by Encore's own names may have, those too that the first ones leave away.

    Not so where a field changes what the others mean: of two prices the one that is there is read, and what a
    product's objects never name stays as it is known.
    """
    unseen = set(FIELDS[kind].all) - set(header)
    left = unseen if kind == "products" else unseen & {"unit_price", "line_total"}
    return [field for field in FIELDS[kind].all if field not in left]


def _objects_form(
    given: ColumnMap, form: Form, header: list[str], rows: Sequence[Sequence[str]], *, strict: bool
) -> tuple[Form, list[str], list[list[str]]]:
    """Objects have no first line: a field that the map reads may come later, or never."""
    wanted = header + [name for name in sorted(given.used) if name not in header]
    if strict:
        wanted = sorted(given.used)
    indexes = [header.index(name) if name in header else -1 for name in wanted]
    moved = [[row[index] if index >= 0 else "" for index in indexes] for row in rows]
    ids = [given.columns[field] for field in _IDS if field in given.columns]
    return msgspec.structs.replace(form, columns=wanted, strict=strict, ids=ids), wanted, moved


def _mended(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The file whose refused rows these are; "" where they are none."""
    if MENDED_FILE not in header or MENDED_LINE not in header or not rows:
        return ""
    file = rows[0][list(header).index(MENDED_FILE)]
    return file if file.isalnum() and file.isascii() and len(file) <= 64 else ""
