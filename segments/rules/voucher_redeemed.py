"""Vouchers that a customer has used."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

import msgspec

from segments.beside import COUNT, DAWN, REDEMPTIONS, Limits, OverRows, Rows
from segments.ranges import MAX_DAYS, plural
from segments.rule import Beside, Filter, Row, Settings, Text


class Used(Settings, frozen=True):
    """Of an offer, of a campaign, or any; so often, within so many days or ever."""

    offer: Text | None = None
    campaign: Text | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)] | None = None
    at_least: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1


class VoucherRedeemed(OverRows):
    """Uses that stand: what was rolled back, or only held for a checkout, does not count."""

    name = "voucher_redeemed"
    group = "loyalty"
    summary = "They have used a voucher, of this offer or campaign if need be."
    Settings = Used
    settings: Used
    examples: ClassVar[list[dict[str, Any]]] = [
        {},
        {"offer": "ten", "at_least": 2},
        {"campaign": "spring", "days": 365},
    ]

    @property
    def index(self) -> str:
        """The redemptions by customer."""
        return "redemptions.customer"

    @property
    def rows(self) -> Rows:
        """The redemptions."""
        return REDEMPTIONS

    def wanted(self, now: datetime) -> Filter:
        """Those that stand."""
        wanted: Filter = {"customer": {"$gt": ""}, "state": {"$eq": "redeemed"}, "at": {"$gte": self._since(now)}}
        for name, value in (("offer", self.settings.offer), ("campaign", self.settings.campaign)):
            if value:
                wanted[name] = {"$eq": value}
        return wanted

    def counts(self, row: Row, now: datetime, beside: Beside) -> bool:
        """That it stands, and is of this offer and campaign."""
        meant = self.settings.offer in (None, row["offer"]) and self.settings.campaign in (None, row.get("campaign"))
        return meant and row["state"] == "redeemed" and row["at"] >= self._since(now)

    def limits(self) -> dict[str, Limits]:
        """How often."""
        return {COUNT: (self.settings.at_least, None)}

    def words(self, found: dict[str, int]) -> str:
        """How often."""
        return f"They have used {plural(found[COUNT], 'such voucher')}."

    def _since(self, now: datetime) -> datetime:
        return now - timedelta(days=self.settings.days) if self.settings.days else DAWN
