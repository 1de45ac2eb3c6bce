"""The providers' breakers in MongoDB, so that all workers leave a provider alone that one found troubled."""

from collections.abc import Sequence
from datetime import datetime

from messaging.life import Breaker
from storage.mongo import Mongo, from_documents, to_document


class MongoBreakers:
    """Keeps one breaker a provider."""

    def __init__(self, database: Mongo) -> None:
        self._breakers = database["breakers"]

    def get(self, providers: Sequence[str]) -> list[Breaker]:
        """The breakers of these providers that were opened and not closed since, whether their time is over or not."""
        return from_documents(self._breakers.find({"_id": {"$in": list(providers)}}), Breaker)

    def trip(self, breaker: Breaker) -> None:
        """Open it until its time."""
        self._breakers.replace_one({"_id": breaker.id}, to_document(breaker), upsert=True)

    def trial(self, breaker: Breaker, until: datetime) -> bool:
        """Be the one who tries the provider again, until then; False where somebody else is."""
        same = {"_id": breaker.id, "until": breaker.until}
        return self._breakers.update_one(same, {"$set": {"until": until}}).modified_count == 1

    def close(self, provider: str) -> None:
        """All is well again."""
        self._breakers.delete_one({"_id": provider})
