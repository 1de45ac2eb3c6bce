"""Links from a chat to a customer, in MongoDB."""

from datetime import datetime

from messaging.linking import ChatLink
from storage.indexes import Index
from storage.mongo import Mongo, from_document, to_document
from storage.personal import Personal

COLLECTION = "chat_links"
INDEXES = [Index(collection=COLLECTION, keys=[("customer", 1)])]
PERSONAL = [Personal(collection=COLLECTION, customer="customer", export="chat_links", hidden=["customer", "used_by"])]


class MongoChatLinks:
    """Keeps links; their tokens cannot be made from what is kept."""

    def __init__(self, database: Mongo) -> None:
        self._links = database[COLLECTION]

    def add(self, link: ChatLink) -> None:
        """Keep a link."""
        self._links.insert_one(to_document(link))

    def get(self, id: str) -> ChatLink | None:
        """A link, if there is one."""
        found = self._links.find_one({"_id": id})
        return from_document(found, ChatLink) if found else None

    def use(self, id: str, by: str, at: datetime) -> bool:
        """Note who uses it; False where somebody else did before."""
        unused = {"_id": id, "used_by": {"$exists": False}}
        if self._links.update_one(unused, {"$set": {"used_by": by, "used_at": at}}).matched_count:
            return True
        return self._links.find_one({"_id": id, "used_by": by}, {"_id": 1}) is not None
