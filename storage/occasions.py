"""Where triggers look for people: by segments' rules, by dates, by vouchers, by what they care for."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from campaigns.occasion import Again, Way
from common.events import Event
from customers.catalogue import BACK_IN_STOCK
from customers.customer import Customer
from loyalty.voucher import Voucher
from storage.mongo import Document, Mongo, from_document, from_documents
from storage.rhythms import Rhythms

# Rows of one read.
BATCH = 500
FIELDS = {"first_order": "profile.first_at", "sign_up": "created_at"}
# Where on a customer the products stand that they came to care for in a way.
CARED = {"bought": "profile.products", "viewed": "engagement.products", "wished": "engagement.wishes"}
USED = ["reserved", "redeemed"]

Stream = Callable[[Mapping[str, Any]], Iterator[Customer]]


class MongoSearch:
    """Finds people (Search)."""

    def __init__(self, database: Mongo, stream: Stream, rhythms: Rhythms) -> None:
        """`stream` resolves rules to customers."""
        self._customers = database["customers"]
        self._vouchers = database["vouchers"]
        self._redemptions = database["redemptions"]
        self._stream = stream
        self._rhythms = rhythms

    def customers(self, rules: Mapping[str, Any]) -> Iterator[Customer]:
        """All for whom rules of segments hold, in the order of ids."""
        return self._stream(rules)

    def anniversaries(self, of: Literal["first_order", "sign_up"], days: Collection[str]) -> Iterator[Customer]:
        """All whose first order, or first being known, was on one of these days ("03-31") by UTC, in any year."""
        day = {"$dateToString": {"date": f"${FIELDS[of]}", "format": "%m-%d"}}
        wanted: Document = {FIELDS[of]: {"$type": "date"}, "$expr": {"$in": [day, sorted(days)]}}
        for row in self._customers.find(wanted, batch_size=BATCH):
            yield from_document(row, Customer)

    def unused(self, start: datetime, end: datetime, ending: bool, offer: str, campaign: str) -> Iterator[Voucher]:
        """Personal vouchers given, or with `ending` ending, after `start` up to `end`, that still can be used."""
        wanted: Document = {"valid_until" if ending else "issued_at": {"$gt": start, "$lte": end}}
        wanted |= {name: value for name, value in (("offer", offer), ("campaign", campaign)) if value}
        rows = iter(self._vouchers.find({**wanted, "customer": {"$gt": ""}}, batch_size=BATCH))
        while found := list(islice(rows, BATCH)):
            vouchers = [one for one in from_documents(found, Voucher) if one.state == "active"]
            used = self._used(vouchers)
            yield from (one for one in vouchers if one.code not in used and _lasts(one, end, ending))

    def interested(self, news: Sequence[Event], ways: Collection[Way]) -> Iterator[tuple[str, list[Event]]]:
        """Customers who care for the products of these events, and of which; somebody may come once for each way."""
        told: dict[str, list[Event]] = {}
        for event in news:
            told.setdefault(event.data["product"], []).append(event)
        for way in sorted(ways):
            facet, _, name = CARED[way].partition(".")
            for row in self._customers.find({CARED[way]: {"$in": list(told)}}, {CARED[way]: 1}, batch_size=BATCH):
                yield row["_id"], [event for one in row[facet][name] for event in told.get(one, ())]

    def used_up(self, start: datetime, end: datetime, products: Collection[str]) -> Iterator[list[Again]]:
        """What becomes due again then, customer by customer; of these products, or any."""
        return self._rhythms.used_up(start, end, products)

    def _used(self, vouchers: Sequence[Voucher]) -> set[str]:
        owners = sorted({one.customer for one in vouchers})
        found = self._redemptions.find({"customer": {"$in": owners}, "state": {"$in": USED}}, {"code": 1})
        return {one["code"] for one in found}


class MongoNews:
    """What was told of products (News), which are events about nobody."""

    def __init__(self, database: Mongo) -> None:
        self._events = database["events"]
        self._products = database["products"]

    def still_true(self, type: str, since: datetime) -> list[Event]:
        """News of a type after an instant, as far as the product still is as it was told."""
        told = from_documents(self._events.find({"customer": "", "at": {"$gt": since}, "type": type}), Event)
        ids = sorted({one.data["product"] for one in told})
        found = self._products.find({"_id": {"$in": ids}}, {"price": 1, "stock": 1})
        now = {one["_id"]: one for one in found}
        return [event for event in told if _holds(event, now.get(event.data["product"]))]


def _lasts(voucher: Voucher, at: datetime, ending: bool) -> bool:
    """Whether it can be used yet; one that is asked for by its end is."""
    return ending or voucher.valid_until is None or voucher.valid_until > at


def _holds(event: Event, product: Document | None) -> bool:
    if product is None:
        return False
    stock = product.get("stock")
    if event.type == BACK_IN_STOCK:
        return stock is None or stock > 0
    return bool(product.get("price", 0) <= event.data["price"])
