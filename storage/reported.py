"""Which receipts providers have sent, and when last: silence says something only where words are usual."""

from collections.abc import Iterable
from datetime import datetime

from storage.mongo import Mongo


def note_heard(database: Mongo, provider: str, receipts: Iterable[str], at: datetime) -> None:
    """A provider has sent receipts of these types."""
    for receipt in set(receipts):
        known = {"_id": f"{provider}:{receipt}"}
        database["provider_receipts"].update_one(known, {"$max": {"at": at}}, upsert=True)
