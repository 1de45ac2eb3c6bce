"""What providers said of the shop's accounts, in MongoDB."""

from collections.abc import Sequence
from typing import Any

from messaging.channel import Notice
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, to_document
from storage.writes import insert_new

COLLECTION = "notices"
INDEXES = [Index(collection=COLLECTION, keys=[("at", 1)])]


class MongoNotices:
    """Keeps notices, each once."""

    def __init__(self, database: Mongo) -> None:
        self._notices = database[COLLECTION]

    def add(self, channel: str, notices: Sequence[Notice]) -> None:
        """Keep what a channel's provider said; what is kept already stays as it is."""
        insert_new(self._notices, [{**to_document(one), "channel": channel} for one in notices])

    def page(self, after: str, limit: int, channel: str = "") -> list[tuple[str, Notice]]:
        """A page in the order of ids, with the channel of each; of one channel or of all."""
        wanted: Document = {"_id": {"$gt": after}}
        if channel:
            wanted["channel"] = channel
        found: Any = self._notices.find(wanted).sort("_id", 1).limit(limit)
        return [(one.pop("channel"), from_document(one, Notice)) for one in found]
