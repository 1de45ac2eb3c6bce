"""One new order, as a shop's system sends them all day: a read of its customer, and one trip with all writes.

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
from storage.mongo import Mongo
from storage.order_documents import documents_of
from storage.profiles import Known, Profiles, writing
from storage.shelves import Shelves


class SingleOrders:
    """Keeps new orders one by one."""

    def __init__(self, database: Mongo, profiles: Profiles, aliases: Aliases, clock: Clock) -> None:
        self._database = database
        self._profiles = profiles
        self._aliases = aliases
        self._clock = clock
        self._shelves = Shelves(database["products"])

    def keep(self, order: Order) -> Order | None:
        """Keep a new order and add it to its customer's profile; the order as it is kept.

        None, with nothing kept, where it is not so simple: the order is there already, or its customer was merged.
        """
        now = self._clock.now()
        # Categories that were read a moment ago will do: who moves a product waits for longer than that.
        shelves = self._shelves = self._shelves.another()
        shelves.open(line.product_id for line in order.lines)
        known = self._profiles.read([order.customer_id]).get(order.customer_id)
        if not known.whole if known else self._aliases.resolve([order.customer_id]):
            return None
        kept = revised(None, order)
        note, writes = self._writes(kept, known, shelves, now)
        _, placed, followed = in_turn(self._database, writes)
        if placed and (not followed or shelves.moved()):
            self._profiles.roll_up([order.customer_id], now)
        self._profiles.done(note)
        return msgspec.structs.replace(kept, version=1) if placed else None

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
