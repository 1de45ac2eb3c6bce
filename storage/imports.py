"""Uploaded files in MongoDB, in chunks, so that any worker can read them and none has to hold them."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from storage.indexes import Index
from storage.mongo import Mongo

CHUNK = 256 * 1024

INDEXES = [
    Index(collection="uploads", keys=[("upload", 1), ("number", 1)]),
    Index(collection="uploads", keys=[("at", 1)]),
]


class MongoUploads:
    """Uploaded files in MongoDB."""

    def __init__(self, database: Mongo) -> None:
        self._chunks = database["uploads"]

    def keep(self, upload: str, pieces: Iterable[bytes], at: datetime) -> int:
        """Keep a file as it comes in; its size in bytes. What was kept of one that broke off is taken away."""
        size = 0
        try:
            for number, chunk in enumerate(_even(pieces)):
                self._chunks.insert_one(
                    {"_id": f"{upload}:{number}", "upload": upload, "number": number, "data": chunk, "at": at}
                )
                size += len(chunk)
        except BaseException:
            self.remove(upload)
            raise
        return size

    def read(self, upload: str, offset: int = 0) -> Iterator[bytes]:
        """The file from a byte on, in pieces; ends where it ends."""
        number, skip = divmod(offset, CHUNK)
        while (chunk := self._chunks.find_one({"_id": f"{upload}:{number}"})) is not None:
            yield chunk["data"][skip:]
            number, skip = number + 1, 0

    def remove(self, upload: str) -> None:
        """Take a file away."""
        self._chunks.delete_many({"upload": upload})

    def older_than(self, at: datetime, limit: int) -> Sequence[str]:
        """Some files that began to come in before then."""
        found = self._chunks.find({"at": {"$lt": at}}, {"upload": 1}).limit(limit)
        return sorted({chunk["upload"] for chunk in found})


def _even(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in chunks of one size, but for the last."""
    buffer = bytearray()
    for piece in pieces:
        buffer += piece
        while len(buffer) >= CHUNK:
            yield bytes(buffer[:CHUNK])
            del buffer[:CHUNK]
    if buffer:
        yield bytes(buffer)
