"""Two customers' records, as a merge brings them together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from common.clock import Clock
from common.events import event
from customers.customer import Customer
from storage.events import pending_push
from storage.mongo import Document, Mongo, from_document, plain
from storage.profiles import Profiles


class MongoJoined:
    """The two records; each change is a compare-and-set on the version that was read."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._customers = database["customers"]
        self._profiles = Profiles(database)
        self._clock = clock

    def get(self, ids: Sequence[str]) -> dict[str, Customer]:
        """Those of these customers that exist, by id."""
        found = self._customers.find({"_id": {"$in": list(ids)}})
        return {one["_id"]: from_document(one, Customer) for one in found}

    def take_in(self, into: Customer, other: str, fields: Mapping[str, Any], at: datetime) -> bool:
        """Set these fields (None takes one away) of a record that is still as it was read, and tell its timeline."""
        if not fields:
            return True
        said = event("customer_merged", at, into.id, [into.id, other], merged_from=other)
        pushed = pending_push([said])
        given = {path: plain(value) for path, value in fields.items() if value is not None}
        update: Document = {
            "$set": {**given, "updated_at": self._clock.now(), **pushed["$set"]},
            "$push": pushed["$push"],
            "$inc": {"version": 1},
        }
        if absent := {path: "" for path, value in fields.items() if value is None}:
            update["$unset"] = absent
        return bool(self._customers.update_one(_same(into), update).matched_count)

    def remove(self, customer: Customer) -> bool:
        """Take a record away that is still as it was read."""
        return bool(self._customers.delete_one(_same(customer)).deleted_count)

    def roll_up(self, ids: Sequence[str]) -> None:
        """Work out these customers' profiles from their orders."""
        self._profiles.roll_up(ids, self._clock.now())


def _same(customer: Customer) -> Document:
    """The record while it is as it was read; the site's events are counted without a new version."""
    return {"_id": customer.id, "version": customer.version, "engagement.round": customer.engagement.get("round")}
