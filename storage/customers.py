"""Customers in MongoDB, their consents, and what they are forgotten with."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from pymongo import UpdateOne

from common.clock import Clock
from common.errors import NotFound, Stale
from common.events import event
from customers.addresses import TELLING, channel_of
from customers.consent import IMPORTED, Consent, yields
from customers.customer import Customer, facts_of, following, joined, placed
from storage.aliases import Aliases
from storage.consents import ConsentLog
from storage.duplicates import note
from storage.events import pending_index, pending_push
from storage.handles import Handle, Handles
from storage.indexes import Index
from storage.mongo import AT_ONCE, Document, Mongo, from_document, from_documents, to_document
from storage.personal import Personal
from storage.profiles import Profiles
from storage.writes import insert_new

PUMPED = "customers"

# At most eight in all on this collection: each slows every import down.
INDEXES = [
    Index(collection="customers", keys=[("addresses.email", 1)]),
    Index(collection="customers", keys=[("addresses.sms", 1)]),
    pending_index("customers"),
]
PERSONAL = [
    Personal(
        collection="customers",
        customer="_id",
        stays=True,
        export="customer",
        hidden=["pending", "pending_at", "rolled", "version"],
    )
]


class MongoCustomers:
    """Customers in MongoDB."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._database = database
        self._customers = database["customers"]
        self._log = ConsentLog(database)
        self._profiles = Profiles(database)
        self._aliases = Aliases(database)
        self._handles = Handles(database)
        self._clock = clock

    def get(self, ids: Sequence[str]) -> dict[str, Customer]:
        """Those of these customers that exist, by id, in one read; an id that was merged has the survivor."""
        known = self._read(ids)
        absent = [one for one in ids if one not in known]
        if not absent or not (moved := self._aliases.resolve(absent)):
            return known
        survivors = self._read(list(moved.values()))
        return known | {old: survivors[new] for old, new in moved.items() if new in survivors}

    def upsert(self, customers: Sequence[Customer]) -> None:
        """Keep the given facts of each; facets and what the shop did not give stay as they are.

        Addresses and tags come before those that are known, which stay: a file rarely has a column for the second.
        Their consents are taken only from a file (source "import"), and there only where nobody said anything else.
        """
        moved = self._aliases.resolve([customer.id for customer in customers])
        given = _merged([msgspec.structs.replace(one, id=moved.get(one.id, one.id)) for one in customers])
        known = self._read(list(given))
        self._log.add(_news_of_consent(known, given.values()))
        self._handles.note(
            (one.id, channel, address)
            for one in given.values()
            for channel, addresses in one.addresses.items()
            for address in addresses
        )
        fresh = [customer for customer in given.values() if customer.id not in known]
        late = self._insert(fresh) if fresh else set()
        if late:
            known |= self._read(list(late))
        updates = [
            update
            for customer in given.values()
            if customer.id in known
            for update in self._updates(known[customer.id], customer)
        ]
        if updates:
            self._customers.bulk_write(updates, ordered=False)
        note(self._database, [one.id for one in given.values() if _moved(known.get(one.id), one)])

    def find(self, after: str, limit: int, address: str | None = None, channel: str = "") -> list[Customer]:
        """A page in the order of ids, or those who have this (normalised) address."""
        query = self._query(after, address, channel)
        return from_documents(self._customers.find(query).sort("_id", 1).limit(limit), Customer)

    def stream(self, after: str, address: str | None = None, channel: str = "") -> Iterator[Customer]:
        """All of the pages from there on, one by one, with flat memory."""
        for document in self._customers.find(self._query(after, address, channel)).sort("_id", 1):
            yield from_document(document, Customer)

    def set_consent(self, customer: str, channel: str, purpose: str, consent: Consent) -> bool:
        """Append a word of consent and make it the current one; False when there is no such customer."""
        customer = self._aliases.one(customer)
        if self._customers.find_one({"_id": customer}, {"_id": 1}) is None:
            return False
        self._log.add([(customer, channel, purpose, consent)])
        place = f"consents.{channel}.{purpose}"
        # An older word that arrives late is in the log, and stays without effect.
        older = [{f"{place}.at": {"$lt": consent.at}}, {f"{place}.source": {"$in": [None, IMPORTED]}}]
        self._say(customer, channel, purpose, consent, {f"{place}.at": {"$ne": consent.at}, "$or": older})
        return True

    def confirm(self, customer: str, channel: str, purpose: str, asked: Consent, yes: Consent) -> bool:
        """Put a yes in place of the pending word it confirms; False where another word stands by now."""
        place = f"consents.{channel}.{purpose}"
        same = {f"{place}.state": "pending", f"{place}.at": asked.at}
        if self._customers.find_one({"_id": customer, **same}, {"_id": 1}) is None:
            return False
        # The proof first: a yes that stands must never be without it.
        self._log.add([(customer, channel, purpose, yes)])
        return self._say(customer, channel, purpose, yes, same)

    def _say(self, customer: str, channel: str, purpose: str, consent: Consent, held: Document) -> bool:
        """Make a word the current one, and tell of it, while `held` matches."""
        said = event(
            "consent_changed",
            consent.at,
            customer,
            [customer, channel, purpose, consent.state, consent.at.isoformat()],
            channel=channel,
            purpose=purpose,
            state=consent.state,
        )
        pushed = pending_push([said])
        fields = {
            f"consents.{channel}.{purpose}": to_document(consent),
            "updated_at": self._clock.now(),
            **pushed["$set"],
        }
        update = {"$set": fields, "$push": pushed["$push"], "$inc": {"version": 1}}
        return bool(self._customers.update_one({"_id": customer, **held}, update).matched_count)

    def take_away(self, channel: str, address: str) -> int:
        """Take an address from whoever has it; how many had it. The next one of the channel is used from then on."""
        place = f"addresses.{channel}"
        change = {"$pull": {place: address}, "$set": {"updated_at": self._clock.now()}, "$inc": {"version": 1}}
        return self._customers.update_many(self._query("", address, channel), change).modified_count

    def roll_up(self, ids: Sequence[str]) -> None:
        """Work out these customers' profiles from their orders, in the database."""
        self._profiles.roll_up(ids, self._clock.now())

    def change(
        self, id: str, facts: Mapping[str, Any], *, create: bool = False, expected_version: int | None = None
    ) -> Customer:
        """Set the given facts, by field or by `field.key`; None takes one away. See customers/customer.py."""
        id = self._aliases.one(id)  # noqa: A001  # as the domain calls it
        self._handles.note(_handles(id, facts))
        if create and expected_version is None and not self._insert([_customer(id, facts)]):
            return self.get([id])[id]
        known = self.get([id]).get(id)
        if known is None and expected_version is None:
            raise NotFound("customer", id)
        if known is None or expected_version not in (None, known.version):
            raise Stale(f"The customer {id!r} was changed in the meantime; read it again.")
        current = facts_of(known)
        changed = {path: value for path, value in facts.items() if current.get(path) != value}
        if not changed:
            return known
        same = {"_id": id} if expected_version is None else {"_id": id, "version": expected_version}
        if not self._customers.update_one(same, self._setting(following(known, changed))).matched_count:
            raise Stale(f"The customer {id!r} was changed in the meantime; read it again.")
        return self.get([id])[id]

    def erase(self, id: str) -> bool:
        """Take a customer's record away; False when there was none. What else is held of them: customers/erasure.py."""
        return bool(self._customers.delete_one({"_id": id}).deleted_count)

    def _query(self, after: str, address: str | None, channel: str) -> Document:
        """Which customers are wanted; on a channel without an index of its own, only those who were noted with it."""
        if address is None:
            return {"_id": {"$gt": after}}
        channel = channel or channel_of(address)
        query: Document = {"_id": {"$gt": after}, f"addresses.{channel}": address}
        if channel not in TELLING:
            noted = self._handles.customers(channel, address)
            query["_id"]["$in"] = sorted({*noted, *self._aliases.resolve(noted).values()})
        return query

    def _read(self, ids: Sequence[str]) -> dict[str, Customer]:
        found = self._customers.find({"_id": {"$in": list(ids)}}, batch_size=AT_ONCE)
        return {one.id: one for one in from_documents(found, Customer)}

    def _insert(self, customers: Sequence[Customer]) -> set[str]:
        """Insert new customers; the ids of those that were there already."""
        now = self._clock.now()
        rows = [msgspec.structs.replace(placed(one), created_at=now, updated_at=now, version=1) for one in customers]
        return insert_new(self._customers, [to_document(row) for row in rows])

    def _updates(self, known: Customer, given: Customer) -> Iterable[UpdateOne]:
        current = facts_of(known)
        told = {path: joined(path, value, current.get(path)) for path, value in facts_of(given).items()}
        changed = {path: value for path, value in told.items() if current.get(path) != value}
        if changed:
            yield UpdateOne({"_id": given.id}, self._setting(following(known, changed)))
        for channel, purpose, word in _words(given):
            if yields(known.consents.get(channel, {}).get(purpose), word):
                place = f"consents.{channel}.{purpose}"
                # The customer may have said something since this was read: then their word stands.
                said = {"$set": {place: to_document(word)}, "$inc": {"version": 1}}
                yield UpdateOne({"_id": given.id, "$or": _undated(place, word)}, said)

    def _setting(self, facts: Mapping[str, Any]) -> Document:
        update: Document = {"$set": {"updated_at": self._clock.now()}, "$inc": {"version": 1}}
        update["$set"] |= {path: value for path, value in facts.items() if value is not None}
        absent = {path: "" for path, value in facts.items() if value is None}
        return update | ({"$unset": absent} if absent else {})


def _handles(customer: str, facts: Mapping[str, Any]) -> Iterator[Handle]:
    """The addresses among flat facts."""
    for path, value in facts.items():
        name, _, channel = path.partition(".")
        if name == "addresses" and value:
            yield from ((customer, channel, address) for address in value)


def _moved(known: Customer | None, given: Customer) -> bool:
    """Whether addresses are given that were not known."""
    before = known.addresses if known else {}
    return any(not set(addresses) <= set(before.get(name, ())) for name, addresses in given.addresses.items())


def _undated(place: str, word: Consent) -> list[Document]:
    """That there is no word at a place, or only a file's that gives way (see `yields`)."""
    from_file: Document = {f"{place}.source": IMPORTED}
    # A file's no may have been written since this was read.
    return [{place: None}, from_file if word.state == "denied" else from_file | {f"{place}.state": {"$ne": "denied"}}]


def _customer(id: str, facts: Mapping[str, Any]) -> Customer:
    """A new customer of flat facts."""
    fields: dict[str, Any] = {"id": id}
    for path, value in facts.items():
        name, _, key = path.partition(".")
        if value is not None and key:
            fields.setdefault(name, {})[key] = value
        elif value is not None:
            fields[name] = value
    return Customer(**fields)


def _merged(customers: Sequence[Customer]) -> dict[str, Customer]:
    """One of each id: where a customer is given twice, what is given later counts."""
    merged: dict[str, Customer] = {}
    for customer in customers:
        facts_of(customer)  # refuses names that could not be a field's
        earlier = merged.get(customer.id)
        merged[customer.id] = customer if earlier is None else _later(earlier, customer)
    return merged


def _later(earlier: Customer, later: Customer) -> Customer:
    fields = msgspec.structs.asdict(earlier)
    for name, value in msgspec.structs.asdict(later).items():
        if isinstance(value, dict):
            fields[name] = {**fields[name], **value}
        elif value:
            fields[name] = value
    fields["addresses"] |= {
        channel: joined(f"addresses.{channel}", addresses, earlier.addresses.get(channel))
        for channel, addresses in later.addresses.items()
    }
    fields["tags"] = joined("tags", later.tags, earlier.tags)
    fields["consents"] = _said(earlier, later)
    return Customer(**fields)


def _said(earlier: Customer, later: Customer) -> dict[str, dict[str, Consent]]:
    """The words that stand of two rows."""
    said = {channel: dict(purposes) for channel, purposes in earlier.consents.items()}
    for channel, purpose, word in _words(later):
        purposes = said.setdefault(channel, {})
        if yields(purposes.get(purpose), word):
            purposes[purpose] = word
    return said


def _words(customer: Customer) -> Iterable[tuple[str, str, Consent]]:
    for channel, purposes in customer.consents.items():
        for purpose, word in purposes.items():
            yield channel, purpose, word


def _news_of_consent(known: Mapping[str, Customer], given: Iterable[Customer]) -> list[tuple[str, str, str, Consent]]:
    return [
        (customer.id, channel, purpose, word)
        for customer in given
        for channel, purpose, word in _words(customer)
        if customer.id not in known or yields(known[customer.id].consents.get(channel, {}).get(purpose), word)
    ]
