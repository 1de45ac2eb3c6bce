"""Whom each channel reaches, counted inside MongoDB."""

from collections.abc import Iterator

from customers.addresses import TELLING
from segments.plan import Plan
from segments.reach import Counted
from storage.handles import Handles
from storage.mongo import Document, Mongo


class MongoReaching:
    """Counts the people of an audience by channel (Reaching)."""

    def __init__(self, database: Mongo) -> None:
        self._database = database
        self._handles = Handles(database)

    def counted(self, plan: Plan) -> tuple[int, int, dict[str, Counted]]:
        """How many there are, how many of them no channel reaches, and each channel's people; one aggregation.

        Of chats and devices, only those channels count that anybody has an address on: each costs time a customer.
        """
        channels = [*TELLING, *self._handles.channels()]
        reached = {"$or": [_reachable(channel) for channel in channels]}
        sums: Document = {"audience": {"$sum": 1}, "unreachable": _times({"$not": [reached]})}
        for channel in channels:
            sums |= {f"{channel}_{name}": _times(condition) for name, condition in _conditions(channel).items()}
        stages = [*plan.reading(), {"$group": {"_id": None, **sums}}]
        for row in self._database[plan.collection].aggregate(stages, allowDiskUse=True):
            by_channel = {
                channel: Counted(**{name: row[f"{channel}_{name}"] for name in _conditions(channel)})
                for channel in channels
            }
            return row["audience"], row["unreachable"], by_channel
        return 0, 0, {channel: Counted() for channel in channels}

    def addresses(self, plan: Plan, channel: str, at_most: int) -> Iterator[str]:
        """The first addresses of those whom a channel reaches; of more than `at_most`, so many drawn by chance."""
        reached: list[Document] = [
            *plan.reading(),
            {"$match": {f"addresses.{channel}.0": {"$exists": True}, f"consents.{channel}.marketing.state": "granted"}},
        ]
        source = self._database[plan.collection]
        more = list(source.aggregate([*reached, {"$skip": at_most}, {"$limit": 1}, {"$project": {"_id": 1}}]))
        drawn: list[Document] = [{"$sample": {"size": at_most}}] if more else []
        first = {"$project": {"_id": 0, "address": {"$arrayElemAt": [f"$addresses.{channel}", 0]}}}
        with source.aggregate([*reached, *drawn, first], allowDiskUse=True) as rows:
            for row in rows:
                yield row["address"]


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
