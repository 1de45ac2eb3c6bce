"""The indexes: each storage module declares its own beside what uses them; this puts them in place."""

import importlib
import pkgutil
from typing import Any

import msgspec

import storage
from storage.mongo import Mongo


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """An index of a collection; `keys` are (field, 1 or -1); `only` restricts it to documents that match."""

    collection: str
    keys: list[tuple[str, int]]
    unique: bool = False
    only: dict[str, Any] = {}


def declared() -> list[Index]:
    """Every index that a module of this package declares in its `INDEXES`."""
    modules = (importlib.import_module(f"storage.{module.name}") for module in pkgutil.iter_modules(storage.__path__))
    return [index for module in modules for index in getattr(module, "INDEXES", [])]


def ensure(database: Mongo) -> int:
    """Create what is missing; returns how many indexes there should be. Doing it again does nothing."""
    indexes = declared()
    for index in indexes:
        database[index.collection].create_index(index.keys, **_options(index))
    return len(indexes)


def _options(index: Index) -> dict[str, Any]:
    options: dict[str, Any] = {"unique": True} if index.unique else {}
    if index.only == {index.keys[0][0]: {"$exists": True}}:
        # The same as a partial index, but one that the embedded server, too, finds by and does not only keep.
        options["sparse"] = True
    elif index.only:
        options["partialFilterExpression"] = index.only
    return options


def missing(database: Mongo) -> list[str]:
    """The declared indexes that the database does not have, as `collection(field, field)`."""
    there: dict[str, list[list[tuple[str, Any]]]] = {}
    absent = []
    for index in declared():
        if index.collection not in there:
            kept = database[index.collection].index_information().values()
            there[index.collection] = [[(field, direction) for field, direction in one["key"]] for one in kept]
        if index.keys not in there[index.collection]:
            absent.append(f"{index.collection}({', '.join(field for field, _ in index.keys)})")
    return absent
