"""Orders in MongoDB, and with them the profiles of the customers who placed them."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import msgspec
from pymongo import UpdateOne

from common.clock import Clock
from common.errors import Unavailable
from common.events import Event, event
from common.ids import new_id
from common.jobs import RowError
from customers.agreeing import agreeing
from customers.orders import (
    ERASED,
    AddedRows,
    Followed,
    Order,
    OrderEvent,
    OrderRow,
    money_back,
    revised,
    with_events,
    with_rows,
)
from customers.profile import share
from storage.aliases import Aliases
from storage.events import pending_index, pending_push
from storage.indexes import Index
from storage.mongo import AT_ONCE, Document, Mongo, from_documents, to_document
from storage.order_documents import NEWS, documents_of
from storage.owed import Owed
from storage.personal import Personal
from storage.profiles import Known, Profiles, by_customer
from storage.single_orders import SingleOrders
from storage.writes import insert_new

PUMPED = "orders"

INDEXES = [
    Index(collection="orders", keys=[("customer_id", 1), ("placed_at", 1)]),
    Index(collection="orders", keys=[("placed_at", 1)]),
    pending_index("orders"),
]
# What was sold stays in the sums; what somebody wrote about it, and who packed it, goes or is not theirs to know.
PERSONAL = [
    Personal(
        collection="orders",
        customer="customer_id",
        versioned=True,
        erase="nobody",
        gone=["pending", "pending_at", "events.$[].reason", "events.$[].tracking_url"],
        export="orders",
        hidden=["customer_id", "packed_by", "import_file", "import_rows", "pending", "pending_at"],
    )
]

# How often a change is tried again when others change the same orders.
TRIES = 12

Owned = TypeVar("Owned", Order, OrderRow)
# What an order becomes; must give an order that already is so back as it is, so that trying again is safe.
Change = Callable[[Order | None], Order | None]
_FIELDS = tuple(field.encode_name for field in msgspec.structs.fields(Order) if field.encode_name != "_id")


class MongoOrders:
    """Orders in MongoDB. Every change is a compare-and-set on the order's version, in bulk."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._orders = database["orders"]
        self._profiles = Profiles(database)
        self._owed = Owed(database, self._profiles, clock)
        self._aliases = Aliases(database)
        self._customers = database["customers"]
        self._single = SingleOrders(database, self._profiles, self._aliases, clock)
        self._clock = clock

    def get(self, ids: Sequence[str]) -> dict[str, Order]:
        """Those of these orders that exist, by id."""
        found = from_documents(self._orders.find({"_id": {"$in": list(ids)}}), Order)
        return {order.id: order for order in found}

    def upsert(self, orders: Sequence[Order]) -> dict[str, Order]:
        """Keep orders, and bring the profiles of the customers they touch up to date; twice is once.

        Returns them as they are kept, by id. An order's events stay. One under the id of somebody who was merged is
        the survivor's. Raises Conflict, keeping none, for an order that belongs to another customer.
        """
        if len(orders) == 1 and (kept := self._single.keep(orders[0])):
            return {kept.id: kept}
        given, before = self._led(orders)
        return self._apply({order.id: partial(_revised, order) for order in given}, before=before).kept()

    def add_event(self, order: str, event: OrderEvent) -> Order | None:
        """Add what happened, once; the order as it is then, or None when there is no such order."""
        return self.add_events({order: [event]}).get(order)

    def add_events(self, events: Mapping[str, Sequence[OrderEvent]]) -> dict[str, Order]:
        """Add what happened to each of these orders, once; those of them that exist, as they are then.

        An order that is full (MAX_EVENTS) takes no more: whether it took an event, its `events` say.
        """
        self._apply({order: partial(_with_events, told) for order, told in events.items()})
        return self.get(list(events))

    def add_rows(self, file: str, rows: Sequence[OrderRow], owing: str = "") -> AddedRows:
        """Add rows of a file to their orders, each once; the first rows of a new file replace what an order had.

        Where `owing` names a job, it owes the profiles of those to whom nothing happened that is news: see `follow`.
        """
        grouped: dict[str, list[OrderRow]] = defaultdict(list)
        led, before = (self._led_blind(rows), {}) if owing else self._led(rows)
        for row in led:
            grouped[row.order_id].append(row)
        known = self.get(list(grouped))
        errors: list[RowError] = []
        taken: dict[str, list[OrderRow]] = {}
        for order, group in grouped.items():
            good, bad = agreeing(known.get(order), file, group)
            errors += bad
            if good:
                taken[order] = good
        changes = {order: partial(_with_rows, file, group) for order, group in taken.items()}
        if owing:
            self._apply_owing(owing, changes, known)
        else:
            self._apply(changes, known, before)
        return AddedRows(
            errors=errors, replaced=sum(one.import_file != file for id_, one in known.items() if id_ in taken)
        )

    def follow(self, job: str) -> Iterator[Followed]:
        """Bring the profiles up to date that a job owes, however often it was begun; tells how far it is."""
        return self._owed.follow(job)

    def last_of(self, customers: Sequence[str]) -> dict[str, Order]:
        """The latest standing order of each of these customers."""
        found = self._orders.aggregate(
            [
                {"$match": {"customer_id": {"$in": list(customers)}, "state": {"$ne": "cancelled"}}},
                {"$sort": {"placed_at": -1, "_id": -1}},
                {"$group": {"_id": "$customer_id", "order": {"$first": "$$ROOT"}}},
            ],
            batchSize=AT_ONCE,
        )
        return {order.customer_id: order for order in from_documents((row["order"] for row in found), Order)}

    def revenue(self, pipeline: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The rows of an aggregation over orders."""
        return iter(self._orders.aggregate(list(pipeline)))

    def of_customer(self, customer: str) -> list[Order]:
        """All of a customer's orders, the latest first."""
        return from_documents(self._orders.find({"customer_id": customer}).sort("placed_at", -1), Order)

    def forget(self, customer: str) -> int:
        """Put the orders of an erased customer under a name that leads to nobody; how many there were."""
        nobody = ERASED + new_id()
        gone = {"$set": {"customer_id": nobody}, "$unset": {"pending": "", "pending_at": ""}}
        return self._orders.update_many({"customer_id": customer}, gone).modified_count

    def roll_up_left_over(self) -> int:
        """Work out profiles that processes that died did not come to; how many of their batches there were."""
        return self._profiles.settle_left_over(self._clock.now()) + self._owed.settle_given_up()

    def _led(self, given: Sequence[Owned]) -> tuple[Sequence[Owned], dict[str, Known]]:
        """The same under the ids that customers have now, and the profiles of those: who was merged has another id."""
        ids = {one.customer_id for one in given}
        before = self._profiles.read(ids)
        strangers = list(ids - before.keys())  # a record that is there was not merged into another
        now = self._aliases.resolve(strangers) if strangers else {}
        if not now:
            return given, before
        before |= self._profiles.read(set(now.values()) - before.keys())
        owners = (now.get(one.customer_id, one.customer_id) for one in given)
        return [msgspec.structs.replace(one, customer_id=id_) for one, id_ in zip(given, owners, strict=True)], before

    def _led_blind(self, given: Sequence[Owned]) -> Sequence[Owned]:
        """The same for many rows, where nobody asks for the profiles: hardly anybody was ever merged."""
        now = self._aliases.resolve(list({one.customer_id for one in given}))
        there = self._customers.find({"_id": {"$in": list(now)}}, {"_id": 1}) if now else ()
        for one in there:  # a record that is there was not merged into another
            del now[one["_id"]]
        if not now:
            return given
        owners = (now.get(one.customer_id, one.customer_id) for one in given)
        return [msgspec.structs.replace(one, customer_id=id_) for one, id_ in zip(given, owners, strict=True)]

    def _apply_owing(self, job: str, changes: Mapping[str, Change], known: Mapping[str, Order] | None) -> None:
        """Change orders as `_apply` does; profiles follow at once only where something happened that others hear of."""
        now = self._clock.now()
        left = dict(changes)
        at_once: set[str] = set()
        for _ in range(TRIES):
            known = self.get(list(left)) if known is None else known
            wanted = _wanted(known, left)
            touched = {one.customer_id for one in wanted.values() if _matters(known.get(one.id), one)}
            notes = self._owed.announce(job, touched) if touched else []
            told = {one.customer_id for one in wanted.values() if _is_news(known.get(one.id), one, now)}
            lost = self._write(known, wanted, self._buyers(told), now) if wanted else set()
            at_once |= touched if notes and not self._owed.ready(notes) else touched & told
            left, known = {order: left[order] for order in lost}, None
            if not left:
                break
        self._profiles.roll_up(sorted(at_once), now)
        if left:
            raise Unavailable("Others are changing the same orders. Try again shortly.", retry_after=1)

    def _buyers(self, customers: set[str]) -> set[str]:
        """Those of these customers who have an order that stands."""
        if not customers:
            return set()
        wanted = {"customer_id": {"$in": sorted(customers)}, "state": {"$ne": "cancelled"}}
        return {one["customer_id"] for one in self._orders.find(wanted, {"_id": 0, "customer_id": 1})}

    def _apply(
        self,
        changes: Mapping[str, Change],
        known: Mapping[str, Order] | None = None,
        before: Mapping[str, Known] | None = None,
    ) -> "_Work":
        """Change orders until nothing is left to change, then the profiles of whom it touched.

        `known` are the orders as they were just read, where they were, and `before` their customers' profiles.
        """
        now = self._clock.now()
        work = _Work()
        left = dict(changes)
        for _ in range(TRIES):
            known = self.get(list(left)) if known is None else known
            wanted = _wanted(known, left)
            touched = {one.customer_id for one in wanted.values() if _matters(known.get(one.id), one)}
            if touched:
                work.notes.append(self._profiles.announce(touched, now))
                before = self._profiles.read(touched) if before is None else before
            lost = self._write(known, wanted, _buyers(before or {}), now) if wanted else set()
            work.learn(known, wanted, touched, before or {}, lost)
            left, known, before = {order: left[order] for order in lost}, None, None
            if not left:
                break
        self._follow(work, now)
        if left:
            raise Unavailable("Others are changing the same orders. Try again shortly.", retry_after=1)
        return work

    def _follow(self, work: "_Work", now: datetime) -> None:
        """Bring the profiles up to date that were touched, and take the notes away that said so."""
        if work.added:
            work.changed |= self._profiles.add(work.before, work.added, now)
        if work.changed:
            self._profiles.roll_up(sorted(work.changed), now)
        for note in work.notes:
            self._profiles.done(note)

    def _write(
        self, known: Mapping[str, Order], wanted: Mapping[str, Order], buyers: set[str], now: datetime
    ) -> set[str]:
        """Write orders that nobody changed since they were read; the ids of those that may not have been.

        `buyers` had an order before.
        """
        fresh = [order for order in wanted.values() if order.id not in known]
        changed = [order for order in wanted.values() if order.id in known]
        lost = insert_new(self._orders, documents_of(fresh, buyers, now)) if fresh else set()
        if changed:
            updates = [_update(known[order.id], order) for order in changed]
            result = self._orders.bulk_write(updates, ordered=False)
            if result.matched_count < len(changed):
                # Which ones is not told; those that did go in are found unchanged when they are read again.
                lost |= {order.id for order in changed}
        return lost


class _Work:
    """What a change of orders leaves to be done on profiles."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.changed: set[str] = set()
        self.added: dict[str, list[Order]] = {}
        self.before: Mapping[str, Known] = {}
        self._known: dict[str, Order] = {}
        self._written: dict[str, Order] = {}

    def kept(self) -> dict[str, Order]:
        """The orders as they are kept now."""
        written = {id_: msgspec.structs.replace(one, version=one.version + 1) for id_, one in self._written.items()}
        return self._known | written

    def learn(
        self,
        known: Mapping[str, Order],
        wanted: Mapping[str, Order],
        touched: set[str],
        before: Mapping[str, Known],
        lost: set[str],
    ) -> None:
        """Sort those touched by one writing of orders: new orders are added, anything else is reckoned anew."""
        self._known |= known
        self._written |= {order: one for order, one in wanted.items() if order not in lost}
        if self.added or self.changed:
            # A second writing, since others wrote the same orders: what the first one knew may be of yesterday.
            self.changed |= touched
            return
        new = {order: one for order, one in wanted.items() if order not in known and order not in lost}
        others = {one.customer_id for order, one in wanted.items() if order not in new}
        self.changed = touched & others
        self.added = by_customer(one for one in new.values() if one.customer_id not in others)
        self.before = before


def _buyers(before: Mapping[str, Known]) -> set[str]:
    """Those who had an order, by their profiles."""
    return {customer for customer, known in before.items() if known.account.profile.orders}


def _is_news(known: Order | None, wanted: Order, now: datetime) -> bool:
    """Whether an event is told of what an order becomes."""
    if known is None:
        return wanted.placed_at >= now - NEWS
    return len(wanted.events) > len(known.events)


def _revised(given: Order, known: Order | None) -> Order:
    return revised(known, given)


def _with_events(events: Sequence[OrderEvent], known: Order | None) -> Order | None:
    return None if known is None else with_events(known, events)


def _with_rows(file: str, rows: Sequence[OrderRow], known: Order | None) -> Order:
    return with_rows(known, file, rows)


def _wanted(known: Mapping[str, Order], changes: Mapping[str, Change]) -> dict[str, Order]:
    """What the orders are to become, without those that already are so."""
    wanted = [change(known.get(order)) for order, change in changes.items()]
    return {order.id: order for order in wanted if order is not None and order != known.get(order.id)}


def _matters(known: Order | None, wanted: Order) -> bool:
    """Whether the change is one that its customer's profile depends on."""
    return known is None or share(known) != share(wanted)


def _update(known: Order, order: Order) -> UpdateOne:
    fields = to_document(order)
    given = {name: fields[name] for name in _FIELDS if name in fields}
    absent = {name: "" for name in _FIELDS if name not in fields}
    update: Document = {"$set": given | {"version": order.version + 1}, "$unset": absent}
    keys = {event.key for event in known.events}
    if news := [_happened(order, event) for event in order.events if event.key not in keys]:
        pushed = pending_push(news)
        update = update | {"$set": update["$set"] | pushed["$set"], "$push": pushed["$push"]}
    return UpdateOne({"_id": order.id, "version": order.version}, update)


def _happened(order: Order, what: OrderEvent) -> Event:
    """The event of what happened; of one that gives money back it says how much, and what is now back in all."""
    data = {name: value for name, value in to_document(what).items() if name not in ("type", "at", "id")}
    amount = money_back(order, what)
    if amount is not None:
        data |= {"amount": amount, "currency": order.currency, "total": order.total, "refunded": order.refunded}
    about = [what.id] if what.id else [what.type, what.at.astimezone(UTC).isoformat()]
    return event(f"order_{what.type}", what.at, order.customer_id, [order.id, *about], order=order.id, **data)
