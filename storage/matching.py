"""Customers that match what a segment compiled to, read from MongoDB."""

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from operator import itemgetter

from customers.customer import Customer
from segments.plan import CUSTOMERS, Plan, Stage, Walk
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents

# What segments ask for most; the collection has others, and eight are the most that imports can bear.
INDEXES = [
    Index(collection="customers", keys=[("profile.last_at", 1)]),
    Index(collection="customers", keys=[("scores.rfm.cell", 1)]),
]

# Customers that the server sends at a time; what a stream holds in memory.
BATCH = 1_000
# So many customers are rather tried one by one than all rows read; it takes a few hundredths of a second.
FEW = 1_000

# Rows of a few fields are small.
TABLE = 5_000

IDS: list[Stage] = [{"$project": {"_id": 1}}]


class MongoMatching:
    """Runs the plans of audiences."""

    def __init__(self, database: Mongo, batch: int = BATCH, few: int = FEW) -> None:
        self._database = database
        self._batch = batch
        self._few = few

    def count(self, plan: Plan) -> int:
        """How many match."""
        plan = self._narrowed(plan)
        return self._number(plan.base) + self._number(plan.more) - self._number(plan.less)

    def sample(self, plan: Plan, size: int, after: str = "") -> list[Customer]:
        """A few of those who match, in the order of ids: the first after `after`."""
        found = self._tried(plan, size, after)
        if len(found) < size:
            found = list(islice(merged(self._database, self._narrowed(plan), after=after, batch=size), size))
        return from_documents(found, Customer)

    def stream(self, plan: Plan, after: str = "", fields: Sequence[str] = ()) -> Iterator[Customer]:
        """All who match with an id greater than `after`, in the order of ids; of each these fields, or all.

        Cursors on the server, a batch of customers at a time here. Who starts again passes the last id it got.
        """
        last: list[Stage] = [{"$project": dict.fromkeys(fields, 1)}] if fields else []
        for row in merged(self._database, self._narrowed(plan), after=after, last=last, batch=self._batch):
            yield from_document(row, Customer)

    def table(self, plan: Plan, columns: Mapping[str, str], after: str = "") -> Iterator[Document]:
        """Some fields of all who match, in the order of ids: under each name what stands at a path, if anything."""
        fields: Stage = {"$project": {name: f"${path}" for name, path in columns.items()}}
        yield from merged(self._database, self._narrowed(plan), after=after, last=[fields], batch=TABLE)

    def ids(self, plan: Plan) -> Iterator[str]:
        """The ids of all who match, in order."""
        for row in merged(self._database, self._narrowed(plan), last=IDS, batch=self._batch):
            yield row["_id"]

    def rows(self, collection: str, stages: Sequence[Document]) -> list[Document]:
        """What stages over a collection leave; the caller sees to it that it is little."""
        return list(self._database[collection].aggregate(list(stages)))

    def _narrowed(self, plan: Plan) -> Plan:
        """The plan by which few customers are tried one by one, where their own documents leave no more."""
        if plan.each is None or not plan.each.early:
            return plan
        first = [*plan.each.early, {"$limit": self._few + 1}, *IDS]
        left = [row["_id"] for row in self._database[CUSTOMERS].aggregate(first)]
        if len(left) > self._few:
            return plan
        return Plan(base=Walk(head=[{"$match": {"_id": {"$in": left}}}], tail=plan.each.tried))

    def _tried(self, plan: Plan, size: int, after: str) -> list[Document]:
        """Those who match of the first few customers after an id; all of them where there is nothing but customers."""
        if plan.each is None:
            return []
        walk = Walk(head=plan.each.early, tail=[{"$limit": self._few}, *plan.each.tried, {"$limit": size}])
        return list(self._database[CUSTOMERS].aggregate(walk.reading(after), allowDiskUse=True))

    def _number(self, walk: Walk | None) -> int:
        if walk is None:
            return 0
        counting = [*walk.counting(), {"$count": "matching"}]
        rows = self._database[walk.collection].aggregate(counting, allowDiskUse=True)
        return sum(int(row["matching"]) for row in rows)


def merged(
    database: Mongo, plan: Plan, *, after: str = "", last: Sequence[Stage] = (), batch: int = BATCH
) -> Iterator[Document]:
    """The customers of a plan in the order of ids, those after an id, each with the stages `last` done to it.

    Cursors on the server, `batch` customers of each at a time here.
    """

    def all_of(walk: Walk | None, last: Sequence[Stage] = last, batch: int = batch) -> Iterator[Document]:
        return _all(database, walk, walk.reading(after, last), batch) if walk else iter(())

    found = all_of(plan.base)
    if plan.less is not None:
        found = _without(found, all_of(plan.less, IDS, max(batch, BATCH)))
    if plan.more is None:
        return found
    return _once(merge(found, all_of(plan.more), key=itemgetter("_id")))


def _all(database: Mongo, walk: Walk, stages: Sequence[Stage], batch: int) -> Iterator[Document]:
    with database[walk.collection].aggregate(list(stages), batchSize=batch, allowDiskUse=True) as rows:
        yield from rows


def _without(rows: Iterator[Document], others: Iterator[Document]) -> Iterator[Document]:
    """The rows whose ids are not among the others; both are in the order of ids."""
    other = next(others, None)
    for row in rows:
        while other is not None and other["_id"] < row["_id"]:
            other = next(others, None)
        if other is None or other["_id"] != row["_id"]:
            yield row


def _once(rows: Iterator[Document]) -> Iterator[Document]:
    """Each customer once: who changes while two cursors go by may come with both."""
    latest = None
    for row in rows:
        if row["_id"] != latest:
            yield row
        latest = row["_id"]
