"""The connection to MongoDB, and the form in which our values are kept there."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

import msgspec
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

from common.settings import Settings

Document = dict[str, Any]
Mongo = Database[Document]
Documents = Collection[Document]
T = TypeVar("T")

# A request waits this long for a server before the caller is told 503; a worker's job comes again anyway.
SELECTION_TIMEOUT_MS = 3_000
SOCKET_TIMEOUT_MS = 30_000
# Documents in an answer to a read of many; a server's first answer holds 101 unless told, and every answer costs.
AT_ONCE = 1_000


def connect(settings: Settings) -> Mongo:
    """The shop's database. Connects when first used, so that a process can start before its server."""
    client: MongoClient[Document] = MongoClient(
        settings.mongodb_url,
        tz_aware=True,
        serverSelectionTimeoutMS=SELECTION_TIMEOUT_MS,
        connectTimeoutMS=SELECTION_TIMEOUT_MS,
        socketTimeoutMS=SOCKET_TIMEOUT_MS,
        retryWrites=False,  # every write of ours may be repeated, and not every server has sessions to retry in
        # What is confirmed outlives the server: the attempt that is written ahead must stand, whoever is killed next.
        w="majority",
        journal=True,
        appname="encore",
    )
    return client[settings.mongodb_database]


def to_document(value: msgspec.Struct) -> Document:
    """A Struct as MongoDB keeps it: dates as dates, enums as their words, defaults left out if it says so."""
    document: Document = msgspec.to_builtins(value, builtin_types=(datetime,))
    return document


def to_documents(values: Sequence[msgspec.Struct]) -> list[Document]:
    """Structs as MongoDB keeps them: far cheaper than each by itself."""
    documents: list[Document] = msgspec.to_builtins(values, builtin_types=(datetime,))
    return documents


def from_document(document: Mapping[str, Any], kind: type[T]) -> T:
    """A kept document as a Struct; fields the Struct does not know are left aside."""
    return msgspec.convert(document, kind)


def from_documents(documents: Iterable[Mapping[str, Any]], kind: type[T]) -> list[T]:
    """Kept documents as Structs."""
    return msgspec.convert(list(documents), list[kind])  # type: ignore[valid-type]  # a type at run time


def plain(value: Any) -> Any:
    """Any value of ours in plain types that BSON takes."""
    return value.value if isinstance(value, Enum) else msgspec.to_builtins(value, builtin_types=(datetime,))
