"""What customers answered to, by channel, and what was learned from it: notes of whom to look at, and the evidence."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import UpdateOne

from common.ids import new_id
from customers.learning import BY_MACHINE, Answers, Evidence, Letter
from storage.indexes import Index
from storage.mongo import Document, Mongo, to_document
from storage.personal import Personal

NOTES = "answer_notes"

INDEXES: list[Index] = []
PERSONAL = [Personal(collection=NOTES, customer="customers", many=True, erase="leave")]

# A provider has it, as far as anybody knows, and nobody said that it came back.
_REACHED = ["accepted", "delivered"]
_DONE = ["opened", "clicked"]


def note_answers(database: Mongo, customers: Iterable[str]) -> None:
    """Note that these customers did something that tells which channel they like."""
    if named := sorted({customer for customer in customers if customer}):
        database[NOTES].insert_one({"_id": new_id(), "customers": named})


class MongoLessons:
    """Reads the evidence of many customers at once: a query a collection, by its index on customers."""

    def __init__(self, database: Mongo) -> None:
        self._database = database

    def due(self, limit: int) -> tuple[list[str], list[str]]:
        """The oldest notes and the customers they name."""
        found = list(self._database[NOTES].find().sort("_id", 1).limit(limit))
        return [note["_id"] for note in found], sorted({one for note in found for one in note["customers"]})

    def evidence(self, customers: Sequence[str], since: datetime) -> dict[str, Evidence]:
        """What each was sent and did since then."""
        found: dict[str, dict[str, list[Any]]] = {
            customer: {"letters": [], "done": [], "replies": [], "orders": []} for customer in customers
        }
        mine = {"$in": list(customers)}
        sent = {"customer": mine, "handed_at": {"$gte": since}, "state": {"$in": _REACHED}}
        for row in self._read("messages", sent, "customer", "channel", "handed_at"):
            letter = Letter(id=row["_id"], channel=row["channel"], at=row["handed_at"])
            found[row["customer"]]["letters"].append(letter)
        done = {"customer": mine, "at": {"$gte": since}, "type": {"$in": _DONE}, "detail": {"$ne": BY_MACHINE}}
        for row in self._read("facts", done, "customer", "message", "type"):
            found[row["customer"]]["done"].append((row.get("message", ""), row["type"]))
        said = {"customers": mine, "at": {"$gte": since}, "direction": "in", "keyword": {"$ne": "stop"}}
        for row in self._read("conversations", said, "customers", "channel", "at"):
            for customer in found.keys() & set(row["customers"]):
                found[customer]["replies"].append((row["channel"], row["at"]))
        placed = {"customer_id": mine, "placed_at": {"$gte": since}, "state": {"$ne": "cancelled"}}
        for row in self._read("orders", placed, "customer_id", "placed_at"):
            found[row["customer_id"]]["orders"].append(row["placed_at"])
        return {customer: Evidence(**told) for customer, told in found.items()}

    def keep(self, learned: Mapping[str, tuple[dict[str, Answers], list[str]]]) -> None:
        """Keep each customer's answers by channel and their order, where they declared none themselves."""
        updates = []
        for customer, (by_channel, order) in learned.items():
            told = {channel: to_document(one) for channel, one in by_channel.items()}
            updates.append(UpdateOne({"_id": customer}, {"$set": {"engagement.channels": told}}))
            updates.append(_ordering(customer, order))
        if updates:
            self._database["customers"].bulk_write(updates, ordered=False)

    def done(self, notes: Sequence[str]) -> None:
        """These notes have been followed."""
        self._database[NOTES].delete_many({"_id": {"$in": list(notes)}})

    def _read(self, collection: str, query: Document, *fields: str) -> Iterable[Document]:
        return self._database[collection].find(query, dict.fromkeys(fields, 1))


def _ordering(customer: str, order: list[str]) -> UpdateOne:
    """Sets the learned order, or takes it away, unless somebody declared one or it is so already."""
    if not order:
        gone = {"$unset": {"preferred": "", "preferred_source": ""}, "$inc": {"version": 1}}
        return UpdateOne({"_id": customer, "preferred_source": "learned"}, gone)
    learned = {"$set": {"preferred": order, "preferred_source": "learned"}, "$inc": {"version": 1}}
    undeclared = [{"preferred_source": "learned"}, {"preferred.0": {"$exists": False}}]
    return UpdateOne({"_id": customer, "preferred": {"$ne": order}, "$or": undeclared}, learned)
