"""What people received, word for word, in MongoDB: one document for each attempt on a message.

The long texts that all letters of a template share are kept once, in `frames`; nothing of any person stands there.
"""

from collections.abc import Sequence

import msgspec

from content.slots import woven
from messaging.message import Content, Rendered
from storage.mongo import Document, Mongo, from_document, to_documents
from storage.personal import Personal
from storage.writes import insert_new


def whole(database: Mongo, document: Document) -> Document:
    """A kept content with its parts as they were received, whole."""
    rendered = dict(document["rendered"])
    slots, frame = rendered.pop("slots", None), rendered.pop("frame", "")
    if slots is None:
        return document
    fixed = (database["frames"].find_one({"_id": frame}) or {"fixed": {}})["fixed"]
    parts = {name: woven(fixed[name], texts) for name, texts in slots.items()}
    return {**document, "rendered": {**rendered, "parts": {**rendered["parts"], **parts}}}


PERSONAL = [Personal(collection="contents", message="prefix", export="contents", hidden=["_id", "token"], shown=whole)]


class MongoContents:
    """Keeps contents under the message's id and the attempt's token."""

    def __init__(self, database: Mongo) -> None:
        self._database = database
        self._contents = database["contents"]

    def keep(self, contents: Sequence[Content]) -> None:
        """Keep contents; one that is kept already stays as it is."""
        frames = {one.rendered.frame.id: one.rendered.frame for one in contents if one.rendered.frame}
        insert_new(self._database["frames"], to_documents(list(frames.values())))
        insert_new(self._contents, _documents(contents))

    def get(self, message: str, token: str) -> Content | None:
        """What was written for one attempt on a message."""
        document = self._contents.find_one({"_id": _id(message, token)})
        return None if document is None else from_document(whole(self._database, document), Content)

    def texts(self, attempts: Sequence[tuple[str, str]]) -> list[str]:
        """The text parts of what was written for these attempts (message and token), in one read."""
        found = self._contents.find({"_id": {"$in": [_id(message, token) for message, token in attempts]}})
        return [whole(self._database, one)["rendered"]["parts"].get("text", "") for one in found]


def _documents(contents: Sequence[Content]) -> list[Document]:
    """Contents without what stands in their frames."""
    bare = [msgspec.structs.replace(one, rendered=_without_frame(one.rendered)) for one in contents]
    documents = to_documents(bare)
    for document, content in zip(documents, contents, strict=True):
        document["_id"] = _id(content.message, content.token)
        if content.rendered.frame:
            document["rendered"]["frame"] = content.rendered.frame.id
    return documents


def _without_frame(rendered: Rendered) -> Rendered:
    if not rendered.frame:
        return rendered
    own = {name: text for name, text in rendered.parts.items() if name not in rendered.slots}
    return msgspec.structs.replace(rendered, parts=own, frame=None)


def _id(message: str, token: str) -> str:
    return f"{message}:{token}"
