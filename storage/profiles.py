"""Profiles, kept in step with orders: what is new is added to what is known, what changed is reckoned from the orders.

Several processes may change one customer's orders at once, and each may die at any step. So
- `rolled.by` beside each profile is a name that is new with every write. Who writes a profile has read that name before
  it wrote or read the orders it counts, and writes only where the name still stands; who comes too late reckons anew.
  Hence whoever writes last has seen the orders of everybody who is done.
- Before orders are written, a note says whose profiles must follow; it goes when they did. A process that dies leaves
  its note, and a chore makes it good.
"""

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from random import uniform

import msgspec
from pymongo import UpdateOne, WriteConcern

from common.ahead import ahead
from common.errors import Unavailable
from common.ids import new_id
from customers.orders import ERASED, Order
from customers.profile import Account, added, categories_of
from storage.in_turn import Write
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_documents, to_document, to_documents
from storage.personal import Personal
from storage.rewriting import CHUNK, Rewrite, rewrite
from storage.shelves import AGED, Moves, Shelves
from storage.writes import insert_new

INDEXES = [Index(collection="unrolled", keys=[("at", 1)])]
PERSONAL = [Personal(collection="unrolled", customer="customers", many=True, erase="leave")]

# A note older than this is of a process that died, or of one so slow that doing its work twice costs little.
LEFT_OVER = timedelta(minutes=2)
# Customers reckoned together, and orders of theirs held at once.
BATCH = 1_000
# How often a profile is reckoned again when others write the same one: each time, one of them gets through.
TRIES = 50
# Who comes too late waits up to so much longer each time.
PAUSE_SECONDS = 0.001

# What of an order no profile depends on.
_LEFT_OUT = dict.fromkeys(
    ("pending", "pending_at", "import_file", "import_rows", "import_told", "vouchers", "packed_by", "version"), 0
)
# What was expected of a customer (segments/lapse.py) ends with their next order; a chore scores them anew.
_OUTDATED = ("scores", "lapse")
_NOBODY = re.compile(ERASED + "[0-9a-z]{26}")


class Known(msgspec.Struct, frozen=True):
    """A profile as it was read, and the name of the write that left it so; None where there was none."""

    account: Account
    by: str | None

    @property
    def whole(self) -> bool:
        """Whether all is known that adding to it needs; not where a profile came from elsewhere."""
        return self.by is not None or self.account == Account()


_NOTHING = Known(Account(), None)


class _Reckoned(msgspec.Struct, frozen=True):
    """What customers' orders add up to, and what was read before and beside them."""

    known: Mapping[str, Known]
    accounts: Mapping[str, Account]
    shelves: Shelves


class Profiles:
    """Keeps customers' profiles in step with their orders."""

    def __init__(self, database: Mongo, aged: float = AGED) -> None:
        """`aged` is how long categories that were read are good for, in seconds."""
        # Nobody waits for a note to be in the journal. What is journaled after it cannot be there without it, so it
        # is never lost before the orders it speaks of; nor is it gone for good before the profiles are there.
        self._notes = database.get_collection("unrolled", write_concern=WriteConcern(w=1))
        # Nor does anybody wait for it to go: one that stays is worked off again, which changes nothing.
        self._gone = database.get_collection("unrolled", write_concern=WriteConcern(w=0))
        self._orders = database["orders"]
        self._customers = database["customers"]
        self._products = database["products"]
        self._moves = Moves(database)
        self._aged = aged

    def announce(self, customers: Iterable[str], now: datetime) -> str:
        """Note that these customers' orders are about to change; returns the note's id."""
        note = new_id()
        self._notes.insert_one({"_id": note, "at": now, "customers": sorted(set(customers))})
        return note

    def done(self, note: str) -> None:
        """Take a note away whose profiles have followed."""
        self._gone.delete_one({"_id": note})

    def settle_left_over(self, now: datetime) -> int:
        """Work out the profiles that processes which died left behind; how many notes there were."""
        notes = list(self._notes.find({"at": {"$lte": now - LEFT_OVER}}))
        for note in notes:
            self.roll_up(note["customers"], now)
            self.done(note["_id"])
        return len(notes)

    def read(self, customers: Iterable[str]) -> dict[str, Known]:
        """The profiles of those customers who exist, in one read."""
        fields = {"profile": 1, "rolled": 1}
        found = list(self._customers.find({"_id": {"$in": list(customers)}}, fields))
        # What is remembered was a number once.
        rolled = [one["rolled"] if isinstance(one.get("rolled"), dict) else {} for one in found]
        accounts = from_documents(
            ({**memory, "profile": one.get("profile", {})} for memory, one in zip(rolled, found, strict=True)), Account
        )
        rows = zip(found, accounts, rolled, strict=True)
        return {one["_id"]: Known(account, memory.get("by")) for one, account, memory in rows}

    def add(self, known: Mapping[str, Known], orders: Mapping[str, Sequence[Order]], now: datetime) -> set[str]:
        """Add new orders, by customer, to profiles that were read before those orders were written.

        Returns the customers to whose profiles nothing could be added, or others did meanwhile: roll them up.
        """
        shelves = Shelves(self._products, self._aged)
        shelves.open(line.product_id for placed in orders.values() for order in placed for line in order.lines)
        whole = {customer for customer in orders if known.get(customer, _NOTHING).whole}
        accounts = (
            (customer, added(known.get(customer, _NOTHING).account, placed, shelves.categories))
            for customer, placed in orders.items()
            if customer in whole
        )
        return self._write(known, accounts, shelves, now) | orders.keys() - whole

    def roll_up(self, customers: Sequence[str], now: datetime) -> None:
        """Reckon these customers' profiles from all their orders; one who has orders but no record is created bare.

        Raises Unavailable where others write the same profiles all the time.
        """
        for _ in self.following(customers, now):
            pass

    def following(self, customers: Sequence[str], now: datetime) -> Iterator[int]:
        """The same bit by bit: how many customers each bit was about."""
        people = [one for one in customers if not _NOBODY.fullmatch(one)]
        batches = [set(people[start : start + BATCH]) for start in range(0, len(people), BATCH)]
        made = self._reckoned(batches)
        # What the next ones' orders add up to is read and worked out while the server is at the last ones' profiles.
        for batch, reckoned in zip(batches, ahead(made) if len(batches) > 1 else made, strict=True):
            left = self._write(reckoned.known, reckoned.accounts.items(), reckoned.shelves, now)
            self._again(left, now)
            yield len(batch)

    def _again(self, left: set[str], now: datetime) -> None:
        """Reckon those anew whose profiles others have written meanwhile, until nobody has."""
        for tries in range(TRIES):
            if not left:
                return
            # Two in step could meet for ever, and the same one win each time; a wait of some milliseconds parts them.
            time.sleep(uniform(0, tries * PAUSE_SECONDS))  # noqa: S311  # nothing secret
            (one,) = self._reckoned([left])
            left = self._write(one.known, one.accounts.items(), one.shelves, now)
        if left:
            raise Unavailable("Others are changing the same customers' orders. Try again shortly.", retry_after=1)

    def products_moved(self) -> bool:
        """Whether products have changed their categories and their buyers' profiles have not followed."""
        return self._moves.waiting()

    def follow_products(self, now: datetime) -> int:
        """Put the profiles of those who bought moved products under their categories; how many customers those were.

        Looks through all customers once, however many products were moved.
        """
        due = self._moves.due(now)
        products = sorted({product for moved in due.values() for product in moved})
        if not products:
            return 0
        count = 0
        fields = {"profile.products": 1, "profile.categories": 1, "rolled.by": 1}
        with self._customers.find({"profile.products": {"$in": products}}, fields) as found:
            while rows := list(islice(found, BATCH)):
                self.roll_up(self._moved(rows), now)
                count += len(rows)
        self._moves.done(due)
        return count

    def _moved(self, rows: Sequence[Document]) -> list[str]:
        """Write the categories of customers' products where they are others now; who must be rolled up for it."""
        shelves = Shelves(self._products, self._aged)
        shelves.open(product for row in rows for product in row["profile"]["products"])
        by = new_id()
        names = {row["_id"]: categories_of(row["profile"]["products"], shelves.categories) for row in rows}
        others = [row for row in rows if names[row["_id"]] != row["profile"].get("categories", [])]
        plain = [row for row in others if isinstance(row.get("rolled"), dict)]
        updates = [
            UpdateOne(
                {"_id": row["_id"], "rolled.by": row["rolled"]["by"]},
                {"$set": {"profile.categories": names[row["_id"]], "rolled.by": by}},
            )
            for row in plain
        ]
        if updates and self._customers.bulk_write(updates, ordered=False).matched_count == len(updates):
            return [row["_id"] for row in others if row not in plain]
        return [row["_id"] for row in others]

    def _reckoned(self, batches: Iterable[set[str]]) -> Iterator[_Reckoned]:
        """What all orders of the customers of each batch add up to."""
        shelves = Shelves(self._products, self._aged)
        for customers in batches:
            known = self.read(customers)
            shelves = shelves.another()
            accounts = dict.fromkeys(known, Account())
            wanted = {"customer_id": {"$in": sorted(customers)}}
            with self._orders.find(wanted, _LEFT_OUT, batch_size=2 * BATCH) as found:
                while rows := list(islice(found, BATCH)):
                    orders = msgspec.convert(rows, list[Order])
                    shelves.open(line.product_id for order in orders for line in order.lines)
                    for customer, placed in by_customer(orders).items():
                        accounts[customer] = added(accounts.get(customer, Account()), placed, shelves.categories)
            yield _Reckoned(known, accounts, shelves)

    def _write(
        self, known: Mapping[str, Known], accounts: Iterable[tuple[str, Account]], shelves: Shelves, now: datetime
    ) -> set[str]:
        """Write profiles where they still are as known; the customers where they are not, or may not be right."""
        by = new_id()
        bought: dict[str, list[str]] = {}
        fresh: list[Document] = []
        written = rewrite(self._customers, "rolled.by", _rewrites(known, accounts, by, bought, fresh), _OUTDATED)
        lost = insert_new(self._customers, [{**_created(now), **one} for one in fresh])
        old = bought.keys() & known.keys()
        if written < len(old):
            wrote = self._customers.find({"_id": {"$in": list(old)}, "rolled.by": by}, {"_id": 1})
            lost |= old - {one["_id"] for one in wrote}
        # The catalogue may have moved a product while its buyers were not yet to be seen.
        moved = shelves.moved()
        return lost | {one for one, products in bought.items() if moved.intersection(products)}


def _rewrites(
    known: Mapping[str, Known],
    accounts: Iterable[tuple[str, Account]],
    by: str,
    bought: dict[str, list[str]],
    fresh: list[Document],
) -> Iterator[tuple[str, Rewrite]]:
    """What becomes of customers there are; notes who it was about and what they `bought`, and who is `fresh`."""
    left = iter(accounts)
    while some := dict(islice(left, CHUNK)):
        documents = to_documents(list(some.values()))
        for (customer, account), document in zip(some.items(), documents, strict=True):
            bought[customer] = account.profile.products
            fields = _fields(document, by)
            if customer in known:
                yield customer, Rewrite(known[customer].by or "", fields, _weight(account))
            else:
                fresh.append({"_id": customer, **fields})


def writing(customer: str, known: Known | None, account: Account, now: datetime) -> Write:
    """The write of one profile where it still is as known; of one who was not known, of their bare record."""
    fields = _fields(to_document(account), new_id())
    if known is None:
        return Write(collection="customers", insert={"_id": customer, **_created(now), **fields})
    update = {"$set": fields, "$unset": {".".join(_OUTDATED): ""}}
    return Write(collection="customers", match={"_id": customer, "rolled.by": known.by}, update=update)


def _created(now: datetime) -> Document:
    return {"created_at": now, "updated_at": now, "version": 1}


def by_customer(orders: Iterable[Order]) -> dict[str, list[Order]]:
    """Orders by who placed them."""
    grouped: dict[str, list[Order]] = defaultdict(list)
    for order in orders:
        grouped[order.customer_id].append(order)
    return grouped


def _weight(account: Account) -> int:
    """How much a profile takes, roughly, in what one product takes."""
    return 10 + len(account.profile.products) + len(account.days_of) // 4


def _fields(document: Document, by: str) -> Document:
    """An account as it stands in its customer's document."""
    profile = document.pop("profile", {})
    return {"profile": profile, "rolled": {**document, "by": by}}
