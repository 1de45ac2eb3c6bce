"""Vouchers of their own that a customer has not used yet."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

import msgspec

from segments.beside import COUNT, VOUCHERS, OverRows, Rows
from segments.ranges import MAX_DAYS, plural
from segments.rule import Beside, Filter, Row, Settings, Stage, Text

# A redemption that is held for a checkout counts as a use until it is let go.
USED = ["reserved", "redeemed"]


class Held(Settings, frozen=True):
    """Of an offer, of a campaign, or any; `ends_within` so many days, if that is given."""

    offer: Text | None = None
    campaign: Text | None = None
    ends_within: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)] | None = None


class VoucherHeld(OverRows):
    """A voucher in this customer's own name, neither cancelled nor past its end, that no order has used."""

    name = "voucher_held"
    group = "loyalty"
    summary = "They hold a voucher of their own that still can be used and has not been."
    Settings = Held
    settings: Held
    examples: ClassVar[list[dict[str, Any]]] = [
        {},
        {"offer": "ten"},
        {"campaign": "spring"},
        {"offer": "ten", "ends_within": 60},
    ]

    @property
    def index(self) -> str:
        """The vouchers that are somebody's."""
        return "vouchers.customer"

    @property
    def rows(self) -> Rows:
        """The vouchers."""
        return VOUCHERS

    def wanted(self, now: datetime) -> Filter:
        """Somebody's, still good, and of this offer and campaign. What is at its default is not kept."""
        wanted: Filter = {
            "customer": {"$gt": ""},
            "state": {"$ne": "cancelled"},
            "$or": [{"valid_until": None}, {"valid_until": {"$gt": now}}],
        }
        if self.settings.ends_within:
            wanted["$or"] = [{"valid_until": {"$gt": now, "$lte": self._end(now)}}]
        for name, value in (("offer", self.settings.offer), ("campaign", self.settings.campaign)):
            if value:
                wanted[name] = {"$eq": value}
        return wanted

    def further(self, now: datetime) -> list[Stage]:
        """Without those that were used; a voucher of one's own is used by oneself, so one's redemptions tell."""
        used = [{"$match": {"state": {"$in": USED}}}, {"$project": {"_id": 0, "code": 1}}]
        theirs = {"from": "redemptions", "localField": "customer", "foreignField": "customer", "as": "_used"}
        codes = {"$map": {"input": "$_used", "as": "one", "in": "$$one.code"}}
        return [
            {"$lookup": {**theirs, "pipeline": used}},
            {"$match": {"$expr": {"$not": [{"$in": ["$_id", codes]}]}}},
        ]

    def counts(self, row: Row, now: datetime, beside: Beside) -> bool:
        """Still good, of this offer and campaign, and not used."""
        ends = row.get("valid_until")
        good = row.get("state", "active") != "cancelled" and (ends is None or ends > now)
        soon = not self.settings.ends_within or (ends is not None and ends <= self._end(now))
        meant = self.settings.offer in (None, row["offer"]) and self.settings.campaign in (None, row.get("campaign"))
        uses = [one for one in beside.get("redemptions", ()) if one["code"] == row["_id"] and one["state"] in USED]
        return good and soon and meant and not uses

    def words(self, found: dict[str, int]) -> str:
        """How many."""
        return f"They hold {plural(found[COUNT], 'such voucher')} unused."

    def _end(self, now: datetime) -> datetime:
        return now + timedelta(days=self.settings.ends_within or 0)
