"""Customers with one address, found by aggregations over batches of addresses, and kept under keyed hashes of them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from pymongo import UpdateOne

from common.ids import keyed, new_id
from customers.addresses import TELLING
from customers.duplicates import Duplicate
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_documents
from storage.personal import Personal

FOUND = "duplicates"
NOTES = "unmatched"
INDEXES = [Index(collection=FOUND, keys=[("customers", 1)])]
PERSONAL = [
    Personal(collection=FOUND, customer="customers", many=True, erase="leave"),
    Personal(collection=NOTES, customer="customers", many=True, erase="leave"),
]
# Customers whose addresses are compared at once.
BATCH = 1_000
# One address of more customers than this is a shop's till or a test, and nobody's.
MOST = 50

_REAL: Document = {"customers.1": {"$exists": True}}


def note(database: Mongo, customers: Iterable[str]) -> None:
    """Note that these customers' addresses were written, to be compared soon."""
    if ids := sorted(customers):
        database[NOTES].insert_one({"_id": new_id(), "customers": ids})


class MongoDuplicates:
    """What was found; `key` makes of an address what cannot be turned back."""

    def __init__(self, database: Mongo, key: bytes) -> None:
        self._customers = database["customers"]
        self._found = database[FOUND]
        self._notes = database[NOTES]
        self._key = key

    def look(self, customers: Sequence[str], now: datetime) -> list[Duplicate]:
        """Compare these customers' addresses with everybody's; what was not found before."""
        fresh: list[Duplicate] = []
        ids = list(customers)
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            rows = list(self._customers.find({"_id": {"$in": batch}}, {"addresses": 1}))
            fresh += self._compare(batch, rows, now)
        return fresh

    def look_at_all(self, now: datetime) -> list[Duplicate]:
        """The same for all customers, in batches."""
        fresh: list[Duplicate] = []
        with self._customers.find({}, {"addresses": 1}) as everybody:
            while rows := list(islice(everybody, BATCH)):
                fresh += self._compare([row["_id"] for row in rows], rows, now)
        return fresh

    def noted(self, limit: int) -> dict[str, list[str]]:
        """Notes of customers who were written and not looked at yet, by the note's id."""
        return {one["_id"]: one["customers"] for one in self._notes.find({}).limit(limit)}

    def done(self, notes: Sequence[str]) -> None:
        """Take notes away."""
        self._notes.delete_many({"_id": {"$in": list(notes)}})

    def page(self, after: str, limit: int) -> list[Duplicate]:
        """A page of what was found, in the order of ids."""
        found = self._found.find({"_id": {"$gt": after}, **_REAL}).sort("_id", 1).limit(limit)
        return from_documents(found, Duplicate)

    def others(self, customer: str) -> list[str]:
        """Who has an address of this customer's, sorted."""
        found = self._found.find({"customers": customer}, {"customers": 1})
        return sorted({other for one in found for other in one["customers"]} - {customer})

    def sharing(self, customers: Collection[str]) -> set[str]:
        """Those of these customers who share an address with somebody, as far as it was found, in one read."""
        asked = set(customers)
        found = self._found.find({"customers": {"$in": sorted(asked)}, **_REAL}, {"customers": 1})
        return {one for row in found for one in row["customers"] if one in asked}

    def _compare(self, batch: Sequence[str], rows: Sequence[Document], now: datetime) -> list[Duplicate]:
        """Keep who shares an address with one of a batch, and forget who of it does no more."""
        shared = {one.id: one for channel in TELLING for one in self._shared(channel, rows, now)}
        known = {one["_id"]: one for one in self._found.find({"customers": {"$in": list(batch)}})}
        over = [id_ for id_ in known if id_ not in shared]
        if over:
            self._found.delete_many({"_id": {"$in": over}})
        changed = [one for one in shared.values() if known.get(one.id, {}).get("customers") != one.customers]
        if changed:
            self._found.bulk_write([_kept(one) for one in changed], ordered=False)
        return [one for one in changed if not set(one.customers) <= set(known.get(one.id, {}).get("customers", []))]

    def _shared(self, channel: str, rows: Sequence[Document], now: datetime) -> Iterator[Duplicate]:
        place = f"addresses.{channel}"
        addresses = sorted({one for row in rows for one in row.get("addresses", {}).get(channel, [])})
        if not addresses:
            return
        theirs: dict[str, Any] = {place: {"$in": addresses}}
        stages: list[Document] = [
            {"$match": theirs},
            {"$project": {"address": f"${place}"}},
            {"$unwind": "$address"},
            {"$match": {"address": {"$in": addresses}}},
            {"$group": {"_id": "$address", "customers": {"$addToSet": "$_id"}}},
            {"$match": _REAL},
        ]
        for row in self._customers.aggregate(stages):
            if len(row["customers"]) <= MOST:
                id_ = keyed(self._key, "duplicate", channel, row["_id"])
                yield Duplicate(id=id_, channel=channel, customers=sorted(row["customers"]), found_at=now)


def _kept(one: Duplicate) -> UpdateOne:
    given = {"channel": one.channel, "customers": one.customers}
    return UpdateOne({"_id": one.id}, {"$set": given, "$setOnInsert": {"found_at": one.found_at}}, upsert=True)
