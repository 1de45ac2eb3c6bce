"""What the audit reads: messages, batches, contents, suppressions and offers, each counted afresh."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from loyalty.offer import Offer
from loyalty.redemption import STANDING
from messaging.audit import HandOver
from messaging.conversation import STOPPED
from messaging.life import RANKS
from messaging.message import OPEN, Message, State
from storage.mongo import Document, Mongo, from_document
from storage.suppressions import MongoSuppressions

CHUNK = 500
# A STOP carries the time at which it came in; it is obeyed, and then acknowledged, within moments.
ACKNOWLEDGED_WITHIN = timedelta(seconds=5)
# Attempts that ended like this certainly reached nobody.
UNSENT = frozenset({"unsent", "not_taken", "rejected"})


class MongoBooks:
    """Reads a run's messages."""

    def __init__(self, database: Mongo, suppressions: MongoSuppressions) -> None:
        self._messages = database["messages"]
        self._batches = database["batches"]
        self._contents = database["contents"]
        self._suppressions = suppressions

    def tally(self, run: str) -> dict[str, int]:
        """How many messages a run has in each state."""
        rows = self._messages.aggregate([{"$match": {"run": run}}, {"$group": {"_id": "$state", "count": {"$sum": 1}}}])
        return {row["_id"]: row["count"] for row in rows}

    def stranded(self, run: str) -> list[str]:
        """Open messages that rest in a closed batch, where nobody would look for them."""
        still = {"run": run, "state": {"$in": sorted(OPEN)}}
        batch_of = {document["_id"]: document["batch"] for document in self._messages.find(still, {"batch": 1})}
        batches = self._batches.find({"_id": {"$in": sorted(set(batch_of.values()))}, "open": True}, {"_id": 1})
        opened = {document["_id"] for document in batches}
        return [message for message, batch in batch_of.items() if batch not in opened]

    def unattempted(self, run: str) -> list[str]:
        """Messages that a provider is said to have, without an attempt on them."""
        said = {"run": run, "state": {"$in": sorted(RANKS)}, "attempts.0": {"$exists": False}}
        return [document["_id"] for document in self._messages.find(said, {"_id": 1})]

    def hand_overs_after_stop(self, run: str) -> Iterator[HandOver]:
        """Attempts on addresses whose owner had said STOP before they began."""
        attempted = self._messages.find({"run": run, "attempts.0": {"$exists": True}}, batch_size=CHUNK)
        chunk: list[Message] = []
        for document in attempted:
            chunk.append(from_document(document, Message))
            if len(chunk) == CHUNK:
                yield from self._late(chunk)
                chunk = []
        yield from self._late(chunk)

    def stale_leases(self, before: datetime) -> int:
        """How many leases were over before then and are still held."""
        held = [State.CLAIMED.value, State.HANDING_OVER.value]
        # Whoever holds a lease is to be looked at soon after it, so the small index of that finds all of them.
        over = {"check_at": {"$exists": True}, "state": {"$in": held}, "lease_until": {"$lt": before}}
        return self._messages.count_documents(over)

    def _late(self, messages: Sequence[Message]) -> Iterator[HandOver]:
        tries = {
            f"{message.id}:{attempt.token}": (message, attempt)
            for message in messages
            for attempt in message.attempts
            if attempt.outcome not in UNSENT
        }
        if not tries:
            return
        carried = list(self._contents.find({"_id": {"$in": list(tries)}}, {"channel": 1, "address": 1}))
        for channel in sorted({one["channel"] for one in carried}):
            theirs = [one for one in carried if one["channel"] == channel]
            stopped = self._suppressions.since(channel, sorted({one["address"] for one in theirs}), STOPPED)
            for one in theirs:
                message, attempt = tries[one["_id"]]
                purposes = stopped.get(one["address"], {})
                times = [at for purpose, at in purposes.items() if purpose in (message.purpose, "all")]
                if times and min(times) + ACKNOWLEDGED_WITHIN < attempt.started_at:
                    yield HandOver(
                        message=message.id,
                        token=attempt.token,
                        started_at=attempt.started_at,
                        stopped_at=min(times),
                    )


class MongoPurse:
    """Reads what offers count as spent, and what their redemptions add up to."""

    def __init__(self, database: Mongo) -> None:
        self._offers = database["offers"]
        self._redemptions = database["redemptions"]

    def overspent(self) -> list[str]:
        """The offers whose budget is exceeded or differs from what their redemptions add up to, in words."""
        standing = self._standing()
        return [
            f"Offer {offer.id}: {sentence}"
            for document in self._offers.find()
            for offer in [from_document(document, Offer)]
            for sentence in _wrong(offer, standing.get(offer.id, {}))
        ]

    def _standing(self) -> dict[str, Document]:
        """Uses and money by currency of each offer's standing redemptions."""
        key = {"offer": "$offer", "currency": "$currency"}
        rows = self._redemptions.aggregate(
            [
                {"$match": {"state": {"$in": sorted(STANDING)}}},
                {"$group": {"_id": key, "uses": {"$sum": 1}, "money": {"$sum": "$discount"}}},
            ]
        )
        found: dict[str, Document] = {}
        for row in rows:
            sums = found.setdefault(row["_id"]["offer"], {"uses": 0, "money": {}})
            sums["uses"] += row["uses"]
            sums["money"][row["_id"]["currency"]] = row["money"]
        return found


def _wrong(offer: Offer, standing: Document) -> Iterator[str]:
    """While an entry is open, a use may be counted that does not stand yet, or not any more."""
    uses, money = standing.get("uses", 0), standing.get("money", {})
    if abs(offer.spent.uses - uses) > len(offer.open):
        yield f"{offer.spent.uses} uses are counted, {uses} stand."
    if not offer.open and {name: sum_ for name, sum_ in offer.spent.money.items() if sum_} != {
        name: sum_ for name, sum_ in money.items() if sum_
    }:
        yield f"{offer.spent.money} is counted as given, {money} stands."
    if offer.budget.uses is not None and uses > offer.budget.uses:
        yield f"{uses} uses stand, of {offer.budget.uses}."
    limit = offer.budget.money
    if limit is not None and money.get(limit.currency, 0) > limit.amount:
        yield f"{money[limit.currency]} stands, of {limit.amount} {limit.currency}."
