"""Products in MongoDB."""

from collections.abc import Mapping, Sequence

import msgspec
from pymongo import ReplaceOne

from common.errors import Stale
from customers.catalogue import Product
from storage.mongo import Mongo, from_document, from_documents, to_document
from storage.shelves import Moves
from storage.writes import insert_new

_TRIES = 10


class MongoProducts:
    """Products in MongoDB. A change is a compare-and-set on the product's version."""

    def __init__(self, database: Mongo) -> None:
        self._products = database["products"]
        self._moves = Moves(database)

    def get(self, ids: Sequence[str]) -> dict[str, Product]:
        """Those of these products that exist, by id."""
        found = self._products.find({"_id": {"$in": list(ids)}})
        return {one["_id"]: from_document(one, Product) for one in found}

    def upsert(self, products: Sequence[Product]) -> None:
        """Keep products as given, whole; one that is already so is left alone. The last of one id counts."""
        left = {product.id: product for product in products}
        for _ in range(_TRIES):
            left = self._write(left)
            if not left:
                return
        raise Stale("Others are changing the same products; try again.")

    def put(self, product: Product, expected_version: int | None = None) -> Product:
        """Keep one; raises Stale when `expected_version` is given and no longer holds."""
        if expected_version is None:
            self.upsert([product])
            return self.get([product.id])[product.id]
        wanted = msgspec.structs.replace(product, version=expected_version + 1)
        same = {"_id": product.id, "version": expected_version}
        moved = _moved({product.id: product}, self.get([product.id]))
        note = self._moves.announce(moved)
        if not self._products.replace_one(same, to_document(wanted)).matched_count:
            raise Stale(f"The product {product.id!r} was changed in the meantime; read it again.")
        self._moves.ready(note, moved)
        return wanted

    def page(self, after: str, limit: int) -> list[Product]:
        """A page in the order of ids."""
        found = self._products.find({"_id": {"$gt": after}}).sort("_id", 1).limit(limit)
        return from_documents(found, Product)

    def _write(self, products: dict[str, Product]) -> dict[str, Product]:
        """Write what differs from what is kept; those that others may have changed meanwhile come back."""
        known = self.get(list(products))
        moved = _moved(products, known)
        note = self._moves.announce(moved)
        fresh = [msgspec.structs.replace(one, version=1) for one in products.values() if one.id not in known]
        late = insert_new(self._products, [to_document(one) for one in fresh])
        changed = [one for one in products.values() if one.id in known and not _same(one, known[one.id])]
        replacements = [_replacement(one, known[one.id].version) for one in changed]
        if replacements:
            result = self._products.bulk_write(replacements, ordered=False)
            if result.matched_count < len(changed):
                late |= {one.id for one in changed}
        self._moves.ready(note, moved)
        return {id: products[id] for id in late}  # noqa: A001  # as the domain calls it


def _moved(given: Mapping[str, Product], known: Mapping[str, Product]) -> list[str]:
    """Those whose categories are to be others than they are; the profiles of those who bought them follow."""
    return [id for id, one in given.items() if one.categories != (known[id].categories if id in known else [])]  # noqa: A001  # as the domain calls it


def _same(given: Product, known: Product) -> bool:
    return msgspec.structs.replace(given, version=known.version) == known


def _replacement(product: Product, version: int) -> ReplaceOne[dict[str, object]]:
    wanted = msgspec.structs.replace(product, version=version + 1)
    return ReplaceOne({"_id": product.id, "version": version}, to_document(wanted))
