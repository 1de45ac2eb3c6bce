"""When addresses on chats were last heard from, in MongoDB; the addresses themselves are not kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pymongo import UpdateOne

from common.ids import derive
from storage.mongo import Mongo
from storage.personal import Erased

COLLECTION = "heard"


def forget(database: Mongo, erased: Erased) -> None:
    """What was noted of their addresses goes."""
    ids = [_id(channel, address) for channel, addresses in erased.addresses.items() for address in addresses]
    database[COLLECTION].delete_many({"_id": {"$in": ids}})


ERASING = [forget]


class MongoPresence:
    """Keeps two instants of an address: when it last wrote, and when it last gave a sign of being there."""

    def __init__(self, database: Mongo) -> None:
        self._heard = database[COLLECTION]

    def note(self, channel: str, times: Mapping[str, datetime], *, wrote: bool) -> None:
        """Note when addresses were there, and whether they wrote; an earlier time than is known changes nothing."""
        fields = ("there", "wrote") if wrote else ("there",)
        changes = [
            UpdateOne({"_id": _id(channel, address)}, {"$max": dict.fromkeys(fields, at)}, upsert=True)
            for address, at in times.items()
        ]
        if changes:
            self._heard.bulk_write(changes, ordered=False)

    def last(self, channel: str, addresses: Sequence[str]) -> dict[str, datetime]:
        """When these addresses last wrote, in one read; those that never did are left out."""
        return self._times("wrote", channel, addresses)

    def there(self, channel: str, addresses: Sequence[str]) -> dict[str, datetime]:
        """When these addresses last gave a sign that they are there: wrote, or took a block back."""
        return self._times("there", channel, addresses)

    def _times(self, field: str, channel: str, addresses: Sequence[str]) -> dict[str, datetime]:
        address_of = {_id(channel, address): address for address in addresses}
        found = self._heard.find({"_id": {"$in": list(address_of)}})
        return {address_of[one["_id"]]: one[field] for one in found if field in one}


def _id(channel: str, address: str) -> str:
    return derive("heard", channel, address)
