"""Where short links lead, in MongoDB; found by their characters, and erased with who they were made for."""

from collections.abc import Sequence

from campaigns.shortening import ShortLink
from storage.indexes import Index
from storage.mongo import Mongo, from_document, to_document
from storage.personal import Personal
from storage.writes import insert_new

COLLECTION = "short_links"
INDEXES = [Index(collection=COLLECTION, keys=[("customer", 1)])]
PERSONAL = [Personal(collection=COLLECTION, customer="customer", export="short_links", hidden=["customer"])]


class MongoShortLinks:
    """Keeps short links."""

    def __init__(self, database: Mongo) -> None:
        self._links = database[COLLECTION]

    def keep(self, links: Sequence[ShortLink]) -> None:
        """Keep links; one that is kept already stays as it is."""
        insert_new(self._links, [to_document(link) for link in links])

    def get(self, id: str) -> ShortLink | None:
        """A link, if there is one."""
        found = self._links.find_one({"_id": id})
        return from_document(found, ShortLink) if found else None
