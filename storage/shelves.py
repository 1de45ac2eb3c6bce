"""What the catalogue has products under: as far as a piece of work needs it, and which products were moved."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from time import monotonic

from common.ids import new_id
from storage.mongo import Documents, Mongo

# A note that is not told to be ready by then is of a process that died.
LEFT_OVER = timedelta(minutes=2)
# A note is followed when it has been known for so long, and whoever read categories longer ago than AGED reads them
# again: so nobody writes what they were after all have followed.
SETTLED = timedelta(seconds=10)
AGED = 5.0


class Shelves:
    """The categories of products, each read once."""

    def __init__(self, products: Documents, aged: float = AGED) -> None:
        """`aged` is in seconds."""
        self._products = products
        self._aged = aged
        self._begun = monotonic()
        self.categories: dict[str, list[str]] = {}

    def another(self) -> "Shelves":
        """The next piece of work's: it need not read again what was read a moment ago."""
        one = Shelves(self._products, self._aged)
        if one._begun - self._begun < self._aged / 2:
            one._begun, one.categories = self._begun, dict(self.categories)
        return one

    def open(self, products: Iterable[str]) -> None:
        """Read those of these products that were not read yet."""
        if wanted := set(products) - self.categories.keys():
            self.categories |= self._read(wanted)

    def moved(self) -> set[str]:
        """The products whose categories are others now than they were when they were read, if that is some time ago."""
        if monotonic() - self._begun < self._aged:
            return set()
        now = self._read(self.categories) if self.categories else {}
        return {one for one, names in self.categories.items() if now[one] != names}

    def _read(self, products: Iterable[str]) -> dict[str, list[str]]:
        found = self._products.find({"_id": {"$in": list(products)}}, {"categories": 1})
        return {one: list[str]() for one in products} | {one["_id"]: one.get("categories", []) for one in found}


class Moves:
    """Notes of products whose categories change, so that the profiles of those who bought them follow.

    A note is written before the products are, and told to be ready after: whichever way a process dies, it is found.
    """

    def __init__(self, database: Mongo) -> None:
        self._notes = database["moved_products"]

    def announce(self, products: Sequence[str]) -> str | None:
        """Note that these products' categories are about to change; the note's id, None where there are none."""
        if not products:
            return None
        note = new_id()
        self._notes.insert_one({"_id": note, "products": list(products)})
        return note

    def ready(self, note: str | None, products: Sequence[str]) -> None:
        """They have changed."""
        if note:
            # Seen anew: what was seen of it before it was ready says nothing of when it was.
            ready = {"$set": {"ready": True, "products": list(products)}, "$unset": {"seen_at": ""}}
            self._notes.update_one({"_id": note}, ready, upsert=True)

    def due(self, now: datetime) -> dict[str, list[str]]:
        """The products of notes that are ready, or that nobody seems to be at any more, by note."""
        self._notes.update_many({"seen_at": None}, {"$set": {"seen_at": now}})
        ready = {"ready": True, "seen_at": {"$lte": now - SETTLED}}
        found = self._notes.find({"$or": [ready, {"seen_at": {"$lte": now - LEFT_OVER}}]})
        return {note["_id"]: note["products"] for note in found}

    def waiting(self) -> bool:
        """Whether there is any note."""
        return self._notes.find_one({}, {"_id": 1}) is not None

    def done(self, notes: Iterable[str]) -> None:
        """The profiles have followed these."""
        self._notes.delete_many({"_id": {"$in": list(notes)}})
