"""Points in MongoDB: the accounts, the ledger, and the facet that segments and messages see.

loyalty/points_books.py says in which order they are written, and why a process may die in between.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from loyalty.points import Book, forfeit
from loyalty.points_account import Account, Change, Entry
from storage.events import pending_fields, pending_index, pending_push
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, plain, to_document
from storage.personal import Erased, Personal
from storage.writes import DUPLICATE_KEY, insert_new

ACCOUNTS = "points_accounts"
LEDGER = "points_ledger"
PUMPED = ACCOUNTS

INDEXES = [
    Index(collection=ACCOUNTS, keys=[("due_at", 1)]),
    Index(collection=ACCOUNTS, keys=[("rules", 1)]),
    Index(collection=ACCOUNTS, keys=[("outbox_at", 1)], only={"outbox_at": {"$exists": True}}),
    pending_index(ACCOUNTS),
    Index(collection=LEDGER, keys=[("book", 1), ("number", -1)]),
    Index(collection=LEDGER, keys=[("customer", 1)]),
    Index(collection=LEDGER, keys=[("lot", 1)], only={"lot": {"$exists": True}}),
]

# A merge moves what an account holds by entries of its own (loyalty/points_service.py, transfer); the table only
# renames whose the entries are.
PERSONAL = [
    Personal(
        collection=LEDGER,
        customer="customer",
        erase="nobody",
        gone=["reason", "origin"],
        export="points",
        hidden=["customer", "book", "origin", "moved.to", "shares", "basis", "rules", "by", "_id"],
    ),
    Personal(collection=ACCOUNTS, customer="_id", stays=True, erase="delete"),
]

# Written with what is added to it, not whole.
_APART = frozenset({"_id", "version", "outbox"})
_FIELDS = tuple(field.encode_name for field in msgspec.structs.fields(Account) if field.encode_name not in _APART)


class MongoAccounts:
    """Accounts (Accounts), one document each; a change is one update that holds while the version is as read."""

    def __init__(self, database: Mongo) -> None:
        self._accounts = database[ACCOUNTS]

    def get(self, customers: Sequence[str]) -> dict[str, Account]:
        """Those of these accounts that there are."""
        found = self._accounts.find({"_id": {"$in": list(customers)}})
        return {document["_id"]: from_document(document, Account) for document in found}

    def write(self, changes: Sequence[Change]) -> bool:
        """Write each whose account is still as it was read; False where that may not hold for all of them."""
        if len(changes) == 1 and changes[0].was.version:
            wanted, update = _update(changes[0])
            return self._accounts.update_one(wanted, update).matched_count == 1
        requests = [UpdateOne(*_update(one)) if one.was.version else InsertOne(_document(one)) for one in changes]
        try:
            done = self._accounts.bulk_write(requests, ordered=False)
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            if any(one["code"] != DUPLICATE_KEY for one in failures) or error.details["writeConcernErrors"]:
                raise
            return False
        return done.matched_count + done.inserted_count == len(changes)

    def posted(self, accounts: Sequence[Account]) -> None:
        """What follows from these accounts is done: empty their outboxes, unless they were changed since."""
        emptied: Document = {"$set": {"outbox": []}, "$unset": {"outbox_at": ""}}
        requests = [UpdateOne({"_id": one.id, "version": one.version}, emptied) for one in accounts]
        self._accounts.bulk_write(requests, ordered=False)

    def due(self, now: datetime, rules: int, limit: int) -> list[str]:
        """Customers for whose account it is time, or who were last looked at by older rules."""
        # Two small questions, each answered by its own index, rather than one that needs both.
        found = self._ids({"due_at": {"$lte": now}}, limit)
        older = self._ids({"rules": {"$lt": rules}, "moved_to": ""}, limit - len(found)) if len(found) < limit else []
        return list(dict.fromkeys([*found, *older]))

    def left_over(self, before: datetime, limit: int) -> list[str]:
        """Customers of whose account something that follows is not done since before this."""
        return self._ids({"outbox_at": {"$lte": before}}, limit)

    def _ids(self, wanted: Document, limit: int) -> list[str]:
        return [document["_id"] for document in self._accounts.find(wanted, {"_id": 1}).limit(limit)]


class MongoLedger:
    """The ledger (Ledger)."""

    def __init__(self, database: Mongo) -> None:
        self._entries = database[LEDGER]

    def add(self, entries: Sequence[Entry]) -> None:
        """Keep entries; those that are there already stay as they are."""
        # Read first: a crowd at one account posts the same entries, and refused inserts are slow.
        known = self._known([entry.id for entry in entries])
        insert_new(self._entries, [to_document(entry) for entry in entries if entry.id not in known])

    def get(self, ids: Sequence[str]) -> list[Entry]:
        """Those of these entries that there are."""
        return from_documents(self._entries.find({"_id": {"$in": list(ids)}}), Entry)

    def of_lots(self, lots: Sequence[str]) -> list[Entry]:
        """The entries about these lots alone, whoever's they are, in the order in which they were made."""
        found = from_documents(self._entries.find({"lot": {"$in": list(lots)}}), Entry)
        return sorted(found, key=lambda entry: entry.number)

    def page(self, book: str, before: int | None, limit: int) -> list[Entry]:
        """A book's entries, the newest first, those before a number."""
        wanted: Document = {"book": book}
        if before is not None:
            wanted["number"] = {"$lt": before}
        return from_documents(self._entries.find(wanted).sort("number", -1).limit(limit), Entry)

    def _known(self, ids: Sequence[str]) -> set[str]:
        return {document["_id"] for document in self._entries.find({"_id": {"$in": list(ids)}}, {"_id": 1})}


class MongoFacets:
    """The facet `loyalty` of customers (Facets)."""

    def __init__(self, database: Mongo) -> None:
        self._customers = database["customers"]

    def show(self, facets: Mapping[str, Mapping[str, Any]]) -> None:
        """Set each customer's facet `loyalty`, unless a later version of it is there."""
        requests = [
            UpdateOne(
                {"_id": customer, "loyalty.version": {"$not": {"$gte": facet["version"]}}}, {"$set": {"loyalty": facet}}
            )
            for customer, facet in facets.items()
        ]
        if requests:
            self._customers.bulk_write(requests, ordered=False)


def _document(change: Change) -> Document:
    """A new account as it is kept."""
    fields = _set(change) | {"_id": change.account.id, "version": 1}
    fields["outbox"] = [to_document(entry) for entry in change.entries]
    return fields | (pending_fields(change.events) if change.events else {})


def _update(change: Change) -> tuple[Document, Document]:
    """What an account must still be, and what it becomes."""
    update: Document = {"$set": _set(change) | {"version": change.was.version + 1}}
    pushed: Document = {}
    if change.entries:
        pushed["outbox"] = {"$each": [to_document(entry) for entry in change.entries]}
    if change.events:
        told = pending_push(change.events)
        pushed |= told["$push"]
        update["$set"] |= told["$set"]
    if pushed:
        update["$push"] = pushed
    return {"_id": change.account.id, "version": change.was.version}, update


def _set(change: Change) -> Document:
    fields: Document = {name: plain(getattr(change.account, name)) for name in _FIELDS if name != "outbox_at"}
    return fields | {"outbox_at": change.account.outbox_at}


def _forget(database: Mongo, erased: Erased) -> None:
    """Forfeit the points of whoever is erased: the ledger keeps its sums, under a name that leads to nobody.

    So it is with the books of those who were merged into them. Twice is once.
    """
    entries = database[LEDGER]
    found = entries.find({"customer": {"$in": erased.ids}}, {"book": 1})
    for book in sorted({erased.customer, *(entry["book"] for entry in found)} - {erased.nobody}):
        while not _forfeited(database, book, erased.at):
            pass
        entries.update_many({"book": book, "moved": {"$exists": True}}, {"$set": {"moved.to": erased.nobody}})
        gone = {"$set": {"book": erased.nobody, "customer": erased.nobody}, "$unset": {"reason": "", "origin": ""}}
        entries.update_many({"book": book}, gone)
        database[ACCOUNTS].delete_one({"_id": book})


def _forfeited(database: Mongo, customer: str, at: datetime) -> bool:
    """Whether nothing is left in an account and all is in the ledger; False where somebody changed it meanwhile."""
    accounts = MongoAccounts(database)
    account = accounts.get([customer]).get(customer)
    if account is None:
        return True
    book = Book(account, at)
    if book.lots or book.owed:
        forfeit(book)
    closed = msgspec.structs.replace(book.account, outbox_at=at, due_at=None)
    if not accounts.write([Change(was=account, account=closed)]):
        return False
    MongoLedger(database).add(closed.outbox)
    return True


ERASING = [_forget]
