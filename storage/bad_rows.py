"""Rows that imports did not take, in MongoDB, in chunks: all of them, however many, with flat memory."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from customers.importing import BadRow
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_documents, to_document

# A document holds at most 16 MB; a row at most a quarter of one.
CHUNK_ROWS = 100
CHUNK_BYTES = 4 * 1024 * 1024

INDEXES = [Index(collection="bad_rows", keys=[("job", 1), ("line", 1)])]


class MongoBadRows:
    """Rows that were not taken, by job."""

    def __init__(self, database: Mongo) -> None:
        self._chunks = database["bad_rows"]

    def add(self, job: str, rows: Sequence[BadRow], at: datetime) -> None:
        """Keep rows of a job, in the order of their lines; the same again changes nothing."""
        for chunk in _chunks(rows):
            line = chunk[0].line
            document: Document = {"job": job, "line": line, "at": at, "rows": [to_document(row) for row in chunk]}
            # One that comes late, and tells of fewer rows, must not stand in the place of one that tells of more.
            self._chunks.replace_one({"_id": f"{job}:{line}:{len(chunk)}"}, document, upsert=True)

    def of(self, job: str) -> Iterator[BadRow]:
        """All of a job's rows in the order of their lines, each once, with flat memory.

        Chunks may overlap: a worker that died kept rows which the next one kept again in batches of another size, and
        a second reading's rows stand between those of the first.
        """
        waiting: dict[int, BadRow] = {}
        chunks = sorted((chunk["line"], chunk["_id"]) for chunk in self._chunks.find({"job": job}, {"line": 1}))
        for first, id in chunks:  # noqa: A001
            for line in sorted(line for line in waiting if line < first):
                yield waiting.pop(line)
            chunk = self._chunks.find_one({"_id": id})
            rows = from_documents(chunk["rows"], BadRow) if chunk else []
            waiting |= {row.line: row for row in rows}
        yield from (waiting[line] for line in sorted(waiting))

    def remove(self, job: str) -> None:
        """Forget a job's rows."""
        self._chunks.delete_many({"job": job})


def _chunks(rows: Sequence[BadRow]) -> Iterator[list[BadRow]]:
    chunk: list[BadRow] = []
    size = 0
    for row in rows:
        weight = sum(len(cell) for cell in row.cells) + len(row.raw)
        if chunk and (len(chunk) == CHUNK_ROWS or size + weight > CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += weight
    if chunk:
        yield chunk
