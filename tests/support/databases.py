"""Databases for tests: made once with their indexes, lent to one test at a time, and emptied in between.

Making one takes a hundred times as long as emptying it: an index is a file.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from common.ids import new_id
from common.settings import Settings
from storage.indexes import declared, ensure
from storage.mongo import connect


class Databases:
    """The databases of one test process."""

    def __init__(self, url: str) -> None:
        self._client = connect(Settings(mongodb_url=url)).client
        self._spare: list[str] = []
        self._expected = {index.collection for index in declared()}

    @contextmanager
    def lent(self) -> Iterator[str]:
        """The name of an empty database with its indexes, which nobody else uses until the end of the block."""
        name = self._spare.pop() if self._spare else self._made()
        yield name
        self._take_back(name)

    def close(self) -> None:
        """Let go of the server; the databases go with it."""
        self._client.close()

    def _made(self) -> str:
        name = f"test_{new_id()}"
        ensure(self._client[name])
        return name

    def _take_back(self, name: str) -> None:
        database = self._client[name]
        names = set(database.list_collection_names())
        if not self._expected <= names:  # the test has dropped it, indexes and all
            self._client.drop_database(name)
            return
        if database.command("dbStats")["objects"]:
            for collection in names:
                database[collection].delete_many({})
        self._spare.append(name)
