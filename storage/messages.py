"""The messages in MongoDB: planning them, reading them, and a provider's word on them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from common.clock import Clock
from common.errors import Unavailable
from messaging.gate import Sent
from messaging.life import SECOND_THOUGHTS, overruled_by
from messaging.message import OPEN, Batch, Before, Message, State
from messaging.receipts import Proof
from storage.batches import LONG_AGO, MongoBatches
from storage.indexes import Index
from storage.mongo import Document, Documents, Mongo, from_document, from_documents, to_document, to_documents
from storage.personal import Erased, Personal
from storage.reported import note_heard

DUPLICATE = 11_000
# What no state but a claim has; a message leaves them behind with it.
UNCLAIMED = {"claim": "", "lease_until": "", "check_at": ""}
NEGATIVE = frozenset({State.BOUNCED, State.UNDELIVERED})
# As far as anybody knows, these may have reached a person.
ARRIVED = [
    State.HANDING_OVER,
    State.UNCERTAIN,
    State.UNCERTAIN_FINAL,
    State.ACCEPTED,
    State.DELIVERED,
    State.BOUNCED,
    State.UNDELIVERED,
]

# How an attempt ended after which a message may have reached a person; nothing, where whoever tried was stopped.
MAY_HAVE_ARRIVED = ("", "accepted", "uncertain")
ATTEMPTED = ("attempts.outcome", "attempts.channel", "attempts.started_at")

INDEXES = [
    Index(collection="messages", keys=[("batch", 1), ("state", 1)]),
    Index(collection="messages", keys=[("run", 1), ("state", 1)]),
    Index(collection="messages", keys=[("campaign", 1), ("_id", 1)]),
    Index(collection="messages", keys=[("claim", 1)], only={"claim": {"$exists": True}}),
    Index(collection="messages", keys=[("check_at", 1)], only={"check_at": {"$exists": True}}),
    Index(collection="messages", keys=[("customer", 1), ("handed_at", 1), ("purpose", 1)]),
    Index(collection="messages", keys=[("data.friend", 1)], only={"data.friend": {"$exists": True}}),
    Index(
        collection="messages",
        keys=[("run", 1), ("step", 1), ("channel", 1), ("address_hash", 1)],
        unique=True,
        only={"address_hash": {"$exists": True}},
    ),
]

PERSONAL = [
    Personal(
        collection="messages",
        customer="customer",
        erase="nobody",
        gone=["routes", "before", "address_hash", "data", "provider_id", "attempts.$[].detail"],
        export="messages",
        hidden=[
            *("customer", "batch", "claim", "lease_until", "check_at", "epoch", "request", "address_hash", "policy"),
            *("attempts.token", "data.friend", "before"),
        ],
    ),
    Personal(collection="messages", customer="data.friend", erase="nobody"),
]


def withhold(database: Mongo, erased: Erased) -> None:
    """Nothing more goes out to them; raises Unavailable while something is just being handed over."""
    messages, mine = database["messages"], {"customer": {"$in": erased.ids}}
    unsent = {**mine, "state": {"$in": _words([State.QUEUED, State.WAITING, State.CLAIMED])}}
    return_those_received(messages, unsent, "erased", erased.at)
    cancelled = {"state": State.CANCELLED.value, "reason": "erased", "state_at": erased.at}
    messages.update_many(unsent, {"$set": cancelled, "$unset": UNCLAIMED})
    doubted = {"state": State.UNCERTAIN_FINAL.value, "state_at": erased.at}
    messages.update_many({**mine, "state": State.UNCERTAIN.value}, {"$set": doubted, "$unset": UNCLAIMED})
    messages.update_many({**mine, "state": {"$in": _words(NEGATIVE)}}, {"$unset": {"check_at": ""}})
    if messages.find_one({**mine, "state": State.HANDING_OVER.value}, {"_id": 1}) is not None:
        raise Unavailable("A message to this customer is being handed over right now. Ask again shortly.", 2)


ERASING = [withhold]


def back_to(before: Before, reason: str, now: datetime) -> Document:
    """The update that returns a message to where an earlier channel had it."""
    fields = to_document(before)
    fields["state"] = before.state.value
    fields |= {"routes": [fields.pop("route")], "channel": before.route.channel, "reason": reason, "state_at": now}
    return {"$set": fields, "$unset": {**UNCLAIMED, "before": "", "timer_at": "", "address_hash": ""}}


def return_those_received(messages: Documents, unsent: Document, reason: str, now: datetime) -> int:
    """Of messages that are not to be sent any more, those that an earlier channel had return there; how many."""
    found = messages.find({**unsent, "before": {"$exists": True}}, {"before": 1})
    requests = [
        UpdateOne({**unsent, "_id": one["_id"]}, back_to(from_document(one["before"], Before), reason, now))
        for one in found
    ]
    return messages.bulk_write(requests, ordered=False).modified_count if requests else 0


class MongoMessages:
    """Keeps messages; `state`, `channel` and `purpose` are always written, so that they can be asked for."""

    def __init__(self, database: Mongo, clock: Clock) -> None:
        self._database = database
        self._messages = database["messages"]
        self._batches = MongoBatches(database)
        self._clock = clock

    def plan(self, batch: Batch, messages: Sequence[Message]) -> int:
        """Keep the batch, then its messages, each once; how many were new.

        A second message of a run and step to one address is kept as skipped, with `same_address`.
        """
        self._batches.open(batch)
        documents = self._planned(messages)
        new, clashes = self._insert(documents)
        same = {"state": State.SKIPPED.value, "reason": "same_address"}
        again, _ = self._insert([{**_without_hash(document), **same} for document in clashes])
        if new:
            self._batches.open(batch)  # somebody may have found it empty, and closed it
        return new + again

    def total(self, run: str) -> int:
        """How many messages a run has."""
        return self._messages.count_documents({"run": run})

    def counts(self, run: str) -> dict[tuple[State, str, str], int]:
        """How many messages of a run there are by state, channel and reason, counted afresh."""
        key = {"state": "$state", "channel": "$channel", "reason": "$reason"}
        rows = self._messages.aggregate([{"$match": {"run": run}}, {"$group": {"_id": key, "count": {"$sum": 1}}}])
        counts: dict[tuple[State, str, str], int] = {}
        for row in rows:
            name = (State(row["_id"]["state"]), row["_id"].get("channel") or "", row["_id"].get("reason") or "")
            counts[name] = counts.get(name, 0) + row["count"]
        return counts

    def states(self, runs: Sequence[str]) -> dict[State, int]:
        """How many messages of these runs are in each state."""
        rows = self._messages.aggregate(
            [{"$match": {"run": {"$in": list(runs)}}}, {"$group": {"_id": "$state", "count": {"$sum": 1}}}]
        )
        return {State(row["_id"]): row["count"] for row in rows}

    def silent(self, runs: Sequence[str], before: datetime) -> int:
        """How many were accepted before then, of which nothing was heard since."""
        accepted = {"run": {"$in": list(runs)}, "state": State.ACCEPTED.value, "state_at": {"$lt": before}}
        return self._messages.count_documents(accepted)

    def open(self, run: str) -> bool:
        """Whether any message of a run is still to be worked on, or may yet go on over its next channel."""
        if self._messages.find_one({"run": run, "state": {"$in": _words(OPEN)}}, {"_id": 1}) is not None:
            return True
        judged = {"timer_at": {"$gt": LONG_AGO}, "state": {"$in": _words([State.ACCEPTED, State.DELIVERED])}}
        return self._messages.find_one({**judged, "run": run, "routes.1": {"$exists": True}}, {"_id": 1}) is not None

    def cancel(self, run: str) -> int:
        """Cancel what is queued or waiting; how many. What a worker holds it will cancel itself before it sends."""
        waiting = {"run": run, "state": {"$in": _words([State.QUEUED, State.WAITING])}}
        now = self._clock.now()
        cancelled = {"state": State.CANCELLED.value, "reason": "campaign_cancelled", "state_at": now}
        returned = return_those_received(self._messages, waiting, "campaign_cancelled", now)
        return returned + self._messages.update_many(waiting, {"$set": cancelled}).modified_count

    def get(self, ids: Sequence[str]) -> dict[str, Message]:
        """Those of these messages that exist, by id, in one read."""
        found = self._messages.find({"_id": {"$in": list(ids)}})
        return {document["_id"]: from_document(document, Message) for document in found}

    def of_campaign(self, campaign: str, after: str, limit: int, state: State | None = None) -> list[Message]:
        """A page of a campaign's messages in the order of ids, of one state or of all."""
        wanted: Document = {"campaign": campaign, "_id": {"$gt": after}}
        if state is not None:
            wanted["state"] = state.value
        return from_documents(self._messages.find(wanted).sort("_id", 1).limit(limit), Message)

    def customers_of(self, run: str, states: Sequence[State]) -> Iterator[str]:
        """The customers whose messages of a run are in these states, one by one."""
        for document in self._messages.find({"run": run, "state": {"$in": _words(states)}}, {"customer": 1}):
            yield document["customer"]

    def received(self, customers: Sequence[str], since: datetime) -> dict[str, list[Sent]]:
        """What each was sent since then, but for transactional, as far as it may have arrived, in one read.

        A message that went on over another channel was sent over each that may have brought it.
        """
        wanted = {
            "customer": {"$in": list(customers)},
            "handed_at": {"$gte": since},
            "purpose": {"$in": ["marketing", "service"]},
        }
        told = ("customer", "handed_at", "channel", "purpose", "state", *ATTEMPTED)
        times: dict[str, list[Sent]] = {}
        for one in self._messages.find(wanted, dict.fromkeys(told, 1)):
            if sent := list(_sent_over(one).values()):
                times.setdefault(one["customer"], []).extend(sent)
        return times

    def apply(self, proofs: Sequence[Proof]) -> None:
        """Move messages to what is proven, in bulk, by compare-and-set; a rank only rises, strange ids are left.

        A proof counts only for the latest attempt: the message must have been handed over, and with the
        proof's token where it has one. Applying a proof again does nothing.
        """
        groups: dict[tuple[State, str, bool], list[Proof]] = {}
        for proof in proofs:
            groups.setdefault((proof.state, proof.reason, bool(proof.token)), []).append(proof)
        now = self._clock.now()
        for provider in {proof.provider for proof in proofs if proof.provider}:
            told = (proof.state.value for proof in proofs if proof.provider == provider)
            note_heard(self._database, provider, told, now)
        for (state, reason, _), alike in groups.items():
            tokens = sorted({proof.token for proof in alike if proof.token})
            held = {
                "_id": {"$in": sorted({proof.message for proof in alike})},
                "state": {"$in": _words(overruled_by(state))},
                "request": {"$in": tokens} if tokens else {"$exists": True},
            }
            proven = {"state": state.value, "reason": reason, "state_at": now}
            self._messages.update_many(held, {"$set": proven, "$unset": UNCLAIMED})
            if state in NEGATIVE:
                another_way = {"state": state.value, "routes.1": {"$exists": True}, "check_at": {"$exists": False}}
                self._messages.update_many({**held, **another_way}, {"$set": {"check_at": now + SECOND_THOUGHTS}})

    def _planned(self, messages: Sequence[Message]) -> list[Document]:
        now = self._clock.now()
        documents = to_documents(messages)
        for document, message in zip(documents, messages, strict=True):
            document["state"] = message.state.value
            document["purpose"] = message.purpose
            document["channel"] = message.channel or (message.routes[0].channel if message.routes else "")
            document["planned_at"] = message.planned_at or now
        return documents

    def _insert(self, documents: list[Document]) -> tuple[int, list[Document]]:
        """How many were new, and those whose address another message of the run has."""
        if not documents:
            return 0, []
        try:
            return len(self._messages.insert_many(documents, ordered=False).inserted_ids), []
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            if any(failure["code"] != DUPLICATE for failure in failures):
                raise
            clashes = [documents[failure["index"]] for failure in failures if "address_hash" in failure["errmsg"]]
            return error.details["nInserted"], clashes


def _sent_over(message: Document) -> dict[str, Sent]:
    """Over which channels a message may have arrived, the latest time on each."""
    found: dict[str, Sent] = {}
    about, id_ = message["purpose"], message["_id"]
    for attempt in message.get("attempts", ()):
        if attempt.get("outcome", "") in MAY_HAVE_ARRIVED:
            found[attempt["channel"]] = Sent(attempt["started_at"], attempt["channel"], about, id_)
    if message["state"] in ARRIVED:
        channel, settled = message.get("channel", ""), message["state"] != State.HANDING_OVER
        found[channel] = Sent(message["handed_at"], channel, about, id_, settled)
    return found


def _without_hash(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "address_hash"}


def _words(states: Sequence[State] | frozenset[State]) -> list[str]:
    return sorted(state.value for state in states)
