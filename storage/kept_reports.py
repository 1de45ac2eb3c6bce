"""Reports kept ready, in MongoDB: sums and no people, packed, since words of the shop's own stand in them as keys."""

from collections.abc import Mapping

from pymongo.errors import DuplicateKeyError

from campaigns.kept_reports import Head
from storage.indexes import Index
from storage.mongo import Mongo, from_documents, to_document

INDEXES: list[Index] = []


class MongoKeptReports:
    """Keeps the latest count of each (campaigns.kept_reports.KeptReports)."""

    def __init__(self, database: Mongo) -> None:
        self._kept = database["kept_reports"]
        self._messages = database["messages"]

    def heads(self) -> Mapping[str, Head]:
        """When each was counted, by name."""
        return {head.id: head for head in from_documents(self._kept.find({}, {"body": 0}), Head)}

    def body(self, id: str) -> bytes | None:
        """The latest count under a name, in one read by its id."""
        found = self._kept.find_one({"_id": id}, {"body": 1})
        return found.get("body") if found else None

    def put(self, head: Head, body: bytes | None) -> None:
        """Keep a count, unless a later one is kept."""
        document = to_document(head) | ({} if body is None else {"body": body})
        try:
            self._kept.replace_one({"_id": head.id, "as_of": {"$lte": head.as_of}}, document, upsert=True)
        except DuplicateKeyError:  # a later one is: the upsert found no match and tried to insert
            return

    def more_than(self, campaign: str, many: int) -> bool:
        """Whether a campaign has more messages than this."""
        return self._messages.count_documents({"campaign": campaign}, limit=many + 1) > many
