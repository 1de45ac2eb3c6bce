"""The runs in MongoDB."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from pymongo.errors import DuplicateKeyError

from campaigns.run import Run, RunState
from common.errors import NotFound
from storage.indexes import Index
from storage.mongo import Mongo, from_document, from_documents, plain, to_document
from storage.personal import Erased, Personal

INDEXES = [
    Index(collection="runs", keys=[("state", 1), ("started_at", 1)]),
    Index(collection="runs", keys=[("campaign._id", 1), ("started_at", 1)]),
    Index(collection="runs", keys=[("customer", 1)], only={"customer": {"$exists": True}}),
    Index(collection="runs", keys=[("data.friend", 1)], only={"data.friend": {"$exists": True}}),
]
PERSONAL = [
    Personal(collection="runs", customer="customer", erase="nobody", gone=["data"]),
    Personal(collection="runs", customer="data.friend", erase="nobody"),
]


def pass_over(database: Mongo, erased: Erased) -> None:
    """A plan that had got to them is gone through again from its start; planning twice plans once."""
    here = {"state": RunState.PLANNING.value, "cursor": erased.customer}
    database["runs"].update_many(here, {"$set": {"cursor": ""}})


ERASING = [pass_over]


class MongoRuns:
    """Keeps runs; `state` is always written, so that it can be compared with."""

    def __init__(self, database: Mongo) -> None:
        self._runs = database["runs"]
        self._campaigns = database["campaigns"]

    def open(self, run: Run) -> None:
        """Keep a new run; one that is already there stays as it is."""
        with suppress(DuplicateKeyError):
            self._runs.insert_one({**to_document(run), "state": run.state.value})

    def get(self, id: str) -> Run:
        """One run; raises NotFound."""
        document = self._runs.find_one({"_id": id})
        if document is None:
            raise NotFound("run", id)
        return from_document(document, Run)

    def move(self, id: str, origin: RunState, target: RunState, **changes: Any) -> bool:
        """Compare-and-set the state; False where it was not in `origin`. The same state twice only changes fields."""
        fields = {name: plain(value) for name, value in changes.items()}
        held = {"_id": id, "state": origin.value}
        return self._runs.update_one(held, {"$set": {"state": target.value, **fields}}).matched_count == 1

    def in_state(self, state: RunState, limit: int) -> list[Run]:
        """Some runs in a state, the oldest first."""
        return from_documents(self._runs.find({"state": state.value}).sort("started_at", 1).limit(limit), Run)

    def last_size(self, segment: str, campaign: str) -> int | None:
        """How many people the latest run over a segment was planned for: the campaign's own, else any other's."""
        others = [one["_id"] for one in self._campaigns.find({"segment": segment}, {"_id": 1})] if segment else []
        return next((size for ids in ([campaign], others) if (size := self._latest(ids)) is not None), None)

    def _latest(self, campaigns: Sequence[str]) -> int | None:
        whole = {"campaign._id": {"$in": list(campaigns)}, "customer": {"$exists": False}, "planned": {"$gt": 0}}
        found = self._runs.find(whole, {"planned": 1}).sort("started_at", -1).limit(1)
        return next((one["planned"] for one in found), None)

    def lately(
        self, campaign: str, customers: Collection[str], since: datetime
    ) -> dict[str, dict[str, tuple[datetime, str]]]:
        """By customer and occurrence: when a run was opened for them after an instant, and about which order if any."""
        wanted = {"customer": {"$in": list(customers)}, "campaign._id": campaign, "started_at": {"$gt": since}}
        told = {"customer": 1, "occurrence": 1, "started_at": 1, "data.event.order": 1}
        found: dict[str, dict[str, tuple[datetime, str]]] = {}
        for one in self._runs.find(wanted, told):
            order = str(one.get("data", {}).get("event", {}).get("order", ""))
            found.setdefault(one["customer"], {})[one["occurrence"]] = (one["started_at"], order)
        return found

    def of_campaigns(self, campaigns: Sequence[str]) -> list[Run]:
        """The runs of these campaigns, the oldest first."""
        found = self._runs.find({"campaign._id": {"$in": list(campaigns)}}).sort("started_at", 1)
        return from_documents(found, Run)
