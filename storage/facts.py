"""Facts in MongoDB: opens, clicks, complaints, each once; and when each customer was last seen doing so."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pymongo import UpdateOne

from customers.learning import BY_MACHINE, UNSETTLED
from messaging.receipts import Fact
from messaging.sightings import BY_PERSON
from storage.indexes import Index
from storage.learning import note_answers
from storage.mongo import Mongo, from_documents, to_document
from storage.personal import Erased, Personal
from storage.reported import note_heard
from storage.writes import insert_new

INDEXES = [
    Index(collection="facts", keys=[("campaign", 1), ("type", 1)]),
    Index(collection="facts", keys=[("customer", 1), ("at", 1)]),
    Index(collection="facts", keys=[("settle_at", 1)], only={"settle_at": {"$exists": True}}),
]
PERSONAL = [
    Personal(
        collection="facts",
        customer="customer",
        erase="nobody",
        gone=["url"],
        export="responses",
        hidden=["customer"],
    )
]


def take_the_words_away(database: Mongo, erased: Erased) -> None:
    """A provider's words on an erased person's messages go; whether a machine opened one stays, for reports' sums."""
    said = {"customer": {"$in": erased.ids}, "detail": {"$nin": [BY_MACHINE, BY_PERSON, UNSETTLED]}}
    database["facts"].update_many(said, {"$unset": {"detail": ""}})


ERASING = [take_the_words_away]
# What of a customer's doings is kept on the customer too, for segments.
SEEN = {"opened": "last_opened_at", "clicked": "last_clicked_at", "complained": "complained_at"}


class MongoFacts:
    """What customers did with their messages."""

    def __init__(self, database: Mongo) -> None:
        self._database = database
        self._facts = database["facts"]
        self._customers = database["customers"]

    def add(self, facts: Sequence[Fact]) -> None:
        """Keep facts; one that is kept already stays as it is. The customers' facet `engagement` follows."""
        insert_new(self._facts, [to_document(fact) for fact in facts])
        for provider in {fact.provider for fact in facts}:
            theirs = [fact for fact in facts if fact.provider == provider]
            note_heard(self._database, provider, (one.type for one in theirs), max(one.at for one in theirs))
        self._follow(facts)

    def _follow(self, facts: Sequence[Fact]) -> None:
        """What follows for the customers from what they did themselves."""
        facts = [fact for fact in facts if fact.detail != BY_MACHINE]
        note_answers(self._database, (fact.customer for fact in facts if fact.type in ("opened", "clicked")))
        latest: dict[str, dict[str, datetime]] = {}
        for fact in facts:
            if fact.customer and fact.type in SEEN:
                times = latest.setdefault(fact.customer, {})
                place = f"engagement.{SEEN[fact.type]}"
                times[place] = max(fact.at, times.get(place, fact.at))
        if latest:
            updates = [UpdateOne({"_id": customer}, {"$max": times}) for customer, times in latest.items()]
            self._customers.bulk_write(updates, ordered=False)

    def unsettled(self, now: datetime, limit: int) -> list[Fact]:
        """Some whose wait is over."""
        return from_documents(self._facts.find({"settle_at": {"$lte": now}}).limit(limit), Fact)

    def settle(self, verdicts: Mapping[str, Fact]) -> None:
        """Put the verdict in place of each unsettled fact, by its id; again, it is the same.

        What a machine did is kept under another id, so that a person may still come.
        """
        insert_new(self._facts, [to_document(fact) for id_, fact in verdicts.items() if fact.id != id_])
        moved = [id_ for id_, fact in verdicts.items() if fact.id != id_]
        self._facts.delete_many({"_id": {"$in": moved}, "settle_at": {"$exists": True}})
        persons = [fact for id_, fact in verdicts.items() if fact.id == id_]
        # Before the mark that more is to be done goes.
        self._follow(persons)
        updates = [
            UpdateOne(
                {"_id": fact.id, "settle_at": {"$exists": True}},
                {"$set": {"detail": fact.detail, "customer": fact.customer}, "$unset": {"settle_at": ""}},
            )
            for fact in persons
        ]
        if updates:
            self._facts.bulk_write(updates, ordered=False)

    def of_customer(self, customer: str, limit: int) -> list[Fact]:
        """A customer's facts, newest first."""
        return from_documents(self._facts.find({"customer": customer}).sort("at", -1).limit(limit), Fact)
