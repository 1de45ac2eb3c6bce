"""On which days letters to addresses were put off, in MongoDB; the addresses themselves are not kept."""

from collections.abc import Mapping
from datetime import date, datetime

from pymongo import UpdateOne

from common.ids import derive
from storage.mongo import Mongo
from storage.personal import Erased
from storage.writes import insert_new

COLLECTION = "soft_bounces"


def forget(database: Mongo, erased: Erased) -> None:
    """What was noted of their addresses goes."""
    ids = [_id(channel, address) for channel, addresses in erased.addresses.items() for address in addresses]
    database[COLLECTION].delete_many({"_id": {"$in": ids}})


ERASING = [forget]


class MongoSoftBounces:
    """Keeps days as texts (2026-03-02), which sort as days do; and the day of the latest delivery since the first."""

    def __init__(self, database: Mongo) -> None:
        self._addresses = database[COLLECTION]

    def add(self, channel: str, address: str, day: date, since: date) -> int:
        """Note a day, unless a delivery is known since; on how many days from `since` on letters were put off."""
        id_ = _id(channel, address)
        insert_new(self._addresses, [{"_id": id_, "days": [], "arrived": ""}])
        self._addresses.update_one(
            {"_id": id_, "arrived": {"$lt": day.isoformat()}}, {"$addToSet": {"days": day.isoformat()}}
        )
        found = self._addresses.find_one({"_id": id_})
        return sum(one >= since.isoformat() for one in found["days"]) if found else 0

    def clear(self, channel: str, arrived: Mapping[str, datetime]) -> list[str]:
        """Something arrived at these addresses then: forget the days until then; those where any had been noted."""
        address_of = {_id(channel, address): address for address in arrived}
        noted = [one["_id"] for one in self._addresses.find({"_id": {"$in": list(address_of)}}, {"_id": 1})]
        days = {id_: arrived[address_of[id_]].date().isoformat() for id_ in noted}
        changes = [
            UpdateOne({"_id": id_}, {"$pull": {"days": {"$lte": day}}, "$max": {"arrived": day}})
            for id_, day in days.items()
        ]
        if changes:
            self._addresses.bulk_write(changes, ordered=False)
        return [address_of[id_] for id_ in noted]


def _id(channel: str, address: str) -> str:
    return derive("soft bounces", channel, address)
