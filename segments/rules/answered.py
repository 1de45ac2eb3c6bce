"""Customers who wrote back."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

import msgspec

from segments.beside import COUNT, DAWN, MESSAGES, SAID, OverRows, Rows
from segments.ranges import MAX_DAYS, plural
from segments.rule import Beside, Channel, Filter, Row, Settings, Stage, Text, check_channel
from segments.rules.received import ARRIVED

# What a person writes; a bare STOP, START or HELP is kept with its keyword, and is no answer.
WRITTEN: Filter = {"direction": {"$eq": "in"}, "keyword": {"$in": [None, ""]}}


class Answer(Settings, frozen=True):
    """To a campaign: within `within_days` of its message; else any word of theirs in the last `days`, or ever."""

    campaign: Text | None = None
    within_days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 7
    channel: Channel | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)] | None = None

    def __post_init__(self) -> None:
        """Refuse a channel that there is not, and two ways of counting days at once."""
        if self.channel is not None:
            check_channel(self.channel)
        if self.campaign is not None and self.days is not None:
            raise ValueError("Beside `campaign` stands `within_days`; `days` stand alone.")


class Answered(OverRows):
    """By the customer's thread. What a text answers nobody says: written soon after, it is taken for an answer."""

    name = "answered"
    group = "messages"
    summary = "They wrote back: to this campaign, or at all."
    Settings = Answer
    settings: Answer
    examples: ClassVar[list[dict[str, Any]]] = [
        {},
        {"campaign": "spring"},
        {"campaign": "spring", "within_days": 60, "channel": "sms"},
        {"days": 90, "channel": "email"},
    ]

    @property
    def index(self) -> str:
        """The messages of a campaign, or all that was said to us in a time."""
        return "messages.campaign" if self.settings.campaign else "conversations.direction"

    @property
    def rows(self) -> Rows:
        """The campaign's messages, or what was said."""
        return MESSAGES if self.settings.campaign else SAID

    def wanted(self, now: datetime) -> Filter:
        """The messages that arrived, or what they wrote."""
        channel: Filter = {"channel": {"$eq": self.settings.channel}} if self.settings.channel else {}
        if self.settings.campaign is None:
            return {**WRITTEN, "at": {"$gte": self._since(now)}, **channel}
        return {
            "campaign": {"$eq": self.settings.campaign},
            "state": {"$in": ARRIVED},
            "handed_at": {"$gte": DAWN},
            **channel,
        }

    def further(self, now: datetime) -> list[Stage]:
        """What was written soon after a message, over its channel."""
        if self.settings.campaign is None:
            return []
        soon = [
            {"$gte": ["$$said.at", "$handed_at"]},
            {"$lte": [{"$subtract": ["$$said.at", "$handed_at"]}, self._within // timedelta(milliseconds=1)]},
            {"$eq": ["$$said.channel", "$channel"]},
        ]
        lookup = {"from": "conversations", "localField": "customer", "foreignField": "customers", "as": "_said"}
        answers = {"$map": {"input": "$_said", "as": "said", "in": {"$and": soon}}}
        return [
            {"$lookup": {**lookup, "pipeline": [{"$match": WRITTEN}]}},
            {"$match": {"$expr": {"$in": [True, answers]}}},
        ]

    def counts(self, row: Row, now: datetime, beside: Beside) -> bool:
        """A message that arrived and was answered soon, or something they wrote."""
        if self.settings.channel not in (None, row["channel"]):
            return False
        if self.settings.campaign is None:
            return _written(row) and row["at"] >= self._since(now)
        if row["campaign"] != self.settings.campaign or row["state"] not in ARRIVED or row.get("handed_at") is None:
            return False
        return any(self._answers(said, row) for said in beside.get("conversations", ()))

    def words(self, found: dict[str, int]) -> str:
        """How often."""
        if self.settings.campaign is None:
            return f"They wrote to us {plural(found[COUNT], 'time')}."
        return f"They answered {plural(found[COUNT], 'message')} of this campaign."

    def _answers(self, said: Row, message: Row) -> bool:
        theirs = message["customer"] in said["customers"] and _written(said) and said["channel"] == message["channel"]
        return theirs and timedelta() <= said["at"] - message["handed_at"] <= self._within

    @property
    def _within(self) -> timedelta:
        return timedelta(days=self.settings.within_days)

    def _since(self, now: datetime) -> datetime:
        return now - timedelta(days=self.settings.days) if self.settings.days else DAWN


def _written(said: Row) -> bool:
    return said["direction"] == "in" and not said.get("keyword")
