"""Customers that match what a segment compiled to, read from MongoDB."""

from collections.abc import Iterator, Sequence

from customers.customer import Customer
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents

# What segments ask for most; the collection has others, and eight are the most that imports can bear.
INDEXES = [
    Index(collection="customers", keys=[("profile.last_at", 1)]),
    Index(collection="customers", keys=[("scores.rfm.cell", 1)]),
]

# Customers that the server sends at a time; what a stream holds in memory.
BATCH = 1_000


class MongoMatching:
    """Runs pipelines over customers."""

    def __init__(self, database: Mongo, batch: int = BATCH) -> None:
        self._customers = database["customers"]
        self._batch = batch

    def count(self, pipeline: Sequence[Document]) -> int:
        """How many match."""
        for row in self._customers.aggregate([*pipeline, {"$count": "matching"}]):
            return int(row["matching"])
        return 0

    def sample(self, pipeline: Sequence[Document], size: int) -> list[Customer]:
        """A few of those who match, in the order of ids."""
        rows = self._customers.aggregate([*pipeline, *_IN_ORDER, {"$limit": size}])
        return from_documents(rows, Customer)

    def stream(self, pipeline: Sequence[Document], after: str = "") -> Iterator[Customer]:
        """All who match with an id greater than `after`, in the order of ids.

        One cursor on the server, a batch of customers at a time here. Who starts again passes the last id it got.
        """
        later: list[Document] = [{"$match": {"_id": {"$gt": after}}}] if after else []
        stages = [*later, *pipeline, *_IN_ORDER]
        with self._customers.aggregate(stages, batchSize=self._batch, allowDiskUse=True) as rows:
            for row in rows:
                yield from_document(row, Customer)


_IN_ORDER: list[Document] = [{"$sort": {"_id": 1}}]
