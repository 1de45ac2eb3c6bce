"""Writing values of its own to each of many documents in one statement, where each document still is as it was read.

A bulk of single updates costs a server the planning of each. Here the values travel as two lists, of ids and of values,
and every document picks its own: on a real server it takes less than half the work.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from storage.mongo import Document, Documents

# Documents of one statement: each looks its id up in a list of so many. And how much they may weigh in all.
CHUNK = 250
WEIGHT = 50_000


class Rewrite(msgspec.Struct, frozen=True):
    """What `token` must still hold, "" for nothing, for a document's fields to become these."""

    was: str
    fields: Document
    weight: int = 1


def rewrite(collection: Documents, token: str, wanted: Mapping[str, Rewrite], forget: tuple[str, str]) -> int:
    """Set fields of documents, by id, where the field `token` holds what it did; how many did.

    `fields` must set the token anew. `forget` is (field, key): a key that goes from an object in those documents.
    """
    written = 0
    for ids in _chunks(wanted):
        update = [{"$replaceWith": _own(ids, [wanted[one] for one in ids], token, forget)}]
        written += collection.update_many({"_id": {"$in": ids}}, update).modified_count
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


def _chunks(wanted: Mapping[str, Rewrite]) -> Iterator[list[str]]:
    chunk: list[str] = []
    weight = 0
    for one, rewrite_ in wanted.items():
        if chunk and (len(chunk) == CHUNK or weight + rewrite_.weight > WEIGHT):
            yield chunk
            chunk, weight = [], 0
        chunk.append(one)
        weight += rewrite_.weight
    if chunk:
        yield chunk
