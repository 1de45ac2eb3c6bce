"""Bandits at work: every so often a campaign's shares follow what its variants have earned, and each move is kept."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from campaigns.campaign import Campaign, Campaigns, CampaignState
from campaigns.experiments import bandit
from campaigns.experiments.arms import Arm
from common.clock import Clock
from common.ids import new_id

# Shares that move by less than so many percent stay as they are.
WORTH_A_MOVE = 1.0


class Allocation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """The shares that a bandit gave from `at` on, in percent by variant, and the sums it went by."""

    id: str
    campaign: str
    at: datetime
    shares: dict[str, float]
    arms: dict[str, Arm]


class Allocations(Protocol):
    """The allocations as they are kept."""

    def add(self, allocation: Allocation) -> None:
        """Keep one."""
        ...

    def page(self, campaign: str, after: str, limit: int) -> Sequence[Allocation]:
        """A campaign's, in the order of their ids, which is that of time."""
        ...


class Earnings(Protocol):
    """What the database works out for a campaign."""

    def arms(self, campaign: str, window: timedelta, currency: str) -> dict[str, Arm]:
        """The orders within the `window` after the plan of each variant and of the holdout."""
        ...


class Bandits:
    """Moves the shares of the campaigns that leave it to a bandit; the next run draws by them."""

    def __init__(self, campaigns: Campaigns, earnings: Earnings, allocations: Allocations, clock: Clock) -> None:
        self._campaigns = campaigns
        self._earnings = earnings
        self._allocations = allocations
        self._clock = clock

    def learn(self, currency: str) -> int:
        """Look at all that run; how many got other shares. Money is told in the shop's `currency`."""
        running = self._campaigns.listening(CampaignState.RUNNING)
        return sum(self._learn(one, currency) for one in running if one.allocation == "bandit" and one.variants)

    def _learn(self, campaign: Campaign, currency: str) -> bool:
        found = self._earnings.arms(campaign.id, campaign.compared, currency)
        arms = {variant.id: found.get(variant.id, Arm()) for variant in campaign.variants}
        shares = bandit.shares(arms)
        if _alike(shares, campaign.shares):
            return False
        now = self._clock.now()
        # Kept before it is used, so that no draw is without its reason.
        self._allocations.add(Allocation(id=new_id(), campaign=campaign.id, at=now, shares=shares, arms=arms))
        return self._campaigns.move(campaign.id, [CampaignState.RUNNING], CampaignState.RUNNING, shares=shares)


def _alike(shares: dict[str, float], before: dict[str, float]) -> bool:
    return shares.keys() == before.keys() and all(abs(shares[one] - before[one]) < WORTH_A_MOVE for one in shares)
