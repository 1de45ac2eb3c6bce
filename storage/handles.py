"""Whose an address is, on channels other than e-mail and text messages: chat ids and devices, which no index covers.

Written before the customer is, and checked against the customer when it is read: what is left of an address that
somebody no longer has does no harm.
"""

from collections.abc import Iterable, Sequence

from pymongo import UpdateOne

from common.ids import derive
from customers.addresses import CHANNELS, TELLING
from storage.indexes import Index
from storage.mongo import Mongo
from storage.personal import Personal

COLLECTION = "handles"
INDEXES = [
    Index(collection=COLLECTION, keys=[("customers", 1)]),
    Index(collection=COLLECTION, keys=[("channel", 1)]),
]
PERSONAL = [Personal(collection=COLLECTION, customer="customers", many=True, erase="leave")]
KEPT = tuple(channel for channel in CHANNELS if channel not in TELLING)

# Whose address it is, on which channel, and the address in its kept form.
Handle = tuple[str, str, str]


class Handles:
    """Finds customers by a chat id or a device."""

    def __init__(self, database: Mongo) -> None:
        self._handles = database[COLLECTION]

    def note(self, handles: Iterable[Handle]) -> None:
        """Note whose addresses these are; those on other channels are passed over."""
        changes = [
            UpdateOne(
                {"_id": _id(channel, address)},
                {"$set": {"channel": channel}, "$addToSet": {"customers": customer}},
                upsert=True,
            )
            for customer, channel, address in handles
            if channel in KEPT
        ]
        if changes:
            self._handles.bulk_write(changes, ordered=False)

    def customers(self, channel: str, address: str) -> list[str]:
        """Who was noted with an address; whether they have it still, their record says."""
        found = self._handles.find_one({"_id": _id(channel, address)})
        return sorted(found["customers"]) if found else []

    def channels(self) -> Sequence[str]:
        """The channels on which anybody was ever noted, in their usual order."""
        return [channel for channel in KEPT if self._handles.find_one({"channel": channel}, {"_id": 1}) is not None]


def _id(channel: str, address: str) -> str:
    return derive("handle", channel, address)
