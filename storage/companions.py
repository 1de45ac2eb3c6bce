"""Products that the same people buy, counted in MongoDB: a document a product, and one for each category's best."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import pymongo
from pymongo import ReplaceOne

from common.ids import new_id
from content.companions import LEAST_TOGETHER, Companions
from storage.mongo import Document, Documents, Mongo, from_document, to_document

# Who has more products than this buys for others, and tells nothing of anybody's taste.
MOST_OWNED = 200
# How far back an order tells what is bought again, and what sells well.
AGAIN_SINCE = timedelta(days=730)
SOLD_SINCE = timedelta(days=365)
# Seconds that a worker waits for what looks at everybody; a request to the API never asks for it.
PATIENCE = 300.0
_STANDS: Document = {"state": {"$nin": ["cancelled", "refunded"]}}


class MongoCompanions:
    """Counts (Tally), and keeps what was counted (Counts)."""

    def __init__(self, database: Mongo) -> None:
        self._companions = database["companions"]
        self._best = database["best_sellers"]
        self._customers = database["customers"]
        self._orders = database["orders"]
        self._products = database["products"]

    def buyers(self) -> dict[str, int]:
        """How many customers bought each product."""
        rows = self._patiently(
            self._customers,
            [
                {"$match": {"profile.products.0": {"$exists": True}}},
                {"$project": {"product": "$profile.products"}},
                {"$unwind": "$product"},
                {"$group": {"_id": "$product", "customers": {"$sum": 1}}},
            ],
        )
        return {row["_id"]: row["customers"] for row in rows}

    def together(self, products: Sequence[str], at: datetime) -> tuple[dict[str, int], Iterator[tuple[str, str, int]]]:
        """Of these products: how many bought each more than once; and (product, other, customers who have both)."""
        rows = self._patiently(self._customers, _pairs(products))
        return self._again(products, at), ((row["_id"]["a"], row["_id"]["b"], row["n"]) for row in rows)

    def _again(self, products: Sequence[str], at: datetime) -> dict[str, int]:
        rows = self._patiently(
            self._orders,
            [
                {"$match": {"placed_at": {"$gte": at - AGAIN_SINCE}, "lines.product_id": {"$in": list(products)}}},
                {"$match": _STANDS},
                {"$project": {"customer_id": 1, "product": _among(_lines(), products)}},
                {"$unwind": "$product"},
                {"$group": {"_id": {"c": "$customer_id", "p": "$product"}, "orders": {"$sum": 1}}},
                {"$match": {"orders": {"$gt": 1}}},
                {"$group": {"_id": "$_id.p", "customers": {"$sum": 1}}},
            ],
        )
        return {row["_id"]: row["customers"] for row in rows}

    def keep(self, counted: Sequence[Companions]) -> None:
        """Keep a batch's, in place of what was there."""
        writes = [ReplaceOne({"_id": one.id}, to_document(one), upsert=True) for one in counted]
        if writes:
            self._companions.bulk_write(writes, ordered=False)

    def rank(self, buyers: Mapping[str, int], at: datetime, kept: int) -> int:
        """Find the best sellers of each category and of all, and keep them; how many categories."""
        sold = self._sold(at)
        best: dict[str, list[tuple[int, int, str]]] = {}
        for row in self._products.find({}, {"categories": 1}):
            standing = (sold.get(row["_id"], 0), buyers.get(row["_id"], 0), row["_id"])
            for category in {"", *row.get("categories", [])} if any(standing[:2]) else ():
                shelf = best.setdefault(category, [])
                (heapq.heappush if len(shelf) < kept else heapq.heappushpop)(shelf, standing)
        mark = new_id()
        writes = [
            ReplaceOne(
                {"_id": name}, {"products": [one for *_, one in sorted(shelf, reverse=True)], "by": mark}, upsert=True
            )
            for name, shelf in best.items()
        ]
        if writes:
            self._best.bulk_write(writes, ordered=False)
        self._best.delete_many({"by": {"$ne": mark}})
        return len(best)

    def _sold(self, at: datetime) -> dict[str, int]:
        """In how many of the last year's orders each product is."""
        rows = self._patiently(
            self._orders,
            [
                {"$match": {"placed_at": {"$gte": at - SOLD_SINCE}}},
                {"$match": _STANDS},
                {"$project": {"product": _lines()}},
                {"$unwind": "$product"},
                {"$group": {"_id": "$product", "orders": {"$sum": 1}}},
            ],
        )
        return {row["_id"]: row["orders"] for row in rows}

    def orders(self) -> int:
        """About how many orders there are."""
        return self._orders.estimated_document_count()

    def of(self, products: Sequence[str]) -> dict[str, Companions]:
        """What was counted of each of these products."""
        if not products:
            return {}
        found = self._companions.find({"_id": {"$in": list(products)}})
        return {row["_id"]: from_document(row, Companions) for row in found}

    def best_sellers(self, categories: Sequence[str]) -> dict[str, list[str]]:
        """The ids of the best sellers of each of these categories, the best first; of all products for ""."""
        found = self._best.find({"_id": {"$in": list(categories)}})
        return {row["_id"]: row["products"] for row in found}

    @staticmethod
    def _patiently(collection: Documents, stages: list[Document]) -> list[Document]:
        with pymongo.timeout(PATIENCE):
            return list(collection.aggregate(stages, allowDiskUse=True))


def _pairs(products: Sequence[str]) -> list[Document]:
    """Each of these products with each that its buyers have, and how many have both."""
    return [
        {"$match": {"profile.products": {"$in": list(products)}, f"profile.products.{MOST_OWNED}": {"$exists": False}}},
        {"$project": {"a": _among("$profile.products", products), "b": "$profile.products"}},
        {"$unwind": "$a"},
        {"$unwind": "$b"},
        {"$group": {"_id": {"a": "$a", "b": "$b"}, "n": {"$sum": 1}}},
        {"$match": {"n": {"$gte": LEAST_TOGETHER}}},
    ]


def _among(path: object, products: Sequence[str]) -> Document:
    """Those of a list of products that are among these; each once."""
    return {"$setIntersection": [path, {"$literal": list(products)}]}


def _lines() -> Document:
    """The products of an order, each once."""
    ids = {"$map": {"input": "$lines", "as": "line", "in": "$$line.product_id"}}
    return {"$setUnion": [ids, []]}
