"""The names under which customers stand in links to their own pages, in MongoDB: made by Encore, and saying nothing."""

from common.ids import new_id
from storage.indexes import Index
from storage.mongo import Mongo
from storage.personal import Personal

COLLECTION = "own_pages"
INDEXES = [Index(collection=COLLECTION, keys=[("customer", 1)])]
# Which random name stands for them is no news to anybody.
PERSONAL = [Personal(collection=COLLECTION, customer="customer")]


class MongoOwnPages:
    """Gives each customer a name (OwnPages); who was merged has as many as were given."""

    def __init__(self, database: Mongo) -> None:
        self._names = database[COLLECTION]

    def name(self, customer: str) -> str:
        """The name that stands for a customer, made where there is none."""
        found = self._names.find_one({"customer": customer}, {"_id": 1})
        if found is not None:
            return str(found["_id"])
        name = new_id()
        self._names.insert_one({"_id": name, "customer": customer})
        return name

    def customer(self, name: str) -> str | None:
        """Whom a name stands for."""
        found = self._names.find_one({"_id": name})
        return str(found["customer"]) if found else None

    def withdraw(self, customer: str) -> int:
        """The names of a customer stand for nobody any more; how many there were."""
        return self._names.delete_many({"customer": customer}).deleted_count
