"""Products in MongoDB, with what a change of stock or price tells others."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import msgspec
from pymongo import UpdateOne

from common.clock import Clock
from common.errors import Stale
from customers.catalogue import Product, StockLevel, news, with_level
from storage.events import pending_index, pending_push
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document
from storage.shelves import Moves
from storage.writes import insert_new

PUMPED = "products"

INDEXES = [Index(collection="products", keys=[("categories", 1)]), pending_index("products")]

_TRIES = 10
_FIELDS = tuple(field.encode_name for field in msgspec.structs.fields(Product) if field.encode_name != "_id")

# What a product becomes; None where it is not to be.
Change = Callable[[Product | None], Product | None]


class MongoProducts:
    """Products in MongoDB. A change is a compare-and-set on the product's version, and tells its news in one write."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._products = database["products"]
        self._moves = Moves(database)
        self._clock = clock

    def get(self, ids: Sequence[str]) -> dict[str, Product]:
        """Those of these products that exist, by id."""
        found = self._products.find({"_id": {"$in": list(ids)}})
        return {one["_id"]: from_document(one, Product) for one in found}

    def upsert(self, products: Sequence[Product]) -> None:
        """Keep products as given, whole; one that is already so is left alone. The last of one id counts."""
        self._apply({product.id: partial(_given, product) for product in products})

    def put(self, product: Product, expected_version: int | None = None) -> Product:
        """Keep one; raises Stale when `expected_version` is given and no longer holds."""
        if expected_version is None:
            self.upsert([product])
            return self.get([product.id])[product.id]
        known = self.get([product.id])
        if product.id not in known or known[product.id].version != expected_version:
            raise _stale(product.id)
        wanted = {product.id: msgspec.structs.replace(product, version=expected_version)}
        if wanted != known and self._write(known, wanted):
            raise _stale(product.id)
        return self.get([product.id])[product.id]

    def set_stock(self, levels: Sequence[StockLevel]) -> tuple[int, list[str]]:
        """Set stock, and price where one is given; the last of one id counts, and the same again changes nothing.

        Returns how many products changed, and the ids that are no products.
        """
        unknown: set[str] = set()
        changed: set[str] = set()
        self._apply({level.product_id: partial(_leveled, level, unknown, changed) for level in levels})
        return len(changed), sorted(unknown)

    def page(self, after: str, limit: int, category: str | None = None, in_stock: bool | None = None) -> list[Product]:
        """A page in the order of ids, of all products or of those under a category, in stock or sold out."""
        found = self._products.find(_query(after, category, in_stock)).sort("_id", 1).limit(limit)
        return from_documents(found, Product)

    def stream(self, after: str, category: str | None = None, in_stock: bool | None = None) -> Iterator[Product]:
        """All of the pages from there on, one by one."""
        for document in self._products.find(_query(after, category, in_stock)).sort("_id", 1):
            yield from_document(document, Product)

    def _apply(self, changes: Mapping[str, Change]) -> None:
        """Change products until nothing is left to change."""
        left = dict(changes)
        for _ in range(_TRIES):
            known = self.get(list(left))
            results = {id: change(known.get(id)) for id, change in left.items()}  # noqa: A001  # as the domain calls it
            wanted = {id: one for id, one in results.items() if one is not None and one != known.get(id)}  # noqa: A001
            lost = self._write(known, wanted) if wanted else set()
            left = {id: left[id] for id in lost}  # noqa: A001
            if not left:
                return
        raise Stale("Others are changing the same products; try again.")

    def _write(self, known: Mapping[str, Product], wanted: Mapping[str, Product]) -> set[str]:
        """Write products that differ from what is kept; those that others may have changed meanwhile come back."""
        moved = _moved(wanted, known)
        note = self._moves.announce(moved)
        fresh = [msgspec.structs.replace(one, version=1) for one in wanted.values() if one.id not in known]
        late = insert_new(self._products, [to_document(one) for one in fresh])
        updates = [self._update(known[one.id], one) for one in wanted.values() if one.id in known]
        if updates:
            result = self._products.bulk_write(updates, ordered=False)
            if result.matched_count < len(updates):
                # Which ones is not told; those that did go in are found as they are wanted when they are read again.
                late |= wanted.keys() & known.keys()
        self._moves.ready(note, moved)
        return late

    def _update(self, known: Product, wanted: Product) -> UpdateOne:
        """The product as wanted; what is pending of it stays, and what is new is added."""
        document = to_document(msgspec.structs.replace(wanted, version=known.version + 1))
        update: Document = {"$set": {name: document[name] for name in _FIELDS if name in document}}
        absent = {name: "" for name in _FIELDS if name not in document}
        if absent:
            update["$unset"] = absent
        told = news(known, wanted, self._clock.now())
        if told:
            pushed = pending_push(told)
            update["$push"] = pushed["$push"]
            update["$set"] |= pushed["$set"]
        return UpdateOne({"_id": known.id, "version": known.version}, update)


def _given(product: Product, known: Product | None) -> Product:
    return msgspec.structs.replace(product, version=known.version if known else 0)


def _leveled(level: StockLevel, unknown: set[str], changed: set[str], known: Product | None) -> Product | None:
    """The product at its level; notes whether there is such a product, and whether this changes it."""
    if known is None:
        unknown.add(level.product_id)
        return None
    leveled = with_level(known, level)
    if leveled != known:
        changed.add(known.id)
    return leveled


def _query(after: str, category: str | None, in_stock: bool | None) -> Document:
    query: Document = {"_id": {"$gt": after}}
    if category is not None:
        query["categories"] = {"$eq": category}
    if in_stock is not None:
        query["stock"] = {"$not": {"$lte": 0}} if in_stock else {"$lte": 0}
    return query


def _moved(given: Mapping[str, Product], known: Mapping[str, Product]) -> list[str]:
    """Those whose categories are to be others than they are; the profiles of those who bought them follow."""
    return [id for id, one in given.items() if one.categories != (known[id].categories if id in known else [])]  # noqa: A001  # as the domain calls it


def _stale(id: str) -> Stale:
    return Stale(f"The product {id!r} was changed in the meantime; read it again.")
