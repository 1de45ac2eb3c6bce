"""What there is already, asked for in bulk by those who take in files."""

from collections.abc import Sequence

from storage.aliases import Aliases
from storage.mongo import Documents, Mongo


class MongoKnown:
    """Which customers, orders and products there are."""

    def __init__(self, database: Mongo, aliases: Aliases) -> None:
        self._customers = database["customers"]
        self._orders = database["orders"]
        self._products = database["products"]
        self._aliases = aliases

    def with_address(self, channel: str, addresses: Sequence[str]) -> dict[str, list[str]]:
        """The customers who have each of these (normalised) addresses."""
        place = f"addresses.{channel}"
        wanted = dict.fromkeys(addresses)
        found: dict[str, list[str]] = {}
        for one in self._customers.find({place: {"$in": list(wanted)}}, {place: 1}):
            for address in one["addresses"][channel]:
                if address in wanted:
                    found.setdefault(address, []).append(one["_id"])
        return found

    def customers(self, ids: Sequence[str]) -> set[str]:
        """Those of these customers that there are, under this id or one they were merged into."""
        there = _there(self._customers, ids)
        return there | set(self._aliases.resolve(sorted(set(ids) - there)))

    def orders(self, ids: Sequence[str]) -> dict[str, str]:
        """Those of these orders that there are, and which file the lines of each are from; "" where from none."""
        found = self._orders.find({"_id": {"$in": list(ids)}}, {"import_file": 1})
        return {one["_id"]: one.get("import_file", "") for one in found}

    def products(self, ids: Sequence[str]) -> set[str]:
        """Those of these products that there are."""
        return _there(self._products, ids)


def _there(collection: Documents, ids: Sequence[str]) -> set[str]:
    return {one["_id"] for one in collection.find({"_id": {"$in": list(ids)}}, {"_id": 1})}
