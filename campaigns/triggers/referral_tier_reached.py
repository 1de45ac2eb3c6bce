"""A customer has sent so many friends that they have reached a tier of the referral programme."""

from datetime import datetime
from typing import ClassVar

from campaigns.trigger import Trigger


class ReferralTierReached(Trigger):
    """A message to the advocate each time they reach a tier."""

    name: ClassVar[str] = "referral_tier_reached"
    summary: ClassVar[str] = "Goes to a customer when so many friends have come by them that they get more."
    event: ClassVar[str] = "referral_tier_reached"

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None
