"""Customers that match what a segment compiled to, read from MongoDB."""

from collections.abc import Iterator, Sequence

from customers.customer import Customer
from segments.plan import Plan
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
    """Runs the plans of audiences."""

    def __init__(self, database: Mongo, batch: int = BATCH) -> None:
        self._database = database
        self._batch = batch

    def count(self, plan: Plan) -> int:
        """How many match."""
        counting = [*plan.counting(), {"$count": "matching"}]
        for row in self._database[plan.collection].aggregate(counting, allowDiskUse=True):
            return int(row["matching"])
        return 0

    def sample(self, plan: Plan, size: int, after: str = "") -> list[Customer]:
        """A few of those who match, in the order of ids: the first after `after`."""
        stages = [*plan.reading(after), {"$limit": size}]
        return from_documents(self._database[plan.collection].aggregate(stages, allowDiskUse=True), Customer)

    def stream(self, plan: Plan, after: str = "") -> Iterator[Customer]:
        """All who match with an id greater than `after`, in the order of ids.

        One cursor on the server, a batch of customers at a time here. Who starts again passes the last id it got.
        """
        for row in self._all(plan, plan.reading(after)):
            yield from_document(row, Customer)

    def ids(self, plan: Plan) -> Iterator[str]:
        """The ids of all who match, in order."""
        for row in self._all(plan, [*plan.reading(), {"$project": {"_id": 1}}]):
            yield row["_id"]

    def rows(self, collection: str, stages: Sequence[Document]) -> list[Document]:
        """What stages over a collection leave; the caller sees to it that it is little."""
        return list(self._database[collection].aggregate(list(stages)))

    def _all(self, plan: Plan, stages: list[Document]) -> Iterator[Document]:
        with self._database[plan.collection].aggregate(stages, batchSize=self._batch, allowDiskUse=True) as rows:
            yield from rows
