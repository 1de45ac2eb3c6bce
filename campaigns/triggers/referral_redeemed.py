"""A friend has bought with a customer's referral code."""

from datetime import datetime
from typing import ClassVar

from campaigns.trigger import Trigger


class ReferralRedeemed(Trigger):
    """A message to the advocate each time a friend redeems their code."""

    name: ClassVar[str] = "referral_redeemed"
    summary: ClassVar[str] = "Goes to a customer when a friend buys with their referral code."
    event: ClassVar[str] = "referral_redeemed"
    each_counts: ClassVar[bool] = True

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None
