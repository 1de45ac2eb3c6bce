"""Lists as CSV: streamed, and safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

from flask import Response, request

from api.schemas.base import instant_text

MEDIA_TYPE = "text/csv"
# A spreadsheet takes what begins like this for a formula, and would run it (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  # full-width ones too

RESPONSES = {200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}}


def is_wanted() -> bool:
    """Whether this request would rather have CSV than JSON."""
    return request.accept_mimetypes.best_match(["application/json", MEDIA_TYPE]) == MEDIA_TYPE


def answer(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Response:
    """The rows as a file to keep, with flat memory; the first is read now, so that an outage still is a 503."""
    later = iter(rows)
    first = list(_first(later))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    lines = _lines(columns, chain(first, later))
    return Response(lines, content_type=f"{MEDIA_TYPE}; charset=utf-8", headers=headers)


def cell(value: Any) -> str:
    """A value as text that no spreadsheet takes for a formula; numbers stay numbers."""
    if isinstance(value, str):
        # Most texts begin with a letter, and there may be millions of them.
        return value if value[:1].isalnum() or not value.lstrip(" ").startswith(_FORMULA) else f"'{value}"
    if value is None:
        return ""
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return cell(" ".join(str(one) for one in value))
    return str(value)


def _first(rows: Iterator[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        yield row
        return


def _lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row[column]) for column in columns])
        if buffer.tell() > 32_768:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
