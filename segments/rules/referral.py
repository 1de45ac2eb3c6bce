"""Friends that a customer has sent, or the friend that sent them."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from segments.beside import ADVOCATES, COUNT, DAWN, FRIENDS, Limits, OverRows, Rows
from segments.ranges import MAX_DAYS, plural
from segments.rule import Beside, Filter, Row, Settings, Text

State = Literal["claimed", "ordered", "pending", "review", "rewarded", "rejected"]
# Who only claimed to come has not bought, and who was rejected tried to; they count only where they are asked for.
STANDING: list[State] = ["pending", "review", "rewarded"]


class Sent(Settings, frozen=True):
    """As the one who sent a friend (`advocate`) or as the friend who came (`friend`); of one programme or of any.

    `states` are how far the referrals have come (unless given, those of who bought and was not rejected), `days` how
    long ago they may be.
    """

    side: Literal["advocate", "friend"] = "advocate"
    programme: Text | None = None
    states: Annotated[list[State], msgspec.Meta(min_length=1, max_length=6)] | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)] | None = None
    at_least: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1


class Referred(OverRows):
    """Made when a friend buys with a customer's code, and rewarded once the order has outlived its return window."""

    name = "referral"
    group = "loyalty"
    summary = "A friend has bought with their referral code, so many times; or they came with a friend's code."
    Settings = Sent
    settings: Sent
    examples: ClassVar[list[dict[str, Any]]] = [
        {},
        {"side": "friend"},
        {"states": ["rewarded"], "at_least": 2},
        {"programme": "friends", "days": 365, "states": ["pending", "rejected"]},
    ]

    @property
    def index(self) -> str:
        """Referrals are few beside customers; those of a side are read whole."""
        return f"referrals.{self.rows.key}"

    @property
    def rows(self) -> Rows:
        """The referrals, by either side."""
        return ADVOCATES if self.settings.side == "advocate" else FRIENDS

    def wanted(self, now: datetime) -> Filter:
        """By side, state, age and programme."""
        wanted: Filter = {
            self.rows.key: {"$gt": ""},
            "state": {"$in": self.settings.states or STANDING},
            "at": {"$gte": self._since(now)},
            # a further order of a friend is no further friend
            "again": {"$exists": False},
        }
        if self.settings.programme:
            wanted["programme"] = {"$eq": self.settings.programme}
        return wanted

    def counts(self, row: Row, now: datetime, beside: Beside) -> bool:
        """By side, state, age and programme."""
        right = row["state"] in (self.settings.states or STANDING) and row["at"] >= self._since(now)
        return right and "again" not in row and self.settings.programme in (None, row["programme"])

    def limits(self) -> dict[str, Limits]:
        """How many."""
        return {COUNT: (self.settings.at_least, None)}

    def words(self, found: dict[str, int]) -> str:
        """How many."""
        if self.settings.side == "advocate":
            return f"They have sent {plural(found[COUNT], 'such friend')}."
        return "A friend sent them." if found[COUNT] else "No friend sent them."

    def _since(self, now: datetime) -> datetime:
        return now - timedelta(days=self.settings.days) if self.settings.days else DAWN
