"""Who was a member of a segment when it was last looked, each snapshot's figures, and who came and went."""

from collections.abc import Iterator, Sequence

from pymongo.errors import DuplicateKeyError

from common.ids import derive
from segments.history import Move, Snapshot, What
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document
from storage.personal import Merged, Personal
from storage.writes import insert_new

INDEXES = [
    Index(collection="memberships", keys=[("segment", 1), ("customer", 1)]),
    Index(collection="memberships", keys=[("customer", 1)]),
    Index(collection="snapshots", keys=[("segment", 1), ("number", -1)]),
    Index(collection="moves", keys=[("segment", 1), ("number", 1), ("customer", 1)]),
    Index(collection="moves", keys=[("customer", 1)]),
]
PERSONAL = [
    Personal(collection="memberships", customer="customer", stays=True, export="segments", hidden=["customer"]),
    Personal(collection="moves", customer="customer", export="segment_moves", hidden=["customer"]),
]


def hand_over(database: Mongo, merged: Merged) -> None:
    """A membership goes over, once, so that nobody enters what they were in; where both were members, one stays."""
    members = database["memberships"]
    theirs = list(members.find({"customer": merged.old}))
    insert_new(members, [_renamed(membership, merged.into) for membership in theirs])
    members.delete_many({"customer": merged.old})


def _renamed(membership: Document, customer: str) -> Document:
    return {**membership, "_id": derive("member", membership["segment"], customer), "customer": customer}


MERGING = [hand_over]


class MongoMemberships:
    """Keeps memberships (Memberships), and answers for their history."""

    def __init__(self, database: Mongo) -> None:
        self._members = database["memberships"]
        self._snapshots = database["snapshots"]
        self._moves = database["moves"]

    def open(self, snapshot: Snapshot) -> Snapshot:
        """Begin this snapshot, or go on with the one of its number that has begun."""
        try:
            self._snapshots.insert_one({**to_document(snapshot), "open": True})
        except DuplicateKeyError:
            return from_document(self._snapshots.find_one({"_id": snapshot.id}) or {}, Snapshot)
        return snapshot

    def last(self, segment: str) -> Snapshot | None:
        """The latest snapshot of a segment, open or not."""
        return next(iter(self.page(segment, 0, 1, ended=False)), None)

    def members(self, segment: str) -> Iterator[str]:
        """The ids of those kept as members, in order."""
        with self._members.find({"segment": segment}, {"_id": 0, "customer": 1}).sort("customer", 1) as rows:
            for row in rows:
                yield row["customer"]

    def write(self, snapshot: Snapshot, moves: Sequence[Move]) -> None:
        """Keep these moves, unless it is a baseline, and the members as they are after them; twice is once."""
        if not snapshot.baseline:
            insert_new(self._moves, [to_document(move) for move in moves])
        entered = [move.customer for move in moves if move.what == "entered"]
        left = [move.customer for move in moves if move.what == "left"]
        insert_new(self._members, [_member(snapshot, customer) for customer in entered])
        if left:
            self._members.delete_many({"segment": snapshot.segment, "customer": {"$in": left}})

    def close(self, snapshot: Snapshot) -> Snapshot:
        """Count, and end the snapshot."""
        of_this = {"segment": snapshot.segment, "number": snapshot.number}
        counts = {
            "size": self._members.count_documents({"segment": snapshot.segment}),
            "entered": self._moves.count_documents({**of_this, "what": "entered"}),
            "left": self._moves.count_documents({**of_this, "what": "left"}),
        }
        self._snapshots.update_one({"_id": snapshot.id, "open": True}, {"$set": {**counts, "open": False}})
        return from_document(self._snapshots.find_one({"_id": snapshot.id}) or {}, Snapshot)

    def page(self, segment: str, before: int, limit: int, *, ended: bool = True) -> list[Snapshot]:
        """Snapshots of a segment, the latest first; those numbered below `before`, unless that is 0."""
        wanted: Document = {"segment": segment}
        if before:
            wanted["number"] = {"$lt": before}
        if ended:
            wanted["open"] = False
        return from_documents(self._snapshots.find(wanted).sort("number", -1).limit(limit), Snapshot)

    def moves(self, segment: str, number: int, what: What | None, after: str, limit: int) -> list[Move]:
        """Who came or went, as a snapshot found, in the order of their ids, those after an id."""
        wanted: Document = {"segment": segment, "number": number, "customer": {"$gt": after}}
        if what:
            wanted["what"] = what
        return from_documents(self._moves.find(wanted).sort("customer", 1).limit(limit), Move)

    def forget(self, segment: str) -> None:
        """Remove the history of a segment."""
        for collection in (self._members, self._moves, self._snapshots):
            collection.delete_many({"segment": segment})


def _member(snapshot: Snapshot, customer: str) -> Document:
    id = derive("member", snapshot.segment, customer)  # noqa: A001  # as the domain calls it
    return {"_id": id, "segment": snapshot.segment, "customer": customer, "since": snapshot.at}
