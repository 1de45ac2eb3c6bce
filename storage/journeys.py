"""Journeys through campaigns, and the turns that people have had; one document each, written by compare-and-set."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from pymongo import ReplaceOne, UpdateOne

from campaigns.journey import Journey, State, Why, journey_id
from common.ids import derive
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document
from storage.personal import Merged, Personal
from storage.writes import insert_new

INDEXES = [
    Index(collection="journeys", keys=[("campaign", 1), ("look_at", 1)]),
    Index(collection="journeys", keys=[("campaign", 1), ("_id", 1)]),
    Index(collection="journeys", keys=[("customer", 1)]),
    Index(collection="trigger_turns", keys=[("customer", 1)]),
]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PERSONAL = [
    Personal(
        collection="journeys",
        customer="customer",
        stays=True,
        export="journeys",
        hidden=["customer", "key", "alone", "seen", "look_at"],
    ),
    Personal(collection="trigger_turns", customer="customer", stays=True),
]


def go_on(database: Mongo, merged: Merged) -> None:
    """Journeys and turns go over under the survivor's ids; where both have one, the survivor's stays."""
    journeys, turns = database["journeys"], database["trigger_turns"]
    mine = [
        {**one, "_id": journey_id(one["campaign"], merged.into, one.get("alone", "")), "customer": merged.into}
        for one in journeys.find({"customer": merged.old})
    ]
    insert_new(journeys, mine)
    journeys.delete_many({"customer": merged.old})
    had = [
        {**one, "_id": _turn(one["kind"], merged.into), "customer": merged.into}
        for one in turns.find({"customer": merged.old})
    ]
    insert_new(turns, had)
    turns.delete_many({"customer": merged.old})


MERGING = [go_on]


class MongoJourneys:
    """Keeps journeys (Journeys), and lists them."""

    def __init__(self, database: Mongo) -> None:
        self._journeys = database["journeys"]

    def get(self, ids: Collection[str]) -> dict[str, Journey]:
        """Those of these that there are."""
        found = self._journeys.find({"_id": {"$in": list(ids)}})
        return {document["_id"]: from_document(document, Journey) for document in found}

    def of_customers(self, campaign: str, customers: Collection[str], since: datetime) -> dict[str, list[Journey]]:
        """Those in a campaign that these people entered after an instant, by customer."""
        wanted: Document = {"customer": {"$in": list(customers)}, "campaign": campaign, "entered_at": {"$gt": since}}
        found: dict[str, list[Journey]] = {}
        for one in from_documents(self._journeys.find(wanted), Journey):
            found.setdefault(one.customer, []).append(one)
        return found

    def add(self, journeys: Sequence[Journey]) -> set[str]:
        """Keep new ones; the ids of those that were there already come back."""
        return insert_new(self._journeys, [_document(one) for one in journeys])

    def put(self, journeys: Sequence[Journey]) -> int:
        """Keep these in place of those whose version is one less; how many of them were still so."""
        changes = [ReplaceOne({"_id": one.id, "version": one.version - 1}, _document(one)) for one in journeys]
        return self._journeys.bulk_write(changes, ordered=False).modified_count if changes else 0

    def due(self, campaign: str, now: datetime, limit: int) -> list[Journey]:
        """Some that are to be looked at."""
        found = self._journeys.find({"campaign": campaign, "look_at": {"$lte": now}}).limit(limit)
        return from_documents(found, Journey)

    def stop(self, campaign: str, now: datetime) -> int:
        """End all of a campaign, since it was cancelled; how many."""
        going = {"campaign": campaign, "state": "going"}
        ended = {"state": "ended", "why": "cancelled", "ended_at": now}
        change = {"$set": ended, "$unset": {"look_at": "", "due_at": ""}, "$inc": {"version": 1}}
        return self._journeys.update_many(going, change).modified_count

    def hurry(self, customers: Collection[str], now: datetime) -> int:
        """Look at these people's again now: something happened that may end them; how many."""
        going = {"customer": {"$in": list(customers)}, "look_at": {"$gt": now}}
        return self._journeys.update_many(going, {"$set": {"look_at": now}}).modified_count

    def going(self, campaign: str) -> bool:
        """Whether anybody is inside."""
        return self._journeys.find_one({"campaign": campaign, "look_at": {"$gte": _EPOCH}}, {"_id": 1}) is not None

    def of_campaign(
        self, campaign: str, after: str, limit: int, state: State | None = None, why: Why | None = None
    ) -> Iterator[Journey]:
        """Those of a campaign after an id, in the order of ids; a `limit` of 0 is all of them."""
        wanted: Document = {"campaign": campaign, "_id": {"$gt": after}}
        wanted |= {name: value for name, value in (("state", state), ("why", why)) if value}
        for document in self._journeys.find(wanted).sort("_id", 1).limit(limit):
            yield from_document(document, Journey)


class MongoTurns:
    """Keeps turns (Turns)."""

    def __init__(self, database: Mongo) -> None:
        self._turns = database["trigger_turns"]

    def take(self, kind: str, wanted: Mapping[str, str], since: datetime, now: datetime) -> set[str]:
        """Who of these (their entries, by customer) was not let in since then by another entry; notes that they are."""
        ids = {_turn(kind, customer): customer for customer in wanted}
        known = {one["_id"]: one for one in self._turns.find({"_id": {"$in": list(ids)}})}
        fresh = [
            {"_id": id_, "kind": kind, "customer": customer, "entry": wanted[customer], "at": now}
            for id_, customer in ids.items()
            if id_ not in known
        ]
        insert_new(self._turns, fresh)
        again = [
            UpdateOne({"_id": id_, "at": one["at"]}, {"$set": {"entry": wanted[ids[id_]], "at": now}})
            for id_, one in known.items()
            if one["at"] <= since
        ]
        if again:
            self._turns.bulk_write(again, ordered=False)
        now_kept = self._turns.find({"_id": {"$in": list(ids)}}, {"entry": 1})
        return {ids[one["_id"]] for one in now_kept if one["entry"] == wanted[ids[one["_id"]]]}


def _turn(kind: str, customer: str) -> str:
    return derive("turn", kind, customer)


def _document(journey: Journey) -> Document:
    """What is asked for, and told in histories, is always written."""
    told = {"version": journey.version, "why": journey.why, "number": journey.number, "step": journey.step}
    return {**to_document(journey), **told}
