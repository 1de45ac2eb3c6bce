"""Triggers that look for people: each is rung for when it is time, and a worker looks, one at a time."""

from datetime import datetime, timedelta
from typing import Protocol

from campaigns.campaign import Campaign, Campaigns, CampaignState
from campaigns.occasion import Look, News, Occasion, Search
from campaigns.plan import Entering
from campaigns.trigger import parse
from campaigns.watch import Watch
from common.chores import Turns
from common.clock import Clock
from common.doorbell import Doorbell
from common.ids import new_id
from customers.shop import Shops

LEASE_SECONDS = 120.0
# However long nobody looked: what became due earlier than this is over.
CATCH_UP = timedelta(days=7)


class Looks(Protocol):
    """How far each campaign has looked."""

    def through(self, campaign: str) -> datetime | None:
        """Up to when all was found; None for nothing yet."""
        ...

    def looked(self, campaign: str, through: datetime) -> None:
        """All is found up to then."""
        ...


class Watcher:
    """Looks for those whom triggers are about. Looking again, or late, finds what was found before, and lets nobody in
    twice.
    """

    def __init__(
        self,
        *,
        campaigns: Campaigns,
        looks: Looks,
        search: Search,
        news: News,
        entrance: Entering,
        shops: Shops,
        turns: Turns,
        doorbell: Doorbell,
        clock: Clock,
    ) -> None:
        self._campaigns = campaigns
        self._looks = looks
        self._search = search
        self._news = news
        self._entrance = entrance
        self._shops = shops
        self._turns = turns
        self._doorbell = doorbell
        self._clock = clock

    def ring_due(self) -> int:
        """Ring for each running campaign whose trigger is to look again; how many."""
        due = [one.id for one in self._campaigns.listening(CampaignState.RUNNING) if self._is_due(one)]
        for campaign in due:
            self._doorbell.ring("watch", campaign)
        return len(due)

    def look(self, id: str) -> int:
        """Let in whom a campaign's trigger finds; how many. Nothing where somebody else is looking."""
        owner, campaign = new_id(), self._campaigns.get(id)
        trigger = parse(campaign.trigger)
        if campaign.state is not CampaignState.RUNNING or not isinstance(trigger, Watch) or not self._mine(id, owner):
            return 0
        try:
            look = self._begun(campaign, trigger)
            let_in = 0
            for occasions in trigger.found(look):
                if not self._mine(id, owner):
                    return let_in
                let_in += self._enter(campaign, list(occasions))
            self._looks.looked(id, look.now)
            return let_in
        finally:
            self._turns.release(_chore(id), owner)

    def _enter(self, campaign: Campaign, occasions: list[Occasion]) -> int:
        return self._entrance.enter(campaign, occasions) if occasions else 0

    def _begun(self, campaign: Campaign, trigger: Watch) -> Look:
        now = self._clock.now()
        through = self._looks.through(campaign.id) or campaign.launched_at or now
        return Look(
            start=max(min(through, now - trigger.reach), now - CATCH_UP),
            now=now,
            zone=self._shops.get().time_zone,
            search=self._search,
            news=self._news,
        )

    def _is_due(self, campaign: Campaign) -> bool:
        every = parse(campaign.trigger).looks_every
        if not every:
            return False
        through = self._looks.through(campaign.id)
        return through is None or through + timedelta(seconds=every) <= self._clock.now()

    def _mine(self, id: str, owner: str) -> bool:
        return self._turns.hold(_chore(id), owner, LEASE_SECONDS)


def _chore(campaign: str) -> str:
    return f"watch:{campaign}"
