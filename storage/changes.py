"""Who changed which offer, code or referral programme: the events about it, with those that are still on their way."""

from datetime import datetime
from typing import get_args

from common.errors import Invalid
from common.events import Event
from loyalty.changes import Change, Kind, as_change, told_of
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents

COLLECTIONS: dict[Kind, str] = {"offer": "offers", "voucher": "vouchers", "referral_programme": "referral_programmes"}
INDEXES = [
    Index(collection="events", keys=[(f"data.{kind}", 1)], only={f"data.{kind}": {"$exists": True}})
    for kind in get_args(Kind)
]


class MongoChanges:
    """Changes."""

    def __init__(self, database: Mongo) -> None:
        self._database = database
        self._events = database["events"]

    def page(self, kind: Kind, id: str, after: str, limit: int) -> list[Change]:
        """What became of one thing, the first change first, from that with the id `after` on; raises Invalid."""
        # What is on its way is read first: it may arrive meanwhile, but it does not come back.
        document: Document = self._database[COLLECTIONS[kind]].find_one({"_id": id}, {"pending": 1}) or {}
        waiting = [from_document(one, Event) for one in document.get("pending", [])]
        kept = from_documents(self._events.find({f"data.{kind}": id, "type": told_of(kind)}), Event)
        told = {one.id: as_change(kind, one) for one in [*waiting, *kept] if one.type == told_of(kind)}
        found = sorted(told.values(), key=_in_turn)
        if after and after not in told:
            raise Invalid.field("after", "Not the `next` of a page.")
        start = next((place for place, change in enumerate(found, 1) if change.id == after), 0)
        return found[start : start + limit]


def _in_turn(change: Change) -> tuple[int, bool, datetime, str, str]:
    """By versions, each with what became of it while it held."""
    return change.version, change.what.startswith("codes_"), change.at, change.what, change.id
