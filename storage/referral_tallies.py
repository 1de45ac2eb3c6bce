"""How many friends count in each referral programme, one document each, so that one update is exact."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from loyalty.programme import Limits
from loyalty.referral_limits import Hold, Tally
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, to_document
from storage.writes import insert_new

INDEXES: list[Index] = []


class MongoTallies:
    """Tallies (Tallies)."""

    def __init__(self, database: Mongo) -> None:
        self._tallies = database["referral_tallies"]

    def get(self, programme: str) -> Tally:
        """A programme's; an empty one where nothing was counted."""
        found = self._tallies.find_one({"_id": programme})
        return Tally(programme=programme) if found is None else from_document(found, Tally)

    def take(self, programme: str, hold: Hold, limits: Limits) -> bool:
        """Take the hold's place if the limits allow, and nothing is open about the same referral."""
        wanted: Document = {"_id": programme, "open.referral": {"$ne": hold.referral}}
        # "not greater" also holds where nothing has been counted yet
        if limits.in_all is not None:
            wanted["count"] = {"$not": {"$gte": limits.in_all}}
        if limits.in_period is not None:
            wanted[f"periods.{hold.period}"] = {"$not": {"$gte": limits.in_period}}
        if limits.money is not None:
            wanted["worth"] = {"$not": {"$gt": limits.money.amount - hold.worth}}
        change = {"$inc": _amounts(hold, 1), "$push": {"open": to_document(hold)}}
        if self._tallies.update_one(wanted, change).modified_count:
            return True
        if self._tallies.find_one({"_id": programme}, {"_id": 1}) is not None:
            return False
        insert_new(self._tallies, [to_document(Tally(programme=programme))])
        return self._tallies.update_one(wanted, change).modified_count == 1

    def intend(self, programme: str, hold: Hold) -> None:
        """Note that a place is to be given back; nothing is given yet."""
        self._tallies.update_one({"_id": programme}, {"$push": {"open": to_document(hold)}})

    def settle(self, programme: str, hold: Hold, *, back: bool) -> None:
        """Strike a hold, and give its place back if so; nothing where it is struck already."""
        change: dict[str, Any] = {"$pull": {"open": {"token": hold.token}}}
        if back:
            change["$inc"] = _amounts(hold, -1)
        self._tallies.update_one({"_id": programme, "open.token": hold.token}, change)

    def unsettled(self, before: datetime) -> Sequence[tuple[str, Hold]]:
        """Holds older than this, with their programmes' ids; there are as many programmes as marketers think of."""
        found = self._tallies.find({"open.0": {"$exists": True}}, {"open": 1})
        holds = [(document["_id"], from_document(hold, Hold)) for document in found for hold in document["open"]]
        return [(programme, hold) for programme, hold in holds if hold.at < before]


def _amounts(hold: Hold, sign: int) -> dict[str, int]:
    if hold.what == "tier":
        return {"worth": sign * hold.worth}
    return {"count": sign, f"periods.{hold.period}": sign, "worth": sign * hold.worth}
