"""What other collections hold about customers drawn by chance: messages, what they did with them, vouchers, friends."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from customers.customer import Customer
from storage.mongo import Document, Mongo, to_document
from tests.support import people

CAMPAIGNS = ["spring", "autumn", "$gt"]
# Few enough that a slow server takes them within a socket's time-out.
CHUNK = 1_000
SPANS = [0, 0, 1, 3, 7, 30, 59, 60, 90, 365, 500]


def fill(database: Mongo, random: Random, made: Sequence[Customer], now: datetime) -> dict[str, list[Document]]:
    """Insert something into every collection that rules look at; what is there then, by collection."""
    placed = [to_document(order) for order in people.orders(random, made, now)]
    world = {"orders": placed, "products": people.products()}
    for person in made:
        for collection, make in MAKERS.items():
            for index in range(random.choice([0, 0, 1, 2, 4])):
                row = make(random, person.id, f"{collection}-{person.id}-{index}", now)
                world.setdefault(collection, []).append(row)
    for collection, documents in world.items():
        for first in range(0, len(documents), CHUNK):
            database[collection].insert_many(documents[first : first + CHUNK])
    return {collection: list(database[collection].find()) for collection in world}


def _at(random: Random, now: datetime) -> datetime:
    beside = timedelta(milliseconds=random.choice([-1, 0, 1, random.randrange(86_400_000)]))
    return now - timedelta(days=random.choice(SPANS)) + beside


def _message(random: Random, customer: str, id: str, now: datetime) -> Document:
    message = {
        "_id": id,
        "run": "run",
        "customer": customer,
        "campaign": random.choice(CAMPAIGNS),
        "channel": random.choice(["email", "sms"]),
        "purpose": random.choice(["marketing", "service"]),
        "state": random.choice(["accepted", "delivered", "delivered", "bounced", "queued", "skipped"]),
        "address_hash": id,
    }
    return message | ({"handed_at": _at(random, now)} if random.random() < 0.9 else {})


def _fact(random: Random, customer: str, id: str, now: datetime) -> Document:
    fact = {
        "_id": id,
        "customer": customer,
        "type": random.choice(["opened", "opened", "clicked", "complained", "unsubscribed", "unknown"]),
        "at": _at(random, now),
        "channel": random.choice(["email", "sms"]),
    }
    by = random.choice([{}, {"detail": "person"}, {"detail": "machine"}])
    return fact | by | ({"campaign": random.choice(CAMPAIGNS)} if random.random() < 0.9 else {})


def _said(random: Random, customer: str, id: str, now: datetime) -> Document:
    said = {
        "_id": id,
        "customers": random.choice([[customer], [customer, "nobody"], ["nobody", customer]]),
        "channel": random.choice(["email", "sms"]),
        "direction": random.choice(["in", "in", "out"]),
        "at": _at(random, now),
    }
    return said | ({"keyword": "stop"} if random.random() < 0.2 else {})


def _event(random: Random, customer: str, id: str, now: datetime) -> Document:
    type_ = random.choice(["product_viewed"] * 2 + ["cart_updated", "wishlist", "survey_answered", "order_placed"])
    data: dict[str, Any] = {"product": random.choice(people.PRODUCTS)} if random.random() < 0.8 else {}
    if type_ == "survey_answered":
        data = {"survey": random.choice(["delivery", "$gt"]), "score": random.choice([0, 1, 2, 3, 4.5, 5, None, "5"])}
    return {"_id": id, "customer": customer, "type": type_, "at": _at(random, now), "data": data}


def _voucher(random: Random, customer: str, id: str, now: datetime) -> Document:
    voucher = {"_id": id, "customer": customer, "offer": random.choice(["ten", "gift"])}
    ends = now + timedelta(days=random.choice([-1, 0, 1, 60, 400]))
    return (
        voucher
        | ({"campaign": random.choice(CAMPAIGNS)} if random.random() < 0.5 else {})
        | ({"state": "cancelled"} if random.random() < 0.2 else {})
        | ({"valid_until": ends} if random.random() < 0.7 else {})
    )


def _redemption(random: Random, customer: str, id: str, now: datetime) -> Document:
    redemption = {
        "_id": id,
        "customer": customer,
        "code": id.replace("redemptions-", "vouchers-"),
        "offer": random.choice(["ten", "gift"]),
        "state": random.choice(["reserved", "redeemed", "redeemed", "rolled_back", "released"]),
        "at": _at(random, now),
    }
    return redemption | ({"campaign": random.choice(CAMPAIGNS)} if random.random() < 0.5 else {})


def _referral(random: Random, customer: str, id: str, now: datetime) -> Document:
    one, other = random.choice([(customer, "nobody"), ("nobody", customer)])
    return {
        "_id": id,
        "advocate": one,
        "friend": other,
        "programme": random.choice(["friends", "$gt"]),
        "state": random.choice(["pending", "review", "rewarded", "rewarded", "rejected"]),
        "order": id,
        "at": _at(random, now),
    } | ({"again": True} if random.random() < 0.2 else {})


MAKERS: dict[str, Callable[[Random, str, str, datetime], Document]] = {
    "messages": _message,
    "facts": _fact,
    "conversations": _said,
    "events": _event,
    "vouchers": _voucher,
    "redemptions": _redemption,
    "referrals": _referral,
}
