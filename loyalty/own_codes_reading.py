"""Lists of codes as shops send them: CSV, lines of text, JSON and NDJSON, each read into rows with their lines."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import IO, Any

import msgspec

from common.errors import Invalid
from customers.reading import CSV, NDJSON, Form, Reader, Record
from loyalty.own_codes import Row

TEXT = "text/plain"
JSON = "application/json"
TYPES = (CSV, TEXT, JSON, NDJSON)

CODE = ("code", "coupon", "coupon_code", "voucher", "voucher_code", "discount_code", "codes")
CUSTOMER = ("customer_id", "customer", "customer id")
# A JSON list has to be held as a whole; whoever has a longer one sends lines.
MAX_JSON = 16 * 1024 * 1024
_PIECE = 1 << 16
# Parts nothing in a line of text.
_NOTHING = "\x1f"


def rows_of(stream: IO[bytes], content_type: str) -> Iterator[Row]:
    """The rows of a list; raises Invalid where it has no beginning that can be read."""
    if content_type == JSON:
        return _of_json(stream.read(MAX_JSON + 1))
    pieces = iter(lambda: stream.read(_PIECE), b"")
    if content_type == NDJSON:
        form = Form(type=NDJSON, columns=["code", "customer_id"], strict=True, ids=["code", "customer_id"])
        return _of_records(Reader(pieces, form).records(), 0, 1)
    if content_type == TEXT:
        return _of_text(pieces)
    return _of_csv(pieces)


def _of_text(pieces: Iterator[bytes]) -> Iterator[Row]:
    """A code a line, and no first line that says so: it is put there."""
    form = Form(type=CSV, columns=["code"], delimiter=_NOTHING)
    for row in _of_records(Reader(chain([b"code\n"], pieces), form).records(), 0, None):
        yield msgspec.structs.replace(row, line=row.line - 1)


def _of_csv(pieces: Iterator[bytes]) -> Iterator[Row]:
    """A CSV whose first line names a column of codes; of several marks the one that this line has most of."""
    first = next(pieces, b"")
    while first and b"\n" not in first and (more := next(pieces, b"")):
        first += more
    line = first.partition(b"\n")[0]
    delimiter = max(",;\t", key=lambda mark: line.count(mark.encode()))
    header = Reader([first], Form(type=CSV, delimiter=delimiter)).header()
    names = [name.lower() for name in header]
    code, customer = _place(names, CODE), _place(names, CUSTOMER)
    if code is None:
        raise Invalid.field("file", f"The first line must name a column of codes: one of {', '.join(CODE)}.")
    form = Form(type=CSV, columns=header, delimiter=delimiter)
    return _of_records(Reader(chain([first], pieces), form).records(), code, customer)


def _place(names: list[str], known: Iterable[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _of_records(records: Iterable[Record], code: int, customer: int | None) -> Iterator[Row]:
    for record in records:
        if record.problem:
            yield Row(line=record.line, code=record.raw, reason=record.kind, detail=record.problem)
        else:
            owner = "" if customer is None else record.cells[customer].strip()
            yield Row(line=record.line, code=record.cells[code], customer=owner)


def _of_json(data: bytes) -> Iterator[Row]:
    """A list of texts, or of objects `{"code": …, "customer_id": …}`; the first one is line 1."""
    if len(data) > MAX_JSON:
        raise Invalid.field("file", f"A JSON list has at most {MAX_JSON:,} bytes; send CSV or {NDJSON}.")
    try:
        items = msgspec.json.decode(data, type=list[Any])
    except RecursionError:
        raise Invalid.field("file", "This is no JSON list of codes: it is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid.field("file", f"This is no JSON list: {str(error)[:200]}.") from None
    return (_of_item(line, item) for line, item in enumerate(items, start=1))


def _of_item(line: int, item: Any) -> Row:
    if isinstance(item, str):
        return Row(line=line, code=item)
    fields = item if isinstance(item, dict) else {}
    code, customer = fields.get("code"), fields.get("customer_id", "")
    if not isinstance(code, str) or not isinstance(customer, str) or fields.keys() - {"code", "customer_id"}:
        detail = 'An item is a text, or an object of the texts "code" and "customer_id".'
        return Row(line=line, reason="wrong_fields", detail=detail)
    return Row(line=line, code=code, customer=customer)
