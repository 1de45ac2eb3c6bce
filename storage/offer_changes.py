"""Who changed which offer: the events about it, with those that are still on their way."""

from common.events import Event
from loyalty.offer_changes import CHANGED, OfferChange, as_change
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents

INDEXES = [Index(collection="events", keys=[("data.offer", 1)], only={"data.offer": {"$exists": True}})]


class MongoOfferChanges:
    """Changes of offers."""

    def __init__(self, database: Mongo) -> None:
        self._events = database["events"]
        self._offers = database["offers"]

    def page(self, offer: str, after: int, limit: int) -> list[OfferChange]:
        """An offer's changes from the version after this one on, the first one first."""
        # What is on its way is read first: it may arrive meanwhile, but it does not come back.
        document: Document = self._offers.find_one({"_id": offer}, {"pending": 1}) or {}
        waiting = [from_document(one, Event) for one in document.get("pending", [])]
        kept = from_documents(self._events.find({"data.offer": offer, "type": CHANGED}), Event)
        told = {one.id: as_change(one) for one in [*waiting, *kept] if one.type == CHANGED}
        found = sorted(told.values(), key=lambda change: change.version)
        return [change for change in found if change.version > after][:limit]
