"""Conversations in MongoDB: what customers wrote to us, and what they were answered."""

from collections.abc import Sequence
from datetime import datetime

from messaging.conversation import Said
from messaging.keywords import Keyword
from storage.indexes import Index
from storage.learning import note_answers
from storage.mongo import Document, Mongo, from_documents, to_document
from storage.personal import Erased, Personal
from storage.writes import insert_new

INDEXES = [
    Index(collection="conversations", keys=[("customers", 1), ("at", 1)]),
    Index(collection="conversations", keys=[("address", 1)]),
]
# Others may share the address: what was said over it stays theirs.
PERSONAL = [
    Personal(
        collection="conversations",
        customer="customers",
        many=True,
        erase="leave",
        export="conversations",
        hidden=["customers"],
    )
]


def said_by_nobody(database: Mongo, erased: Erased) -> None:
    """Erase what was heard from their addresses when nobody was known by them."""
    for channel, addresses in erased.addresses.items():
        unknown: Document = {"customers": [], "channel": channel, "address": {"$in": addresses}}
        database["conversations"].delete_many(unknown)


ERASING = [said_by_nobody]


class MongoConversations:
    """Keeps what was said."""

    def __init__(self, database: Mongo) -> None:
        self._database = database
        self._said = database["conversations"]

    def known(self, ids: Sequence[str]) -> set[str]:
        """Which of these are kept already."""
        return {document["_id"] for document in self._said.find({"_id": {"$in": list(ids)}}, {"_id": 1})}

    def add(self, said: Sequence[Said]) -> None:
        """Keep what was said, each once. Who answered to something is looked at again."""
        # First: what is kept is passed over when it comes again, and its note with it.
        note_answers(self._database, (customer for one in said if one.direction == "in" for customer in one.customers))
        insert_new(self._said, [to_document(one) for one in said])

    def commanded(self, keyword: Keyword, channel: str, address: str, since: datetime) -> bool:
        """Whether somebody at an address said this word of command later than that."""
        wanted = {"address": address, "channel": channel, "keyword": keyword, "at": {"$gt": since}}
        return self._said.find_one(wanted, {"_id": 1}) is not None

    def of_customer(self, customer: str, after: str, limit: int) -> list[Said]:
        """A page of a customer's thread, the oldest first; `after` is the cursor of the last one read."""
        wanted: Document = {"customers": customer}
        if after:
            instant, _, id_ = after.partition("~")
            try:
                at = datetime.fromisoformat(instant)
            except ValueError:
                return []  # no cursor of ours, so nothing comes after it
            wanted["$or"] = [{"at": {"$gt": at}}, {"at": at, "_id": {"$gt": id_}}]
        return from_documents(self._said.find(wanted).sort([("at", 1), ("_id", 1)]).limit(limit), Said)

    def of_nobody(self, after: str, limit: int) -> list[Said]:
        """A page of what strangers wrote, in the order of ids."""
        wanted: Document = {"customers": [], "_id": {"$gt": after}}
        return from_documents(self._said.find(wanted).sort("_id", 1).limit(limit), Said)
