"""Purchases by customer and product, added up in the database a batch of customers at a time; and products' gaps."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from pymongo import ReplaceOne

from campaigns.occasion import Again
from common.clock import Clock
from customers.rhythms import Bought, Usual, due_at, usual
from storage.mongo import Document, Mongo, from_documents, to_document

BATCH = 1_000
# The gaps of products are learned anew after so long, and those who bought nothing for so long teach nothing.
AGED = timedelta(hours=20)
LATELY = timedelta(days=730)


class Rhythms:
    """Reads purchases, and keeps the usual gaps of products."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._customers = database["customers"]
        self._orders = database["orders"]
        self._usual = database["product_rhythms"]
        self._clock = clock

    def used_up(self, start: datetime, end: datetime, products: Collection[str]) -> Iterator[list[Again]]:
        """What becomes due again after `start` up to `end`, of these products or any, customer by customer."""
        known = self._learned()
        for bought in self._purchases():
            due = [
                Again(customer=one.customer, product=one.product, last_at=one.last_at, due_at=at)
                for one in bought
                if (not products or one.product in products) and (at := due_at(one, known)) and start < at <= end
            ]
            if due:
                yield due

    def _learned(self) -> dict[str, Usual]:
        """The gaps of all products; learned anew where what is kept is of yesterday."""
        marker = self._usual.find_one({"_id": ""}) or {}
        now = self._clock.now()
        if marker.get("at") is None or marker["at"] < now - AGED:
            self._learn(now)
        return {one.product: one for one in from_documents(self._usual.find({"gaps": {"$gt": 0}}), Usual)}

    def _learn(self, now: datetime) -> None:
        sums: dict[str, Usual] = {}
        for bought in self._purchases():
            for product, one in usual(bought).items():
                known = sums.get(product, Usual(product=product))
                sums[product] = Usual(product=product, gaps=known.gaps + one.gaps, days=known.days + one.days)
        changes = [ReplaceOne({"_id": one.product}, to_document(one), upsert=True) for one in sums.values()]
        for place in range(0, len(changes), BATCH):
            self._usual.bulk_write(changes[place : place + BATCH], ordered=False)
        self._usual.replace_one({"_id": ""}, {"_id": "", "at": now}, upsert=True)

    def _purchases(self) -> Iterator[list[Bought]]:
        """All who bought lately, a batch of customers at a time, with whatever they ever bought."""
        since = {"profile.last_at": {"$gt": self._clock.now() - LATELY}}
        rows = iter(self._customers.find(since, {"_id": 1}, batch_size=BATCH))
        while ids := [row["_id"] for row in islice(rows, BATCH)]:
            yield self._of(ids)

    def _of(self, customers: Sequence[str]) -> list[Bought]:
        stands: Document = {"customer_id": {"$in": list(customers)}, "state": {"$ne": "cancelled"}}
        day = {"$dateToString": {"date": "$placed_at", "format": "%Y-%m-%d"}}
        stages: list[Document] = [
            {"$match": stands},
            {"$project": {"customer_id": 1, "placed_at": 1, "lines": 1}},
            {"$unwind": "$lines"},
            {
                "$group": {
                    "_id": {"customer": "$customer_id", "product": "$lines.product_id"},
                    "first_at": {"$min": "$placed_at"},
                    "last_at": {"$max": "$placed_at"},
                    "days": {"$addToSet": day},
                }
            },
            {"$sort": {"_id.customer": 1}},
        ]
        return [
            Bought(**row["_id"], first_at=row["first_at"], last_at=row["last_at"], times=len(row["days"]))
            for row in self._orders.aggregate(stages, allowDiskUse=True)
        ]
