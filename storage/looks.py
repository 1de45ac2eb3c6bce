"""How far triggers that look for people have looked, by campaign."""

from datetime import datetime

from storage.mongo import Mongo


class MongoLooks:
    """Keeps instants (Looks); one that was later stays."""

    def __init__(self, database: Mongo) -> None:
        self._looks = database["trigger_looks"]

    def through(self, campaign: str) -> datetime | None:
        """Up to when all was found; None for nothing yet."""
        found = self._looks.find_one({"_id": campaign})
        return found["through"] if found else None

    def looked(self, campaign: str, through: datetime) -> None:
        """All is found up to then."""
        self._looks.update_one({"_id": campaign}, {"$max": {"through": through}}, upsert=True)
