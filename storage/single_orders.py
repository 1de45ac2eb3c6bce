"""One new order, as a shop's system sends them all day: one read of what must be known, one trip with all writes.

What `storage/orders.py` does for many is done here in the same sequence: the note, the order, its customer's profile.
"""

from datetime import datetime

import msgspec

from common.clock import Clock
from common.ids import new_id
from customers.orders import Order, revised
from customers.profile import Account, added
from storage.aliases import Aliases
from storage.in_turn import Write, in_turn
from storage.mongo import Document, Mongo
from storage.order_documents import documents_of
from storage.profiles import READ, Known, Profiles, known_of, writing
from storage.shelves import Shelves


class _Read(msgspec.Struct, frozen=True):
    """What there was before: the order already; the customer, None where there is none."""

    there: bool
    known: Known | None


class SingleOrders:
    """Keeps new orders one by one."""

    def __init__(self, database: Mongo, profiles: Profiles, aliases: Aliases, clock: Clock) -> None:
        self._database = database
        self._profiles = profiles
        self._aliases = aliases
        self._clock = clock

    def keep(self, order: Order) -> Order | None:
        """Keep a new order and add it to its customer's profile; the order as it is kept.

        None, with nothing kept, where it is not so simple: the order is there, or its customer was merged.
        """
        now = self._clock.now()
        shelves = Shelves(self._database["products"])
        read = self._read(order, shelves)
        if read.there or (read.known is not None and not read.known.whole):
            return None
        if read.known is None and self._aliases.resolve([order.customer_id]):
            return None
        kept = revised(None, order)
        note, writes = self._writes(kept, read.known, shelves, now)
        _, placed, followed = in_turn(self._database, writes)
        if placed and (not followed or shelves.moved()):
            self._profiles.roll_up([order.customer_id], now)
        self._profiles.done(note)
        return msgspec.structs.replace(kept, version=1) if placed else None

    def _read(self, order: Order, shelves: Shelves) -> _Read:
        """What is known of the order, its customer, and the products' categories, which go to the shelves."""
        products = sorted({line.product_id for line in order.lines})
        found = self._database["orders"].aggregate(
            [
                {"$match": {"_id": order.id}},
                {"$project": {"is": {"$literal": "order"}}},
                _also("customers", [order.customer_id], READ),
                _also("products", products, {"categories": 1}),
            ]
        )
        rows = list(found)
        shelves.fill(products, (one for one in rows if one["is"] == "products"))
        people = known_of([one for one in rows if one["is"] == "customers"])
        return _Read(any(one["is"] == "order" for one in rows), people.get(order.customer_id))

    def _writes(self, order: Order, known: Known | None, shelves: Shelves, now: datetime) -> tuple[str, list[Write]]:
        """The note's id, and what is to be written in turn."""
        account = known.account if known else Account()
        buyers = {order.customer_id} if account.profile.orders else set()
        (document,) = documents_of([order], buyers, now)
        note = new_id()
        return note, [
            Write(collection="unrolled", insert={"_id": note, "at": now, "customers": [order.customer_id]}),
            Write(collection="orders", insert=document),
            writing(order.customer_id, known, added(account, [order], shelves.categories), now),
        ]


def _also(collection: str, ids: list[str], fields: Document) -> Document:
    """A stage that adds documents of another collection, and says where they are from."""
    pipeline = [{"$match": {"_id": {"$in": ids}}}, {"$project": {**fields, "is": {"$literal": collection}}}]
    return {"$unionWith": {"coll": collection, "pipeline": pipeline}}
