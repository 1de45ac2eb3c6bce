"""What became of a campaign's messages, one by one: messages, facts, replies, refusals, vouchers and orders joined.

Read a chunk of messages at a time; what there is little of (facts, replies, refusals, uses of vouchers) is read once.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import msgspec

from campaigns.experiments.result import HOLDOUT, TREATED
from campaigns.plan import SHOP_HOLDOUT
from campaigns.told import ABOUT_IT, SENT, Carried, Order, Told, Used, Window
from common.ids import derive
from customers.learning import BY_MACHINE, UNSETTLED
from loyalty.redemption import RedemptionState
from messaging.message import State
from storage.bought import Bought, Purchases, Span, span_of
from storage.indexes import Index
from storage.mongo import Document, Mongo
from storage.personal import Erased
from storage.writes import insert_new

INDEXES = [
    Index(collection="conversations", keys=[("direction", 1), ("at", 1)]),
    Index(collection="consents", keys=[("state", 1), ("at", 1)]),
    Index(collection="answers_of_nobody", keys=[("kind", 1), ("at", 1)]),
]


def keep_that_they_answered(database: Mongo, erased: Erased) -> None:
    """Words go with whoever is erased; that somebody answered, when and on which channel, stays in reports' sums."""
    said = database["conversations"].find({"direction": "in", "customers": {"$in": erased.ids}})
    denied = database["consents"].find({"state": "denied", "purpose": "marketing", "customer": {"$in": erased.ids}})
    kinds = [("reply", one) for one in said if one.get("keyword") != "stop"] + [("refusal", one) for one in denied]
    kept = [
        {
            "_id": derive("answer", erased.nobody, str(one["_id"])),
            "kind": kind,
            "customer": erased.nobody,
            "channel": one["channel"],
            "at": one["at"],
        }
        for kind, one in kinds
    ]
    insert_new(database["answers_of_nobody"], kept)


ERASING = [keep_that_they_answered]

# Of so many messages at once the customers' orders are read: of more, the embedded server is slow.
CHUNK = 100
_FIELDS = dict.fromkeys(("customer", "planned_at", "handed_at", "variant", "state", "reason", "channel", "attempts"), 1)
_READ = ("opened", "clicked")
_STOPS = ("unsubscribed", "complained", "blocked")
# customer and channel -> when
Times = Mapping[tuple[str, str], Sequence[datetime]]


class Doings(msgspec.Struct, frozen=True, kw_only=True):
    """What people did with a campaign's messages, by message; and what they said, by customer and channel.

    `machines` opened them or followed their links.
    """

    read: Mapping[str, datetime]
    clicked: Mapping[str, datetime]
    machines: Mapping[str, datetime]
    complained: Mapping[str, datetime]
    replies: Times
    refusals: Times
    used: Mapping[str, list[Used]]


class MongoTold:
    """Walks over campaigns' messages (campaigns.told.Tellers)."""

    def __init__(self, database: Mongo) -> None:
        self._database = database
        self._messages = database["messages"]

    def each(self, campaign: str, window: Window, after: str = "", *, whole: bool = True) -> Iterator[Told]:
        """What became of each message with an id greater than `after`, in the order of ids."""
        compared: Document = {"campaign": campaign, "reason": {"$ne": SHOP_HOLDOUT}}
        span = span_of(self._database, compared)
        purchases = Purchases(self._database, window.before, window.after, window.currency)
        everybody = purchases.everybodys(span) if whole else None
        doings = self._doings(campaign, window.currency, span)
        again = self._database["runs"].count_documents({"campaign._id": campaign}, limit=2) > 1
        query = {**compared, "_id": {"$gt": after}} if after else compared
        walk = self._messages.find(query, _FIELDS).sort("_id", 1)
        while chunk := list(islice(walk, CHUNK)):
            bought = purchases.of(chunk) if everybody is None else everybody
            # In one run everybody has one message.
            others = self._others(campaign, chunk, bought) if again else {}
            for message in chunk:
                yield _told(message, doings, bought.get(message["customer"], ()), others, window.credited)

    def _others(self, campaign: str, chunk: Sequence[Document], bought: Bought) -> Mapping[str, Sequence[datetime]]:
        """When those of them who bought were handed messages of the campaign: an order is credited to one alone."""
        buyers = sorted({one["customer"] for one in chunk if one["customer"] in bought and "handed_at" in one})
        if not buyers:
            return {}
        theirs = {"customer": {"$in": buyers}, "campaign": campaign, "state": {"$in": sorted(SENT)}}
        handed: defaultdict[str, list[datetime]] = defaultdict(list)
        for one in self._messages.find(theirs, {"customer": 1, "handed_at": 1}):
            if "handed_at" in one:
                handed[one["customer"]].append(one["handed_at"])
        return handed

    def _doings(self, campaign: str, currency: str, span: Span) -> Doings:
        read: dict[str, datetime] = {}
        clicked: dict[str, datetime] = {}
        machines: dict[str, datetime] = {}
        complained: dict[str, datetime] = {}
        wanted = {"campaign": campaign, "type": {"$in": [*_READ, *_STOPS]}}
        for fact in self._database["facts"].find(wanted, {"type": 1, "message": 1, "at": 1, "detail": 1}):
            if fact.get("detail") == UNSETTLED or not fact.get("message"):
                continue
            if fact.get("detail") == BY_MACHINE:
                _first(machines, fact["message"], fact["at"])
                continue
            if fact["type"] in _STOPS:
                _first(complained, fact["message"], fact["at"])
                continue
            _first(read, fact["message"], fact["at"])
            if fact["type"] == "clicked":
                _first(clicked, fact["message"], fact["at"])
        times = (span.handed_first, span.handed_last + ABOUT_IT) if span.handed_first and span.handed_last else None
        return Doings(
            read=read,
            clicked=clicked,
            machines=machines,
            complained=complained,
            replies=self._replies(*times) if times else {},
            refusals=self._refusals(*times) if times else {},
            used=self._used(campaign, currency),
        )

    def _replies(self, began: datetime, ended: datetime) -> Times:
        said = {"direction": "in", "at": {"$gte": began, "$lt": ended}}
        times: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
        for one in self._database["conversations"].find(said, {"customers": 1, "channel": 1, "at": 1, "keyword": 1}):
            if one.get("keyword") != "stop":
                for customer in one["customers"]:
                    times[customer, one["channel"]].append(one["at"])
        return self._with_nobodys("reply", said["at"], times)

    def _refusals(self, began: datetime, ended: datetime) -> Times:
        said = {"state": "denied", "at": {"$gte": began, "$lt": ended}}
        times: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
        for one in self._database["consents"].find(said, {"customer": 1, "channel": 1, "at": 1, "purpose": 1}):
            if one["purpose"] == "marketing":
                times[one["customer"], one["channel"]].append(one["at"])
        return self._with_nobodys("refusal", said["at"], times)

    def _with_nobodys(self, kind: str, at: Any, times: defaultdict[tuple[str, str], list[datetime]]) -> Times:
        """With those of who has been erased since."""
        for one in self._database["answers_of_nobody"].find({"kind": kind, "at": at}):
            times[one["customer"], one["channel"]].append(one["at"])
        return times

    def _used(self, campaign: str, currency: str) -> dict[str, list[Used]]:
        """The uses of the campaign's vouchers that stand, by message; what was rolled back in part is less."""
        wanted = {"campaign": campaign}
        fields = dict.fromkeys(("message", "at", "discount", "returned", "currency", "state"), 1)
        used: defaultdict[str, list[Used]] = defaultdict(list)
        for one in self._database["redemptions"].find(wanted, fields):
            if one["state"] == RedemptionState.REDEEMED.value and one["currency"] == currency:
                used[one.get("message", "")].append(Used(one["at"], one["discount"] - one.get("returned", 0)))
        return used


def _first(times: dict[str, datetime], message: str, at: datetime) -> None:
    times[message] = min(at, times.get(message, at))


def _told(
    message: Document,
    doings: Doings,
    bought: Sequence[Order],
    others: Mapping[str, Sequence[datetime]],
    credited: timedelta,
) -> Told:
    state, id_ = State(message["state"]), message["_id"]
    handed = message.get("handed_at") if state in SENT else None
    whose = (message["customer"], message.get("channel", ""))
    spoken: dict[str, Any] = {}
    if handed is not None:
        stops = [*_within(doings.refusals.get(whose, ()), handed, ABOUT_IT), *_one(doings.complained.get(id_))]
        spoken = {
            "read_at": doings.read.get(id_),
            "clicked_at": doings.clicked.get(id_),
            "machine_at": doings.machines.get(id_),
            "replied_at": min(_within(doings.replies.get(whose, ()), handed, ABOUT_IT), default=None),
            "stopped_at": min(stops, default=None),
            "orders": _credited(bought, handed, others.get(message["customer"], ()), credited),
        }
    return Told(
        id=id_,
        customer=message["customer"],
        arm=HOLDOUT if state is State.HELD_OUT else message.get("variant") or TREATED,
        channel=message.get("channel", ""),
        state=state,
        reason=message.get("reason", ""),
        carried=_carried(message),
        planned_at=message["planned_at"],
        handed_at=handed,
        used=doings.used.get(id_, []),
        bought=list(bought),
        **spoken,
    )


def _carried(message: Document) -> list[Carried]:
    """The hand-overs that a provider took; the last one of a message that came, whatever was said of it."""
    attempts = message.get("attempts", [])
    sent = message["state"] in SENT
    taken = [one for number, one in enumerate(attempts, 1) if _taken(one) or (sent and number == len(attempts))]
    return [Carried(one["provider"], one["channel"], one["token"]) for one in taken]


def _taken(attempt: Document) -> bool:
    return bool(attempt.get("outcome") == "accepted")


def _within(times: Sequence[datetime], since: datetime, long: timedelta) -> list[datetime]:
    return [at for at in times if since <= at < since + long]


def _one(at: datetime | None) -> list[datetime]:
    return [] if at is None else [at]


def _credited(bought: Sequence[Order], handed: datetime, others: Sequence[datetime], window: timedelta) -> list[Order]:
    """The orders after this hand-over and before the campaign's next to the same person, within the window."""
    until = min([handed + window, *(at for at in others if at > handed)])
    return [order for order in bought if handed <= order.at < until]
