"""Leases: one process at a time does a chore; whoever dies loses it when its time is up."""

from datetime import timedelta

from pymongo.errors import DuplicateKeyError

from common.clock import Clock
from storage.mongo import Mongo


class MongoLeases:
    """Who holds which chore, until when."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._leases = database["leases"]
        self._clock = clock

    def hold(self, chore: str, owner: str, seconds: float) -> bool:
        """Take the chore, or keep it where we have it; False where somebody else does."""
        now = self._clock.now()
        until = now + timedelta(seconds=seconds)
        free = {"_id": chore, "$or": [{"owner": owner}, {"until": {"$lte": now}}]}
        try:
            self._leases.update_one(free, {"$set": {"owner": owner, "until": until}}, upsert=True)
        except DuplicateKeyError:  # somebody's, and not free: the upsert found no match and tried to insert
            return False
        return True

    def release(self, chore: str, owner: str) -> None:
        """Give the chore back."""
        self._leases.delete_one({"_id": chore, "owner": owner})
