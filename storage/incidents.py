"""The incidents in MongoDB: what went wrong. Whom it hit stands in storage/cases.py."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from common.errors import NotFound
from customers.incident import Incident
from customers.timeline import place_of
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document
from storage.writes import insert_new

INDEXES = [
    Index(collection="incidents", keys=[("opened_at", 1)]),
    Index(collection="incidents", keys=[("finding", 1)], only={"finding": {"$exists": True}}),
]
# How far the chore has looked for orders that are late.
_MARK = "late"


class MongoIncidents:
    """Incidents (Incidents)."""

    def __init__(self, database: Mongo) -> None:
        self._incidents = database["incidents"]
        self._cases = database["incident_cases"]
        self._marks = database["incident_marks"]

    def add(self, incidents: Sequence[Incident]) -> None:
        """Keep new ones; one that is there stays as it is."""
        known = {
            one["_id"] for one in self._incidents.find({"_id": {"$in": [one.id for one in incidents]}}, {"_id": 1})
        }
        insert_new(self._incidents, [to_document(one) for one in incidents if one.id not in known])

    def get(self, id: str) -> Incident:
        """One; raises NotFound."""
        document = self._incidents.find_one({"_id": id})
        if document is None:
            raise NotFound("incident", id)
        return from_document(document, Incident)

    def unfinished(self, limit: int) -> list[Incident]:
        """Those of which not all whom they hit are found."""
        return from_documents(self._incidents.find({"finding": True}).limit(limit), Incident)

    def found(self, id: str) -> None:
        """Note that all whom it hit are found."""
        self._incidents.update_one({"_id": id, "finding": True}, {"$unset": {"finding": ""}})

    def page(self, after: str, limit: int, cause: str | None = None, state: str | None = None) -> list[Incident]:
        """A page, the newest first; with `state`, those with a case in it. Raises Invalid for a cursor that is none."""
        query: Document = {"cause": cause} if cause else {}
        if state:
            with_one = self._cases.aggregate([{"$match": {"state": state}}, {"$group": {"_id": "$incident"}}])
            query["_id"] = {"$in": [one["_id"] for one in with_one]}
        if after:
            at, id = place_of(after)  # noqa: A001  # as the domain calls it
            query["$or"] = [{"opened_at": {"$lt": at}}, {"opened_at": at, "_id": {"$lt": id}}]
            query = {"$and": [query]}
        found = self._incidents.find(query).sort([("opened_at", -1), ("_id", -1)]).limit(limit)
        return from_documents(found, Incident)

    def tallies(self, incidents: Sequence[str]) -> dict[str, dict[str, int]]:
        """How many cases each of these has, by state."""
        grouped: list[dict[str, Any]] = [
            {"$match": {"incident": {"$in": list(incidents)}}},
            {"$group": {"_id": {"incident": "$incident", "state": "$state"}, "cases": {"$sum": 1}}},
        ]
        found: dict[str, dict[str, int]] = {incident: {} for incident in incidents}
        for row in self._cases.aggregate(grouped):
            found[row["_id"]["incident"]][row["_id"]["state"]] = row["cases"]
        return found

    def looked_until(self) -> datetime | None:
        """Until which promised date orders were looked at; None where they never were."""
        mark = self._marks.find_one({"_id": _MARK})
        return mark["until"] if mark else None

    def look_until(self, until: datetime) -> None:
        """Note that those until then were looked at."""
        self._marks.update_one({"_id": _MARK}, {"$set": {"until": until}}, upsert=True)
