"""Win-back ladders in MongoDB: a document a person and campaign, one a campaign's purse, and one a run's lesson."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from pymongo import ReplaceOne

from campaigns.ladder_climb import Climb
from campaigns.ladder_lessons import Learned, Lesson
from campaigns.ladder_settling import Bought, Letter
from loyalty.redemption import STANDING, Redemption
from messaging.message import State
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document, to_documents
from storage.personal import Personal
from storage.writes import insert_new

CLIMBS, PURSES, LESSONS = "ladder_climbs", "ladder_purses", "ladder_lessons"
INDEXES = [
    Index(collection=CLIMBS, keys=[("campaign", 1), ("customer", 1)]),
    Index(collection=CLIMBS, keys=[("customer", 1)]),
    *(
        Index(collection=CLIMBS, keys=[(field, 1)], only={field: {"$exists": True}})
        for field in ("due_at", "marked_at", "pending", "returning")
    ),
    Index(collection=LESSONS, keys=[("campaign", 1), ("_id", 1)]),
]
PERSONAL = [
    Personal(
        collection=CLIMBS,
        customer="customer",
        versioned=True,
        erase="nobody",
        export="win_back",
        hidden=["_id", "customer", "by", "version", "pending", "returning", "back", "marked_at", "due_at"],
    )
]
# What is certain never to have reached anybody.
UNSENT = frozenset({State.HELD_OUT, State.SKIPPED, State.EXPIRED, State.CANCELLED, State.FAILED})
# Of tokens that were fenced off so many are remembered; whoever holds an older one has been asleep for days.
FENCED = 1_000


class MongoClimbs:
    """Keeps climbs (Climbs), and finds those that something is due of (Dues)."""

    def __init__(self, database: Mongo) -> None:
        self._climbs = database[CLIMBS]
        self._orders = database["orders"]
        self._redemptions = database["redemptions"]
        self._messages = database["messages"]

    def of(self, customers: Sequence[str]) -> dict[str, list[Climb]]:
        """The climbs of these people, in whatever campaign."""
        found: dict[str, list[Climb]] = {}
        for climb in self._found({"customer": {"$in": list(customers)}}):
            found.setdefault(climb.customer, []).append(climb)
        return found

    def write(self, changed: Sequence[Climb], by: str) -> list[Climb]:
        """Keep those that still are of the version that they were read in; which were kept."""
        wanted = {one.id: msgspec.structs.replace(one, version=one.version + 1, by=by) for one in changed}
        fresh = [wanted[one.id] for one in changed if not one.version]
        updates = [
            ReplaceOne({"_id": one.id, "version": one.version}, to_document(wanted[one.id]))
            for one in changed
            if one.version
        ]
        lost = insert_new(self._climbs, to_documents(fresh))
        if updates and self._climbs.bulk_write(updates, ordered=False).matched_count < len(updates):
            mine = self._climbs.find({"_id": {"$in": list(wanted)}, "by": by}, {"_id": 1})
            lost = wanted.keys() - {one["_id"] for one in mine}
        return [one for id_, one in wanted.items() if id_ not in lost]

    def confirm(self, token: str) -> None:
        """What is pending under this token stands."""
        self._climbs.update_many(
            {"pending": token}, {"$unset": {"pending": "", "marked_at": ""}, "$inc": {"version": 1}}
        )

    def undo(self, token: str, only: Sequence[str] = ()) -> None:
        """What is pending under this token was never decided; of climbs with these ids `only`, if any are named."""
        which: Document = {"pending": token, "_id": {"$in": list(only)}} if only else {"pending": token}
        gone = {"$pop": {"decisions": 1}, "$unset": {"pending": "", "marked_at": ""}, "$inc": {"version": 1}}
        self._climbs.update_many(which, gone)

    def finish(self, token: str, into: str = "") -> int:
        """What is being given back under this token has been; or goes on `into` another. How much it is."""
        if not into:
            done = {"returning": "", "back": "", "marked_at": ""}
            self._climbs.update_many({"returning": token}, {"$unset": done, "$inc": {"version": 1}})
            return 0
        if into != token:
            self._climbs.update_many({"returning": token}, {"$set": {"returning": into}, "$inc": {"version": 1}})
        return sum(one["back"] for one in self._climbs.find({"returning": into}, {"back": 1}))

    def due(self, now: datetime, limit: int) -> list[Climb]:
        """Climbs of which a window is over, or a code has run out."""
        return self._found({"due_at": {"$lte": now}}, limit)

    def left_over(self, before: datetime, limit: int) -> list[Climb]:
        """Climbs that were marked before then and still are."""
        return self._found({"marked_at": {"$lte": before}}, limit)

    def bought(self, customers: Sequence[str], since: datetime, currency: str) -> dict[str, list[Bought]]:
        """The orders that stand of these people from then on."""
        wanted: Document = {"customer_id": {"$in": list(customers)}, "placed_at": {"$gte": since}}
        stands = {"currency": currency, "state": {"$nin": ["cancelled", "refunded"]}}
        fields = {"customer_id": 1, "placed_at": 1, "total": 1, "refunded": 1}
        found: dict[str, list[Bought]] = {}
        for row in self._orders.find({**wanted, **stands}, fields):
            paid = row["total"] - row.get("refunded", 0)
            found.setdefault(row["customer_id"], []).append(Bought(row["placed_at"], paid))
        return found

    def used(self, messages: Sequence[str], customers: Sequence[str]) -> dict[str, int]:
        """What the codes in these messages, to these people, took off or were otherwise worth, by message."""
        wanted = {"customer": {"$in": list(customers)}, "state": {"$in": [state.value for state in STANDING]}}
        mine, found = set(messages), dict[str, int]()
        for row in self._redemptions.find(wanted):
            one = from_document(row, Redemption)
            if one.message in mine:
                found[one.message] = found.get(one.message, 0) + one.charged.amount - one.returned
        return found

    def letters(self, messages: Sequence[str]) -> dict[str, Letter]:
        """What became of these messages, by their ids."""
        found = self._messages.find({"_id": {"$in": list(messages)}}, {"channel": 1, "state": 1})
        return {one["_id"]: Letter(one.get("channel", ""), State(one["state"]) in UNSENT) for one in found}

    def page(self, campaign: str, after: str, limit: int, customer: str = "") -> list[Climb]:
        """A campaign's climbs in the order of customers, or one customer's."""
        wanted: Document = {"campaign": campaign, "customer": customer or {"$gt": after}}
        found = self._climbs.find(wanted).sort([("customer", 1), ("_id", 1)]).limit(limit)
        return from_documents(found, Climb)

    def _found(self, wanted: Document, limit: int = 0) -> list[Climb]:
        return from_documents(self._climbs.find(wanted).limit(limit), Climb)


class MongoPurses:
    """Purses, a document a campaign: what is promised, who is at it (`open`), who may not be any more (`fenced`)."""

    def __init__(self, database: Mongo) -> None:
        self._purses = database[PURSES]

    def take(self, campaign: str, token: str, amount: int, most: int | None) -> bool:
        """Take an amount, once a token, unless more than `most` would be promised or the token is fenced off."""
        room: Document = {} if most is None else {"promised": {"$lte": most - amount}}
        return self._move(campaign, token, amount, room)

    def give(self, campaign: str, token: str, amount: int) -> bool:
        """Give an amount back, once a token, unless it is fenced off."""
        return self._move(campaign, token, -amount, {})

    def fence(self, campaign: str, token: str) -> bool:
        """See to it that the token can do nothing from now on; False where it has already taken or given."""
        fenced = {"fenced": {"$each": [token], "$slice": -FENCED}}
        self._there(campaign)
        self._purses.update_one(_free(campaign, token), {"$push": fenced})
        return not self._purses.find_one({"_id": campaign, "open": token}, {"_id": 1})

    def close(self, campaign: str, token: str) -> None:
        """What the token did is written everywhere."""
        self._purses.update_one({"_id": campaign}, {"$pull": {"open": token}})

    def promised(self, campaign: str) -> int:
        """What is promised at this moment, minor units."""
        found: dict[str, Any] = self._purses.find_one({"_id": campaign}, {"promised": 1}) or {}
        return int(found.get("promised", 0))

    def _move(self, campaign: str, token: str, amount: int, room: Document) -> bool:
        self._there(campaign)
        change = {"$inc": {"promised": amount}, "$push": {"open": token}}
        moved = self._purses.update_one({**_free(campaign, token), **room}, change)
        return moved.modified_count == 1

    def _there(self, campaign: str) -> None:
        if not self._purses.find_one({"_id": campaign}, {"_id": 1}):
            insert_new(self._purses, [{"_id": campaign, "promised": 0, "open": [], "fenced": []}])


class MongoLessons:
    """Keeps lessons, and sums up what they come from."""

    def __init__(self, database: Mongo) -> None:
        self._climbs = database[CLIMBS]
        self._lessons = database[LESSONS]

    def learned(self, campaign: str) -> list[Learned]:
        """What came of all who have had their time, summed in the database by cell and rung."""
        gain = "$decisions.outcome.gain"
        rows = self._climbs.aggregate(
            [
                {"$match": {"campaign": campaign}},
                {"$project": {"decisions": 1}},
                {"$unwind": "$decisions"},
                {"$match": {"decisions.outcome": {"$exists": True}}},
                {"$project": {"c": "$decisions.cell", "r": "$decisions.rung", "g": {"$ifNull": [gain, 0]},
                              "o": {"$ifNull": ["$decisions.outcome.orders", 0]}}},
                {
                    "$group": {
                        "_id": {"cell": "$c", "rung": "$r"},
                        "customers": {"$sum": 1},
                        "buyers": {"$sum": {"$cond": [{"$gt": ["$o", 0]}, 1, 0]}},
                        "gain": {"$sum": "$g"},
                        "squares": {"$sum": {"$multiply": ["$g", "$g"]}},
                    }
                },
            ]
        )  # fmt: skip
        return [
            Learned(
                cell=row["_id"]["cell"],
                rung=row["_id"]["rung"],
                customers=row["customers"],
                buyers=row["buyers"],
                gain=row["gain"],
                squares=float(row["squares"]),
            )
            for row in rows
        ]

    def keep(self, lesson: Lesson) -> Lesson:
        """Keep a run's lesson, or find the one that was kept first."""
        if insert_new(self._lessons, [to_document(lesson)]):
            return from_document(self._lessons.find_one({"_id": lesson.id}) or {}, Lesson)
        return lesson

    def page(self, campaign: str, after: str, limit: int) -> list[Lesson]:
        """A campaign's, by the ids of their runs."""
        found = self._lessons.find({"campaign": campaign, "_id": {"$gt": after}}).sort("_id", 1).limit(limit)
        return from_documents(found, Lesson)


def _free(campaign: str, token: str) -> Document:
    """The purse, where the token neither did anything yet nor may not."""
    return {"_id": campaign, "open": {"$ne": token}, "fenced": {"$ne": token}}
