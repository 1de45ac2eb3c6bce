"""Whom each channel reaches, counted inside MongoDB."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

from customers.addresses import TELLING
from segments.plan import Plan, Walk
from segments.reach import Counted
from storage.handles import Handles
from storage.matching import merged
from storage.mongo import Document, Mongo


class MongoReaching:
    """Counts the people of an audience by channel (Reaching)."""

    def __init__(self, database: Mongo) -> None:
        self._database = database
        self._handles = Handles(database)

    def counted(self, plan: Plan) -> tuple[int, int, dict[str, Counted]]:
        """How many there are, how many of them no channel reaches, and each channel's people.

        Of chats and devices, only those channels count that anybody has an address on: each costs time a customer.
        """
        channels = [*TELLING, *self._handles.channels()]
        found = self._sums(plan.base, channels)
        found.update(self._sums(plan.more, channels))
        found.subtract(self._sums(plan.less, channels))
        by_channel = {
            channel: Counted(**{name: found[f"{channel}_{name}"] for name in _conditions(channel)})
            for channel in channels
        }
        return found["audience"], found["unreachable"], by_channel

    def addresses(self, plan: Plan, channel: str, at_most: int) -> Iterator[str]:
        """The first addresses of those whom a channel reaches; of more than `at_most`, so many drawn by chance."""
        reached = {f"addresses.{channel}.0": {"$exists": True}, f"consents.{channel}.marketing.state": "granted"}
        first = {"$project": {"address": {"$arrayElemAt": [f"$addresses.{channel}", 0]}}}
        rows = merged(self._database, plan, last=[{"$match": reached}, first])
        drawn = [row["address"] for row in islice(rows, at_most)]
        random = Random(channel)  # noqa: S311  # nobody gains by guessing whom an estimate is made from
        for place, row in enumerate(rows, start=at_most + 1):
            if (instead := random.randrange(place)) < at_most:
                drawn[instead] = row["address"]
        yield from drawn

    def _sums(self, walk: Walk | None, channels: Sequence[str]) -> Counter[str]:
        reached = {"$or": [_reachable(channel) for channel in channels]}
        sums: Document = {"audience": {"$sum": 1}, "unreachable": _times({"$not": [reached]})}
        for channel in channels:
            sums |= {f"{channel}_{name}": _times(condition) for name, condition in _conditions(channel).items()}
        found: Counter[str] = Counter()
        if walk is None:
            return found
        stages = [*walk.head, *walk.tail, {"$group": {"_id": None, **sums}}]
        for row in self._database[walk.collection].aggregate(stages, allowDiskUse=True):
            found.update({name: int(row[name]) for name in sums})
        return found


def _times(condition: Document) -> Document:
    return {"$sum": {"$cond": [condition, 1, 0]}}


def _addressed(channel: str) -> Document:
    return {"$gt": [{"$size": {"$ifNull": [f"$addresses.{channel}", []]}}, 0]}


def _said(channel: str, word: str) -> Document:
    return {"$eq": [f"$consents.{channel}.marketing.state", word]}


def _reachable(channel: str) -> Document:
    return {"$and": [_addressed(channel), _said(channel, "granted")]}


def _conditions(channel: str) -> dict[str, Document]:
    """Each of an audience fulfils exactly one."""
    said_yes_or_no = {"$or": [_said(channel, "granted"), _said(channel, "denied")]}
    return {
        "reachable": _reachable(channel),
        "no_address": {"$not": [_addressed(channel)]},
        "said_no": {"$and": [_addressed(channel), _said(channel, "denied")]},
        "never_said_yes": {"$and": [_addressed(channel), {"$not": [said_yes_or_no]}]},
    }
