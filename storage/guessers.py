"""Who tried codes that do not exist, how often, and until when they wait."""

from datetime import datetime

from pymongo.errors import DuplicateKeyError

from loyalty.guessing import WINDOW, Guesser
from storage.indexes import Index
from storage.mongo import Mongo, from_document, from_documents, to_document
from storage.personal import Personal

COLLECTION = "guessers"
INDEXES = [Index(collection=COLLECTION, keys=[("waits_until", 1)], only={"waits_until": {"$exists": True}})]
PERSONAL = [Personal(collection=COLLECTION, customer="customer", export="guesses", hidden=["customer", "key"])]


class MongoGuessers:
    """Guessers (Guessers), one document each."""

    def __init__(self, database: Mongo) -> None:
        self._guessers = database[COLLECTION]

    def count(self, guesser: Guesser) -> Guesser:
        """One more miss, in the window that lasts or in a new one; how it stands."""
        at = guesser.last_at
        more = {"$inc": {"misses": 1, "in_all": 1}, "$set": {"last_at": at}}
        if not self._guessers.update_one({"_id": guesser.id, "counted_until": {"$gt": at}}, more).matched_count:
            begun = {"misses": 1, "last_at": at, "counted_until": guesser.counted_until}
            over = {"_id": guesser.id, "counted_until": {"$lte": at}}
            again = self._guessers.update_one(over, {"$set": begun, "$inc": {"in_all": 1}}).matched_count
            if not again and not self._begun(guesser):
                self._guessers.update_one({"_id": guesser.id}, more)
        return from_document(self._guessers.find_one({"_id": guesser.id}) or to_document(guesser), Guesser)

    def wait(self, id: str, until: datetime) -> None:
        """Make them wait, and count on until the window after it is over."""
        self._guessers.update_one({"_id": id}, {"$set": {"waits_until": until, "counted_until": until + WINDOW}})

    def waiting(self, now: datetime) -> dict[str, datetime]:
        """Who waits at this moment, and until when."""
        found = self._guessers.find({"waits_until": {"$gt": now}}, {"waits_until": 1})
        return {document["_id"]: document["waits_until"] for document in found}

    def page(self, after: str, limit: int) -> list[Guesser]:
        """A page in the order of ids."""
        return from_documents(self._guessers.find({"_id": {"$gt": after}}).sort("_id", 1).limit(limit), Guesser)

    def forget(self, before: datetime) -> int:
        """Remove those whose last miss was before this; how many there were."""
        return self._guessers.delete_many({"last_at": {"$lt": before}}).deleted_count

    def _begun(self, guesser: Guesser) -> bool:
        """Whether this was the first miss ever."""
        try:
            self._guessers.insert_one({**to_document(guesser), "misses": 1, "in_all": 1})
        except DuplicateKeyError:
            return False
        return True
