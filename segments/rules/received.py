"""Messages that have reached a customer."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from segments.beside import COUNT, DAWN, MESSAGES, Limits, OverRows, Rows
from segments.ranges import MAX_DAYS, plural
from segments.rule import Beside, Channel, Filter, Row, Settings, Text, check_channel

# As far as the provider's word goes, these have arrived or are about to.
ARRIVED = ["accepted", "delivered"]


class Got(Settings, frozen=True):
    """Of a campaign or of any, over a channel or over any, for this purpose; so many, within so many days or ever."""

    campaign: Text | None = None
    channel: Channel | None = None
    purpose: Literal["marketing", "service", "transactional"] | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)] | None = None
    at_least: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1

    def __post_init__(self) -> None:
        """Refuse a channel that there is not."""
        if self.channel is not None:
            check_channel(self.channel)


class Received(OverRows):
    """Messages that a provider has taken and nobody has sent back."""

    name = "received"
    group = "messages"
    summary = "They have received so many messages, of this campaign if need be."
    Settings = Got
    settings: Got
    examples: ClassVar[list[dict[str, Any]]] = [
        {"campaign": "spring"},
        {"days": 30, "at_least": 2},
        {"channel": "sms", "purpose": "marketing"},
    ]

    @property
    def index(self) -> str:
        """The messages of a campaign; nothing finds all messages of a time."""
        return "messages.campaign" if self.settings.campaign else ""

    @property
    def rows(self) -> Rows:
        """The messages."""
        return MESSAGES

    def wanted(self, now: datetime) -> Filter:
        """Those that were handed over and not sent back."""
        wanted: Filter = {"state": {"$in": ARRIVED}, "handed_at": {"$gte": self._since(now)}}
        named = {"campaign": self.settings.campaign, "channel": self.settings.channel, "purpose": self.settings.purpose}
        return wanted | {name: {"$eq": value} for name, value in named.items() if value}

    def counts(self, row: Row, now: datetime, beside: Beside) -> bool:
        """Handed over and not sent back, of this kind."""
        handed = row.get("handed_at")
        return (
            row["state"] in ARRIVED
            and handed is not None
            and handed >= self._since(now)
            and self.settings.campaign in (None, row["campaign"])
            and self.settings.channel in (None, row["channel"])
            and self.settings.purpose in (None, row["purpose"])
        )

    def limits(self) -> dict[str, Limits]:
        """How many."""
        return {COUNT: (self.settings.at_least, None)}

    def words(self, found: dict[str, int]) -> str:
        """How many."""
        return f"They received {plural(found[COUNT], 'such message')}."

    def _since(self, now: datetime) -> datetime:
        return now - timedelta(days=self.settings.days) if self.settings.days else DAWN
