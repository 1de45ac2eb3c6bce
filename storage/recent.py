"""What customers were sent lately on a channel, for receipts that name no message of ours."""

from collections.abc import Sequence
from datetime import datetime

from messaging.message import Message
from storage.mongo import Mongo, from_documents


class MongoRecent:
    """Reads messages by who got them."""

    def __init__(self, database: Mongo) -> None:
        self._messages = database["messages"]

    def sent(self, customers: Sequence[str], channel: str, since: datetime, limit: int) -> list[Message]:
        """What these customers were handed on a channel since then, the newest first."""
        wanted = {"customer": {"$in": list(customers)}, "handed_at": {"$gte": since}, "channel": channel}
        return from_documents(self._messages.find(wanted).sort("handed_at", -1).limit(limit), Message)
