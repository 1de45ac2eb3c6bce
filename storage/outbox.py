"""The outbox in MongoDB: the letters of channels that have no credentials."""

from collections.abc import Sequence

from messaging.channel import Kept
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_documents, to_document
from storage.personal import Personal
from storage.writes import insert_new

INDEXES = [Index(collection="outbox", keys=[("channel", 1), ("_id", 1)])]
# The same words stand in the contents, from where they are exported.
PERSONAL = [Personal(collection="outbox", message="id")]


class MongoOutbox:
    """Keeps letters that are sent nowhere."""

    def __init__(self, database: Mongo) -> None:
        self._outbox = database["outbox"]

    def keep(self, letters: Sequence[Kept]) -> None:
        """Keep letters; one that is kept already stays as it is."""
        insert_new(self._outbox, [to_document(letter) for letter in letters])

    def page(self, after: str, limit: int, channel: str = "") -> list[Kept]:
        """A page of them in the order of ids, of one channel or of all."""
        wanted: Document = {"_id": {"$gt": after}}
        if channel:
            wanted["channel"] = channel
        return from_documents(self._outbox.find(wanted).sort("_id", 1).limit(limit), Kept)
