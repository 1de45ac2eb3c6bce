"""What customers bought most often, read off their orders."""

from collections.abc import Sequence

from storage.mongo import Mongo


class MongoFavourites:
    """Customers' favourite products."""

    def __init__(self, database: Mongo) -> None:
        self._orders = database["orders"]

    def of(self, customers: Sequence[str], most: int) -> dict[str, list[str]]:
        """The ids of the `most` products in most of each one's orders; of as many, the one bought last comes first."""
        each = {"customer": "$customer_id", "product": "$lines.product_id"}
        rows = self._orders.aggregate(
            [
                {"$match": {"customer_id": {"$in": list(customers)}, "state": {"$ne": "cancelled"}}},
                {"$project": {"customer_id": 1, "placed_at": 1, "lines.product_id": 1}},
                {"$unwind": "$lines"},
                {"$group": {"_id": each, "times": {"$sum": 1}, "last": {"$max": "$placed_at"}}},
            ]
        )
        found: dict[str, list[str]] = {}
        for row in sorted(rows, key=lambda row: (-row["times"], -row["last"].timestamp(), row["_id"]["product"])):
            mine = found.setdefault(row["_id"]["customer"], [])
            if len(mine) < most:
                mine.append(row["_id"]["product"])
        return found
