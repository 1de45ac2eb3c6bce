"""Merges and erasures in MongoDB: the work itself, and the steps that it takes through every collection.

The work is kept sealed, and whom it is about as keyed hashes: what is left of an erasure tells a reader nothing.
"""

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from hmac import digest
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pymongo.errors import DuplicateKeyError

from common.ids import keyed
from customers.identity import Work
from storage.indexes import Index
from storage.mongo import Document, Mongo
from storage.personal import Erased, Merged, declared, erasing, forget, merging, move, told
from storage.suppressions import MongoSuppressions

COLLECTION = "identity"
INDEXES = [
    # Two people of one merge are two keys of one unique index, so that no two works have the same person.
    Index(collection=COLLECTION, keys=[("people", 1)], unique=True, only={"people": {"$exists": True}}),
    Index(collection=COLLECTION, keys=[("due_at", 1)]),
]
_NONCE = 12


class MongoWorks:
    """Work on who is who. The newest of the secret keys seals it, all of them open it."""

    def __init__(self, database: Mongo, *keys: bytes) -> None:
        self._works = database[COLLECTION]
        self._keys = keys

    def begin(self, work: Work, left_over_at: datetime) -> bool:
        """Keep it, and its people for it alone; False where one of them is somebody else's."""
        if any(self.of(person) for person in work.people):  # also under an older key
            return False
        people = [self._hashes(person)[0] for person in work.people]
        try:
            self._works.insert_one(
                {"_id": work.id, "people": people, "due_at": left_over_at, "sealed": self._sealed(work)}
            )
        except DuplicateKeyError:
            return False
        return True

    def of(self, customer: str) -> Work | None:
        """The work that has this person, if any."""
        found = self._works.find_one({"people": {"$in": self._hashes(customer)}})
        return None if found is None else self._opened(found)

    def walked(self, work: Work, again_at: datetime) -> None:
        """Its way has been gone: its people are free, and it is to be gone again at `again_at`."""
        rest = self._sealed(msgspec.structs.replace(work, again=True))
        self._works.update_one(
            {"_id": work.id}, {"$set": {"due_at": again_at, "sealed": rest}, "$unset": {"people": ""}}
        )

    def over(self, work: Work) -> None:
        """Forget it."""
        self._works.delete_one({"_id": work.id})

    def due(self, now: datetime, until: datetime, limit: int) -> Sequence[Work]:
        """Work that was left, or is to be gone again; the caller's own until `until`."""
        mine: list[Work] = []
        for found in list(self._works.find({"due_at": {"$lte": now}}).sort("due_at", 1).limit(limit)):
            same = {"_id": found["_id"], "due_at": found["due_at"]}
            if self._works.update_one(same, {"$set": {"due_at": until}}).matched_count:
                mine.append(self._opened(found))
        return mine

    def _hashes(self, customer: str) -> list[str]:
        return [keyed(key, "person", customer) for key in self._keys]

    def _sealed(self, work: Work) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + _seal(self._keys[0]).encrypt(nonce, msgspec.json.encode(work), work.id.encode())

    def _opened(self, found: Document) -> Work:
        sealed, id_ = bytes(found["sealed"]), found["_id"].encode()
        for key in self._keys:
            try:
                plain = _seal(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], id_)
            except InvalidTag:
                continue
            return msgspec.json.decode(plain, type=Work)
        raise ValueError("A merge or an erasure was sealed with a secret key that is no longer set.")


class MongoTraces:
    """All that is kept of people, by the tables of storage/personal.py."""

    def __init__(self, database: Mongo, suppressions: MongoSuppressions) -> None:
        self._database = database
        self._suppressions = suppressions

    def move(self, old: str, into: str) -> Iterator[str]:
        """Make what is one person's another's, step by step; names each step when it is done. Twice is once."""
        merged = Merged(old=old, into=into)
        for step in merging():
            step(self._database, merged)
            yield step.__name__
        for one in declared():
            move(self._database, one, merged)
            yield f"{one.collection}.{one.customer}"

    def forget(self, work: Work) -> Iterator[str]:
        """Erase a person, step by step. Raises Unavailable where something about them is just under way.

        Under the ids they had before they were merged first: what a merge still moves is then found under the last.
        """
        self._suppressions.forget_notes(work.addresses)
        yield "suppressions.note"
        for customer in [*work.former, work.customer]:
            erased = Erased(customer=customer, nobody=work.nobody, addresses=work.addresses, at=work.at)
            for step in erasing():
                step(self._database, erased)
                yield step.__name__
            for one in declared():
                forget(self._database, one, erased)
                yield f"{one.collection}.{one.customer}"

    def told(self, customer: str) -> Iterator[tuple[str, Iterator[dict[str, Any]]]]:
        """What is held of a person, section by section."""
        for one in declared():
            if one.export:
                yield one.export, told(self._database, one, customer)


def _seal(key: bytes) -> AESGCM:
    return AESGCM(digest(key, b"identity", "sha256"))
