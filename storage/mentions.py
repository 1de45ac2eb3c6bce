"""Where people may be named in passing: rows of files that were not taken, and what jobs tell of them.

Nothing there is a field with an id, so what names an erased customer is found by their id and their addresses, as a
file may spell them; the whole row goes, and with it their name.
"""

import re
from collections.abc import Iterable
from typing import Any

from customers.addresses import SMS, WHATSAPP
from storage.mongo import Document, Mongo
from storage.personal import Erased

# Phone numbers are compared by their last digits: a file may leave the country out.
_DIGITS = 9
GONE = "It named a customer who was erased."


def forget_rows(database: Mongo, erased: Erased) -> None:
    """Take the rows away that name them."""
    wanted = naming(erased)
    named = {"$regex": wanted.pattern, "$options": "i"}
    for field in ("rows.cells", "rows.raw", "rows.reason"):
        for chunk in list(database["bad_rows"].find({field: named})):
            rows = [row for row in chunk["rows"] if not names(row, wanted)]
            database["bad_rows"].update_one({"_id": chunk["_id"]}, {"$set": {"rows": rows}})


def forget_reports(database: Mongo, erased: Erased) -> None:
    """Take what names them out of what jobs tell; counts stay."""
    wanted = naming(erased)
    for job in list(database["jobs"].find({}, {"errors": 1, "subject": 1, "checkpoint": 1, "open": 1})):
        change: Document = {}
        if names(job.get("errors", []), wanted):
            change["errors"] = [{**one, "reason": GONE} if names(one, wanted) else one for one in job["errors"]]
        if names(job.get("subject", {}).get("preview", []), wanted):
            change["subject.preview"] = [one for one in job["subject"]["preview"] if not names(one, wanted)]
        if not job.get("open") and names(job.get("checkpoint", {}), wanted):
            change["checkpoint"] = {}
        if change:
            database["jobs"].update_one({"_id": job["_id"]}, {"$set": change})


def naming(erased: Erased) -> re.Pattern[str]:
    """What finds a text that names a person: their id as a word of its own, an address in any spelling."""
    own = rf"(?:^|[^\w-]){re.escape(erased.customer)}(?:$|[^\w-])"
    addresses = [
        _spelt(address) if channel in (SMS, WHATSAPP) else re.escape(address)
        for channel, theirs in erased.addresses.items()
        for address in theirs
    ]
    return re.compile("|".join([own, *addresses]), re.IGNORECASE)


def names(value: Any, wanted: re.Pattern[str]) -> bool:
    """Whether any text in a value does."""
    return any(wanted.search(text) for text in _texts(value))


def _spelt(phone: str) -> str:
    """A phone number with anything between its digits."""
    digits = [sign for sign in phone if sign.isdigit()][-_DIGITS:]
    return "[^0-9]{0,3}".join(digits)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


ERASING = [forget_rows, forget_reports]
