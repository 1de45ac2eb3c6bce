"""Where people are kept: each storage module declares how a person is found in its collections, and what becomes of
them there when they are merged with another, erased, or told all that is held of them.

`PERSONAL` is a list of `Personal`; what takes more than a line of a table is a function in `MERGING` or `ERASING`.
A test runs a whole journey and fails where a collection holds a customer's id and does not say so here.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

import storage
from storage.mongo import Document, Mongo

# Messages of one look-up.
CHUNK = 500
# In a path: every item of a list.
LISTED = ".$[]."


class Personal(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a collection holds a person.

    `customer` is the path of the field with their id, or with a list of ids (`many`). Where it is empty, documents
    are found by messages of theirs: `message` says whether a document's `_id` is a message's id, or begins with it.
    Merging renames the id, unless it `stays`; `versioned` documents count that as a change, which no writer undoes.
    Erasing deletes; or puts "nobody" (a name that leads to nobody) in the id's place, takes the fields `gone` away
    (`events.$[].reason` of every item of a list), and sets those that `become`; or "leave" takes the id out of a list,
    and deletes what nobody is left in. `export` is the section of the export it is told in, "" for what is no news to
    the person, without the `hidden` fields: internals and other people's data. A hidden path goes through lists.
    `shown` makes of a kept document what is told.
    """

    collection: str
    customer: str = ""
    many: bool = False
    message: Literal["", "id", "prefix"] = ""
    stays: bool = False
    versioned: bool = False
    erase: Literal["delete", "nobody", "leave"] = "delete"
    gone: Sequence[str] = ()
    become: dict[str, Any] = {}
    export: str = ""
    hidden: Sequence[str] = ()
    shown: Callable[[Mongo, Document], Document] | None = None


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """Who was merged (`old`) into whom (`into`)."""

    old: str
    into: str


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """Who is erased: their id, the name that leads to nobody, their addresses by channel; and when."""

    customer: str
    nobody: str
    addresses: dict[str, list[str]] = {}
    at: datetime

    @property
    def ids(self) -> list[str]:
        """Under which they are found, however far an earlier try got."""
        return [self.customer, self.nobody]


Merging = Callable[[Mongo, Merged], None]
Erasing = Callable[[Mongo, Erased], None]


def declared() -> list[Personal]:
    """Every way in which a module of this package holds people; the customers themselves first."""
    found = [one for module in _modules() for one in getattr(module, "PERSONAL", [])]
    return sorted(found, key=lambda one: one.collection != "customers")


def merging() -> list[Merging]:
    """What modules do, beyond the table, when people are merged."""
    return [step for module in _modules() for step in getattr(module, "MERGING", [])]


def erasing() -> list[Erasing]:
    """What modules do, beyond the table and before it, when somebody is erased."""
    return [step for module in _modules() for step in getattr(module, "ERASING", [])]


def move(database: Mongo, one: Personal, merged: Merged) -> None:
    """Put another id in the place of a person's; twice is once."""
    collection = database[one.collection]
    if one.stays or not one.customer:
        return
    if one.many:
        collection.update_many({one.customer: merged.old}, {"$addToSet": {one.customer: merged.into}})
        collection.update_many({one.customer: merged.old}, {"$pull": {one.customer: merged.old}})
        return
    change: Document = {"$set": {one.customer: merged.into}} | ({"$inc": {"version": 1}} if one.versioned else {})
    collection.update_many({one.customer: merged.old}, change)


def forget(database: Mongo, one: Personal, erased: Erased) -> None:
    """Erase a person as a line of the table says; twice is once."""
    collection = database[one.collection]
    for wanted in _wanted(database, one, [erased.customer], erased.ids):
        if one.erase == "delete":
            collection.delete_many(wanted)
        elif one.erase == "leave":
            collection.delete_many({one.customer: [erased.customer]})
            collection.update_many(wanted, {"$pull": {one.customer: erased.customer}})
        else:
            for path in one.gone:
                if LISTED in path:  # such a path must lead somewhere
                    there = {path.partition(LISTED)[0]: {"$exists": True}}
                    collection.update_many({**wanted, **there}, {"$unset": {path: ""}})
            collection.update_many(wanted, _anonymous(one, erased.nobody))


def told(database: Mongo, one: Personal, customer: str) -> Iterator[Document]:
    """What a line of the table holds of a person, without what is not theirs to know."""
    for wanted in _wanted(database, one, [customer], [customer]):
        for document in database[one.collection].find(wanted):
            yield _without(one.shown(database, document) if one.shown else document, one.hidden)


def _wanted(database: Mongo, one: Personal, ids: list[str], message_ids: list[str]) -> Iterator[Document]:
    """The queries that find a person; `message_ids` are the names under which their messages may stand."""
    if one.customer:
        yield {one.customer: {"$in": ids} if len(ids) > 1 else ids[0]}
        return
    messages = [found["_id"] for found in database["messages"].find({"customer": {"$in": message_ids}}, {"_id": 1})]
    if one.message == "id":
        for start in range(0, len(messages), CHUNK):
            yield {"_id": {"$in": messages[start : start + CHUNK]}}
    else:
        for message in messages:
            yield {"_id": {"$gte": f"{message}:", "$lt": f"{message};"}}  # ";" comes right after ":"


def _anonymous(one: Personal, nobody: str) -> Document:
    change: Document = {"$set": {one.customer: nobody, **one.become}}
    if one.versioned:
        change["$inc"] = {"version": 1}
    if gone := [path for path in one.gone if LISTED not in path]:
        change["$unset"] = dict.fromkeys(gone, "")
    return change


def _without(value: Any, paths: Sequence[str]) -> Any:
    """A document without these paths, which go through lists."""
    if isinstance(value, list):
        return [_without(item, paths) for item in value]
    if not isinstance(value, dict):
        return value
    whole = {path for path in paths if "." not in path}
    return {
        name: _without(inner, [path.partition(".")[2] for path in paths if path.startswith(f"{name}.")])
        for name, inner in value.items()
        if name not in whole
    }


def _modules() -> list[Any]:
    names = [module.name for module in pkgutil.iter_modules(storage.__path__)]
    return [importlib.import_module(f"storage.{name}") for name in names]
