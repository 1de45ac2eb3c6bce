"""What people received, word for word, in MongoDB: one document for each attempt on a message."""

from collections.abc import Sequence

from messaging.message import Content
from storage.mongo import Mongo, from_document, to_document
from storage.personal import Personal
from storage.writes import insert_new

PERSONAL = [Personal(collection="contents", message="prefix", export="contents", hidden=["_id", "token"])]


class MongoContents:
    """Keeps contents under the message's id and the attempt's token."""

    def __init__(self, database: Mongo) -> None:
        self._contents = database["contents"]

    def keep(self, contents: Sequence[Content]) -> None:
        """Keep contents; one that is kept already stays as it is."""
        insert_new(self._contents, [{**to_document(one), "_id": _id(one.message, one.token)} for one in contents])

    def get(self, message: str, token: str) -> Content | None:
        """What was written for one attempt on a message."""
        document = self._contents.find_one({"_id": _id(message, token)})
        return None if document is None else from_document(document, Content)


def _id(message: str, token: str) -> str:
    return f"{message}:{token}"
