"""The log of consents: every word ever said, only ever added to; the current word stands on the customer."""

from collections.abc import Sequence
from datetime import UTC, datetime

from common.ids import derive
from customers.consent import Consent
from customers.consent import Entry as Kept
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, to_document
from storage.personal import Personal
from storage.writes import insert_new

INDEXES = [Index(collection="consents", keys=[("customer", 1), ("at", 1)])]
PERSONAL = [Personal(collection="consents", customer="customer", export="consents", hidden=["customer"])]

# Whose word, on which channel, for which purpose, and the word.
Entry = tuple[str, str, str, Consent]


class ConsentLog:
    """What was said, when, how and from where."""

    def __init__(self, database: Mongo) -> None:
        self._consents = database["consents"]

    def add(self, entries: Sequence[Entry]) -> None:
        """Append words; the same word of the same instant is the same entry."""
        insert_new(self._consents, [_document(entry) for entry in entries])

    def of_customer(self, customer: str) -> list[tuple[str, str, Consent]]:
        """What a customer ever said: channel, purpose and word, the oldest first."""
        found = self._consents.find({"customer": customer}).sort("at", 1)
        return [(one["channel"], one["purpose"], from_document(one, Consent)) for one in found]

    def history(self, customer: str, limit: int, before: tuple[datetime, str] | None = None) -> list[Kept]:
        """What a customer ever said, newest first; `before` is the instant and id of the last one already known."""
        query: Document = {"customer": customer}
        if before:
            at, id = before  # noqa: A001  # as the domain calls it
            query["$or"] = [{"at": {"$lt": at}}, {"at": at, "_id": {"$lt": id}}]
        found = self._consents.find(query).sort([("at", -1), ("_id", -1)]).limit(limit)
        return [
            Kept(id=one["_id"], channel=one["channel"], purpose=one["purpose"], word=from_document(one, Consent))
            for one in found
        ]


def _document(entry: Entry) -> Document:
    customer, channel, purpose, consent = entry
    at = consent.at.astimezone(UTC).isoformat()
    return {
        "_id": derive("consent", customer, channel, purpose, consent.state, at, consent.source),
        "customer": customer,
        "channel": channel,
        "purpose": purpose,
        **to_document(consent),
    }
