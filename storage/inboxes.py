"""Inboxes: the messages that went to one, with what they say and whether they were read; nothing is kept twice."""

from datetime import datetime

from customers.addresses import INBOX
from messaging.message import State
from messaging.shelf import Lying
from storage.aliases import Aliases
from storage.contents import MongoContents
from storage.handles import Handles
from storage.mongo import Mongo

_THERE = [State.ACCEPTED.value, State.DELIVERED.value]


class MongoInboxes:
    """Reads messages, contents and facts."""

    def __init__(self, database: Mongo) -> None:
        self._messages = database["messages"]
        self._facts = database["facts"]
        self._contents = MongoContents(database)
        self._handles = Handles(database)
        self._aliases = Aliases(database)

    def lying(self, address: str, since: datetime, limit: int) -> list[Lying]:
        """What lies in an inbox, the newest first."""
        noted = self._handles.customers(INBOX, address)
        people = {"$in": sorted({*noted, *self._aliases.resolve(noted).values()})}
        wanted = {
            "customer": people,
            "handed_at": {"$gte": since},
            "channel": INBOX,
            "state": {"$in": _THERE},
            "provider": INBOX,
            "routes.0.address": address,
        }
        fields = {"request": 1, "handed_at": 1}
        found = list(self._messages.find(wanted, fields).sort("handed_at", -1).limit(limit))
        opened = {"customer": people, "at": {"$gte": since}, "type": "opened", "provider": INBOX}
        read = {one["message"] for one in self._facts.find(opened, {"message": 1})} if found else set()
        lying: list[Lying] = []
        for one in found:
            content = self._contents.get(one["_id"], one["request"])
            if content is not None:
                parts = content.rendered.parts
                known = {"message": one["_id"], "token": one["request"], "at": one["handed_at"]}
                lying.append(Lying(**known, parts=parts, read=one["_id"] in read))
        return lying
