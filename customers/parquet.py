"""Parquet files, where pyarrow is there: read in batches, so that memory stays flat; values become cells."""

import math
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import IO, Any

from common.errors import Invalid
from customers.reading import Record, number_cell

BATCH = 2_000
# Digits after the point; what floats hold beyond them is how they were reckoned with, not what was meant.
NOISE = 9


def there() -> bool:
    """Whether parquet can be read here."""
    return find_spec("pyarrow") is not None


@cache
def _arrow() -> Any:
    """The library, loaded at the first file: it takes 40 MB, and most processes never meet one."""
    import_module("pyarrow.parquet")
    return import_module("pyarrow")


def columns_of(file: IO[bytes]) -> list[str]:
    """A file's columns; raises Invalid where it is none that can be read."""
    return list(_opened(file).schema_arrow.names)


class Rows:
    """The rows of a parquet file from one on (the first is 0), with a cell for each of these columns."""

    def __init__(self, file: IO[bytes], columns: list[str], start: int = 0) -> None:
        """Raises Invalid where the file is none that can be read."""
        self._file = _opened(file)
        self._columns = columns
        self._start = start
        self.offset = start

    @property
    def count(self) -> int:
        """How many rows the file has."""
        return int(self._file.metadata.num_rows)

    def records(self) -> Iterator[Record]:
        """The rows."""
        number = 0
        for batch in self._batches():
            if number + batch.num_rows > self._start:
                skip = max(0, self._start - number)
                for record in _records(batch.slice(skip), self._columns, number + skip):
                    self.offset = record.after
                    yield record
            number += batch.num_rows

    def _batches(self) -> Iterator[Any]:
        try:
            yield from self._file.iter_batches(BATCH)
        except (_arrow().ArrowException, OSError, ValueError) as error:
            raise Invalid.field("file", f"The parquet file is damaged: {str(error)[:200]}.") from None


def _opened(file: IO[bytes]) -> Any:
    file.seek(0)
    try:
        return _arrow().parquet.ParquetFile(file)
    except (_arrow().ArrowException, OSError, ValueError) as error:
        raise Invalid.field("file", f"This is not a whole parquet file: {str(error)[:200]}.") from None


def _records(batch: Any, columns: list[str], number: int) -> Iterator[Record]:
    names = list(batch.schema.names)
    lists = [batch.column(names.index(column)).to_pylist() for column in columns]
    for index, values in enumerate(zip(*lists, strict=True), number + 1):
        cells = [_cell(value) for value in values]
        problem = "The row holds a NUL character." if any("\0" in cell for cell in cells) else ""
        kind = "nul" if problem else ""
        yield Record(line=index, cells=cells, problem=problem, kind=kind, after=index, last=index)


def _cell(value: Any) -> str:
    """A value as a cell of a table would have it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _decimal(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Decimal):
        return number_cell(format(value, "f"))
    if isinstance(value, list):
        return ";".join(_cell(one) for one in value)
    return str(value)


def _decimal(value: float) -> str:
    """A float as whoever wrote it meant it: 12.3, not 12.299999999999999, and 0 for 0.0000000000000002."""
    text = f"{value:.{NOISE}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else number_cell(text)
