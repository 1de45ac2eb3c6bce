"""What happens to customers, as the collections keep it: each row of the table is one kind of entry of the timeline."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from customers.learning import BY_MACHINE
from customers.timeline import Entry, Place, Source
from loyalty.purse import PURSE
from storage.mongo import Document, Mongo


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of entry: where it is kept, whose it is, when it was, its type, and the fields of which it tells."""

    collection: str
    customer: str
    at: str
    type: str | Callable[[Mapping[str, Any]], str]
    tells: Mapping[str, str]
    only: Mapping[str, Any] = {}


def _named(prefix: str, field: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda document: f"{prefix}_{document[field]}"


# What is taken out of the goodwill budget is an entry in our books, and nothing that a customer did.
_NOT_OURS = {"$ne": PURSE}

_TABLE = (
    _Kept(collection="customers", customer="_id", at="created_at", type="customer_created", tells={}),
    _Kept(
        collection="consents",
        customer="customer",
        at="at",
        type=_named("consent", "state"),
        tells={name: name for name in ("channel", "purpose", "how", "source")},
    ),
    _Kept(
        collection="messages",
        customer="customer",
        at="handed_at",
        type="message_sent",
        tells={"message": "_id", "campaign": "campaign", "channel": "channel", "state": "state"},
    ),
    _Kept(
        collection="facts",
        customer="customer",
        at="at",
        type=_named("message", "type"),
        tells={"message": "message", "campaign": "campaign", "channel": "channel"},
        only={
            "type": {"$in": ["opened", "clicked", "complained", "unsubscribed"]},
            "detail": {"$ne": BY_MACHINE},
        },
    ),
    _Kept(
        collection="conversations",
        customer="customers",
        at="at",
        type=lambda document: "message_replied" if document["direction"] == "in" else "message_answered",
        tells={"channel": "channel", "keyword": "keyword"},
    ),
    _Kept(
        collection="vouchers",
        customer="customer",
        at="issued_at",
        type="voucher_given",
        tells={"code": "_id", "offer": "offer", "campaign": "campaign"},
        only={"offer": _NOT_OURS},
    ),
    _Kept(
        collection="redemptions",
        customer="customer",
        at="at",
        type="voucher_redeemed",
        tells={name: name for name in ("code", "offer", "order", "discount", "currency")},
        only={"state": {"$in": ["redeemed", "rolled_back"]}, "offer": _NOT_OURS},
    ),
    _Kept(
        collection="redemptions",
        customer="customer",
        at="ended_at",
        type="voucher_rolled_back",
        tells={name: name for name in ("code", "offer", "order")},
        only={"state": "rolled_back"},
    ),
    _Kept(
        collection="points_ledger",
        customer="customer",
        at="at",
        type=_named("points", "kind"),
        tells={name: name for name in ("points", "pending", "order", "reason")},
    ),
    _Kept(
        collection="journeys",
        customer="customer",
        at="entered_at",
        type="campaign_entered",
        tells={"campaign": "campaign", "number": "number"},
    ),
    _Kept(
        collection="journeys",
        customer="customer",
        at="ended_at",
        type="campaign_left",
        tells={"campaign": "campaign", "why": "why", "step": "step"},
    ),
    _Kept(
        collection="referrals",
        customer="friend",
        at="at",
        type="referral_used",
        tells={"referral": "_id", "order": "order", "programme": "programme"},
        only={"state": {"$ne": "claimed"}},
    ),
    _Kept(
        collection="referrals",
        customer="advocate",
        at="decided_at",
        type=_named("referral", "state"),
        tells={"referral": "_id", "programme": "programme"},
        only={"state": {"$in": ["rewarded", "rejected"]}},
    ),
)


def kept(database: Mongo) -> list[Source]:
    """A source for each row of the table."""
    return [_source(database, row) for row in _TABLE]


def _source(database: Mongo, row: _Kept) -> Source:
    def source(customer: str, limit: int, before: Place | None) -> Sequence[Entry]:
        query: Document = {row.customer: customer, row.at: {"$ne": None}, **row.only}
        if before:
            at, id = before  # noqa: A001  # as the domain calls it
            query["$or"] = [{row.at: {"$lt": at}}, {row.at: at, "_id": {"$lt": id}}]
        found = database[row.collection].find(query).sort([(row.at, -1), ("_id", -1)]).limit(limit)
        return [_entry(row, document) for document in found]

    return source


def _entry(row: _Kept, document: Document) -> Entry:
    type = row.type if isinstance(row.type, str) else row.type(document)  # noqa: A001  # as the domain calls it
    data = {name: document.get(field, "") for name, field in row.tells.items()}
    return Entry(id=document["_id"], type=type, at=document[row.at], data=data)
