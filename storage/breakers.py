"""The providers' breakers in MongoDB, so that all workers leave a provider alone that one found stopped."""

from messaging.life import Breaker
from storage.mongo import Mongo, from_document, to_document


class MongoBreakers:
    """Keeps one breaker a provider."""

    def __init__(self, database: Mongo) -> None:
        self._breakers = database["breakers"]

    def get(self, provider: str) -> Breaker | None:
        """The provider's breaker, open or not any more; None where it never was."""
        document = self._breakers.find_one({"_id": provider})
        return None if document is None else from_document(document, Breaker)

    def trip(self, breaker: Breaker) -> None:
        """Open it until its time."""
        self._breakers.replace_one({"_id": breaker.id}, to_document(breaker), upsert=True)
