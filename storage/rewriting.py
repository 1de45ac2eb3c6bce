"""Writing values of its own to each of many documents in one statement, where each document still is as it was read.

A bulk of single updates costs a server the planning of each. Here the values travel as two lists, of ids and of values,
and every document picks its own: on a real server it takes less than half the work.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from common.ahead import ahead
from storage.mongo import Document, Documents

# Documents of one statement: each looks its id up in a list of so many. And how much they may weigh in all.
CHUNK = 250
WEIGHT = 50_000


class Rewrite(msgspec.Struct, frozen=True):
    """What `token` must still hold, "" for nothing, for a document's fields to become these."""

    was: str
    fields: Document
    weight: int = 1


def rewrite(collection: Documents, token: str, wanted: Iterable[tuple[str, Rewrite]], forget: tuple[str, str]) -> int:
    """Set fields of documents, by id, where the field `token` holds what it did; how many did.

    `fields` must set the token anew. `forget` is (field, key): a key that goes from an object in those documents.
    `wanted` may be made as it is asked for: what the next statement takes is made while the server is at this one.
    """
    written = 0
    for chunk in ahead(_chunks(wanted)):
        update = [{"$replaceWith": _own(list(chunk), list(chunk.values()), token, forget)}]
        written += collection.update_many({"_id": {"$in": list(chunk)}}, update).modified_count
    return written


def _own(ids: Sequence[str], wanted: Sequence[Rewrite], token: str, forget: tuple[str, str]) -> Document:
    """The document as it is to be, as an expression over it: what it was, or its own fields over that."""
    values = [{"was": one.was, "fields": one.fields} for one in wanted]
    own = {"$arrayElemAt": [{"$literal": values}, {"$indexOfArray": [{"$literal": list(ids)}, "$_id"]}]}
    same = {"$eq": [{"$ifNull": [f"${token}", ""]}, "$$own.was"]}
    set_ = {"$mergeObjects": ["$$ROOT", "$$own.fields", _without(*forget)]}
    return {"$let": {"vars": {"own": own}, "in": {"$cond": [same, set_, "$$ROOT"]}}}


def _without(field: str, key: str) -> Document:
    """A field that is an object without one of its keys; nothing where it does not have it."""
    rest = {"$filter": {"input": {"$objectToArray": f"${field}"}, "as": "one", "cond": {"$ne": ["$$one.k", key]}}}
    return {"$cond": [{"$gt": [f"${field}.{key}", None]}, {field: {"$arrayToObject": rest}}, {}]}


def _chunks(wanted: Iterable[tuple[str, Rewrite]]) -> Iterator[dict[str, Rewrite]]:
    chunk: dict[str, Rewrite] = {}
    weight = 0
    for one, rewrite_ in wanted:
        if chunk and (len(chunk) == CHUNK or weight + rewrite_.weight > WEIGHT):
            yield chunk
            chunk, weight = {}, 0
        chunk[one] = rewrite_
        weight += rewrite_.weight
    if chunk:
        yield chunk
