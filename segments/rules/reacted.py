"""What a customer did with messages: opened, clicked, complained."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from customers.learning import BY_MACHINE
from segments.beside import COUNT, DAWN, FACTS, Limits, OverRows, Rows
from segments.ranges import MAX_DAYS, plural
from segments.rule import Beside, Channel, Filter, Row, Settings, Text, check_channel

WORDS = {"opened": "opened", "clicked": "clicked in", "complained": "complained of", "unsubscribed": "unsubscribed by"}


class Did(Settings, frozen=True):
    """What they did, with messages of a campaign or of any, so often, within so many days or ever."""

    did: Literal["opened", "clicked", "complained", "unsubscribed"]
    campaign: Text | None = None
    channel: Channel | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)] | None = None
    at_least: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1

    def __post_init__(self) -> None:
        """Refuse a channel that there is not."""
        if self.channel is not None:
            check_channel(self.channel)


class Reacted(OverRows):
    """By what links and providers report of people; a second click on the same message counts again."""

    name = "reacted"
    group = "messages"
    summary = "They opened, clicked in, complained of or unsubscribed by a message, of this campaign if need be."
    Settings = Did
    settings: Did
    examples: ClassVar[list[dict[str, Any]]] = [
        {"did": "opened"},
        {"did": "clicked", "campaign": "spring"},
        {"did": "opened", "days": 60, "at_least": 2, "channel": "email"},
        {"did": "complained"},
    ]

    @property
    def index(self) -> str:
        """The facts of a campaign; nothing finds all facts of a time."""
        return "facts.campaign" if self.settings.campaign else ""

    @property
    def rows(self) -> Rows:
        """The facts."""
        return FACTS

    def wanted(self, now: datetime) -> Filter:
        """Facts of this type, campaign and channel, of the last days."""
        wanted: Filter = {"type": {"$eq": self.settings.did}, "at": {"$gte": self._since(now)}}
        wanted["detail"] = {"$ne": BY_MACHINE}
        named = {"campaign": self.settings.campaign, "channel": self.settings.channel}
        return wanted | {name: {"$eq": value} for name, value in named.items() if value}

    def counts(self, row: Row, now: datetime, beside: Beside) -> bool:
        """Of this type, campaign and channel, and of the last days."""
        return (
            row["type"] == self.settings.did
            and row["at"] >= self._since(now)
            and self.settings.campaign in (None, row.get("campaign"))
            and self.settings.channel in (None, row["channel"])
            and row.get("detail") != BY_MACHINE
        )

    def limits(self) -> dict[str, Limits]:
        """How often."""
        return {COUNT: (self.settings.at_least, None)}

    def words(self, found: dict[str, int]) -> str:
        """How often."""
        return f"They {WORDS[self.settings.did]} such a message {plural(found[COUNT], 'time')}."

    def _since(self, now: datetime) -> datetime:
        return now - timedelta(days=self.settings.days) if self.settings.days else DAWN
