"""What the catalogue has products under, as far as a piece of work needs it."""

from collections.abc import Iterable

from storage.mongo import Documents


class Shelves:
    """The categories of products, each read once."""

    def __init__(self, products: Documents) -> None:
        self._products = products
        self.categories: dict[str, list[str]] = {}

    def open(self, products: Iterable[str]) -> None:
        """Read those of these products that were not read yet."""
        if wanted := set(products) - self.categories.keys():
            self.categories |= self._read(wanted)

    def moved(self) -> set[str]:
        """The products whose categories are others now than they were when they were read."""
        now = self._read(self.categories) if self.categories else {}
        return {one for one, names in self.categories.items() if now[one] != names}

    def _read(self, products: Iterable[str]) -> dict[str, list[str]]:
        found = self._products.find({"_id": {"$in": list(products)}}, {"categories": 1})
        return {one: list[str]() for one in products} | {one["_id"]: one.get("categories", []) for one in found}
