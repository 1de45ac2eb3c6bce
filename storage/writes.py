"""Writing in bulk what may be there already."""

from collections.abc import Sequence

from pymongo.errors import BulkWriteError

from storage.mongo import Document, Documents

DUPLICATE_KEY = 11000


def insert_new(collection: Documents, documents: Sequence[Document]) -> set[str]:
    """Insert documents; those whose `_id` (or another unique key) is taken are left out, and their ids come back."""
    if not documents:
        return set()
    try:
        collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        failures = error.details["writeErrors"]
        if any(failure["code"] != DUPLICATE_KEY for failure in failures) or error.details["writeConcernErrors"]:
            raise
        return {documents[failure["index"]]["_id"] for failure in failures}
    return set()
