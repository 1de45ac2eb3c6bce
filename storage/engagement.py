"""The facet `engagement` of customers, as far as the site's events keep it."""

from collections.abc import Mapping, Sequence

import msgspec
from pymongo import UpdateOne

from customers.engagement import CONSUMER, FIELDS, Site
from storage.learning import note_answers
from storage.mongo import Document, Mongo, to_document


class MongoSites:
    """Facets, each written by compare-and-set on the number of times it was written."""

    def __init__(self, database: Mongo) -> None:
        self._database = database
        self._customers = database["customers"]
        self._events = database["events"]

    def read(self, customers: Sequence[str]) -> dict[str, Site]:
        """The facets of those of these customers that exist."""
        found = self._customers.find({"_id": {"$in": list(customers)}}, {"engagement": 1})
        return {one["_id"]: msgspec.convert(one.get("engagement", {}), Site) for one in found}

    def waiting(self, ids: Sequence[str]) -> set[str]:
        """Which of these events are still to be counted."""
        found = self._events.find({"_id": {"$in": list(ids)}, "todo": CONSUMER}, {"_id": 1})
        return {one["_id"] for one in found}

    def answered(self, customers: Sequence[str]) -> None:
        """These customers ordered: which channel they like is to be looked at again."""
        note_answers(self._database, customers)

    def write(self, changes: Mapping[str, tuple[Site, Site]]) -> bool:
        """Put a facet in place of the one that was read, by customer; False where some were changed meanwhile."""
        updates = [_update(customer, known, site) for customer, (known, site) in changes.items()]
        return self._customers.bulk_write(updates, ordered=False).matched_count == len(updates)


def _update(customer: str, known: Site, site: Site) -> UpdateOne:
    document = to_document(site)
    update: Document = {"$set": {f"engagement.{name}": value for name, value in document.items()}}
    if absent := {f"engagement.{name}": "" for name in FIELDS if name not in document}:
        update["$unset"] = absent
    return UpdateOne({"_id": customer, "engagement.round": known.round or None}, update)
