"""What the whole shop's report is made of, read in the database."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

from campaigns.shop_report import Carried, Letter, Period, Use
from campaigns.tallies import SAMPLED
from campaigns.told import SENT, Order
from loyalty.redemption import RedemptionState
from storage.bought import FALLEN, ORDER_FIELDS, kept_of
from storage.mongo import Document, Mongo

# A message may wait for so long after its run began.
LONGEST_WAIT = timedelta(days=31)
CHUNK = 200
# So many ids make a query of some hundred kilobytes.
RUNS_AT_ONCE = 5_000
_SENT = sorted(SENT)
_LETTER = dict.fromkeys(("customer", "campaign", "channel", "handed_at"), 1)


class MongoShopFigures:
    """Reads; keeps nothing (campaigns.shop_report.ShopFigures)."""

    def __init__(self, database: Mongo) -> None:
        self._database = database
        self._messages = database["messages"]
        self._orders = database["orders"]

    def carried(self, period: Period) -> list[Carried]:
        """What was handed over of campaigns, by campaign, channel and provider."""
        key = {"campaign": "$campaign", "channel": "$channel", "provider": "$provider"}
        found: dict[tuple[str, str, str], int] = defaultdict(int)
        for sent in self._sent(period):
            for row in self._messages.aggregate([{"$match": sent}, {"$group": {"_id": key, "count": {"$sum": 1}}}]):
                one = row["_id"]
                found[one["campaign"], one.get("channel", ""), one.get("provider", "")] += row["count"]
        return [
            Carried(campaign=campaign, channel=channel, provider=provider, count=count, sample=self._sample(campaign))
            if channel == "sms"
            else Carried(campaign=campaign, channel=channel, provider=provider, count=count)
            for (campaign, channel, provider), count in sorted(found.items())
        ]

    def _sample(self, campaign: str) -> list[tuple[str, str]]:
        texts = {"campaign": campaign, "channel": "sms", "state": {"$in": _SENT}}
        found = self._messages.find(texts, {"request": 1}).limit(SAMPLED)
        return [(one["_id"], one["request"]) for one in found if one.get("request")]

    def written_to(self, period: Period) -> dict[int, int]:
        """How many customers got so many marketing messages of campaigns."""
        received: dict[str, int] = defaultdict(int)
        by_customer = {"$group": {"_id": "$customer", "count": {"$sum": 1}}}
        times: dict[int, int] = defaultdict(int)
        queries = list(self._sent(period))
        if len(queries) == 1:
            stages: list[Document] = [{"$match": {**queries[0], "purpose": "marketing"}}, by_customer]
            rows = self._messages.aggregate([*stages, {"$group": {"_id": "$count", "people": {"$sum": 1}}}])
            return {row["_id"]: row["people"] for row in rows}
        for sent in queries:
            for row in self._messages.aggregate([{"$match": {**sent, "purpose": "marketing"}}, by_customer]):
                received[row["_id"]] += row["count"]
        for count in received.values():
            times[count] += 1
        return dict(times)

    def _sent(self, period: Period) -> Iterator[Document]:
        """What finds the messages that were handed over in that time, by the runs that they may belong to."""
        campaigns = [one["_id"] for one in self._database["campaigns"].find({}, {"_id": 1})]
        began = {"$gte": period.since - LONGEST_WAIT, "$lt": period.until}
        found = self._database["runs"].find({"campaign._id": {"$in": campaigns}, "started_at": began}, {"_id": 1})
        while runs := [one["_id"] for one in islice(found, RUNS_AT_ONCE)]:
            handed = {"$gte": period.since, "$lt": period.until}
            yield {"run": {"$in": runs}, "state": {"$in": _SENT}, "handed_at": handed}

    def orders(self, period: Period, window: timedelta) -> Iterator[tuple[str, Order, Sequence[Letter]]]:
        """Each order that stands, with its customer, and the letters to them within the window before."""
        placed = {"placed_at": {"$gte": period.since, "$lt": period.until}}
        walk = self._orders.find(placed, ORDER_FIELDS).sort("placed_at", 1)
        standing = (one for one in walk if kept_of(one, period.currency) is not None)
        while chunk := list(islice(standing, CHUNK)):
            letters = self._letters(chunk, window)
            for one in chunk:
                order = Order(one["placed_at"], kept_of(one, period.currency) or 0, one["_id"])
                yield one["customer_id"], order, letters.get(one["customer_id"], [])

    def _letters(self, orders: Sequence[Document], window: timedelta) -> dict[str, list[Letter]]:
        theirs = {"customer": {"$in": sorted({one["customer_id"] for one in orders})}, "state": {"$in": _SENT}}
        since, until = orders[0]["placed_at"] - window, orders[-1]["placed_at"]
        found: defaultdict[str, list[Letter]] = defaultdict(list)
        handed = {"handed_at": {"$gte": since, "$lte": until}}
        for one in self._messages.find({**theirs, **handed}, _LETTER):
            if one.get("campaign"):
                letter = Letter(
                    id=one["_id"],
                    customer=one["customer"],
                    campaign=one["campaign"],
                    channel=one.get("channel", ""),
                    at=one["handed_at"],
                )
                found[letter.customer].append(letter)
        return found

    def uses(self, period: Period) -> list[Use]:
        """The uses of codes in that time that stand."""
        offers = [one["_id"] for one in self._database["offers"].find({}, {"_id": 1})]
        wanted = {
            "offer": {"$in": offers},
            "state": RedemptionState.REDEEMED.value,
            "at": {"$gte": period.since, "$lt": period.until},
            "currency": period.currency,
        }
        return [_use(one) for one in self._database["redemptions"].find(wanted)]

    def spent(self, period: Period) -> Iterator[tuple[str, int]]:
        """Every customer with what their orders of that time come to."""
        kept = {"$subtract": ["$total", {"$ifNull": ["$refunded", 0]}]}
        stages: list[Document] = [
            {"$match": {"placed_at": {"$gte": period.since, "$lt": period.until}}},
            {"$match": {"currency": period.currency, "state": {"$nin": sorted(FALLEN)}}},
            {"$group": {"_id": "$customer_id", "spent": {"$sum": kept}}},
        ]
        spent = {row["_id"]: row["spent"] for row in self._orders.aggregate(stages, allowDiskUse=True)}
        everybody: Iterable[dict[str, Any]] = self._database["customers"].find({}, {"_id": 1})
        return ((one["_id"], spent.get(one["_id"], 0)) for one in everybody)


def _use(one: Document) -> Use:
    return Use(
        order=one["order"],
        offer=one["offer"],
        campaign=one.get("campaign", ""),
        message=one.get("message", ""),
        discount=one["discount"] - one.get("returned", 0),
        order_total=one["order_total"],
    )
