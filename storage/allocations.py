"""The shares that bandits gave, in MongoDB: kept for good, since they say why somebody got what they got."""

from campaigns.experiments.learning import Allocation
from storage.indexes import Index
from storage.mongo import Mongo, from_documents, to_document

INDEXES = [Index(collection="allocations", keys=[("campaign", 1), ("_id", 1)])]


class MongoAllocations:
    """Keeps allocations."""

    def __init__(self, database: Mongo) -> None:
        self._allocations = database["allocations"]

    def add(self, allocation: Allocation) -> None:
        """Keep one."""
        self._allocations.insert_one(to_document(allocation))

    def page(self, campaign: str, after: str, limit: int) -> list[Allocation]:
        """A campaign's, in the order of their ids, which is that of time."""
        found = self._allocations.find({"campaign": campaign, "_id": {"$gt": after}}).sort("_id", 1).limit(limit)
        return from_documents(found, Allocation)
