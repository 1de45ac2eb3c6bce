"""The clock's and the events' part: opens the runs that are due."""

import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from campaigns.brake import Brake
from campaigns.campaign import Campaign, Campaigns, CampaignState
from campaigns.journey import by_journeys
from campaigns.launch import Launcher
from campaigns.occasion import Occasion
from campaigns.plan import Entering
from campaigns.refusals import Refusals, refused
from campaigns.run import Runs, RunState
from campaigns.trigger import Past, parse
from common.clock import Clock
from common.doorbell import Doorbell
from common.errors import Conflict, NotFound
from common.events import Event, Events
from customers.shop import Shops

log = logging.getLogger(__name__)

CONSUMER = "triggers"


class Hurried(Protocol):
    """People on their way."""

    def hurry(self, customers: Collection[str], now: datetime) -> int:
        """Look at these people's journeys again now; how many."""
        ...


class Schedule:
    """Opens runs for schedules that are due and events that came in. Doing it twice opens each run once."""

    def __init__(
        self,
        *,
        campaigns: Campaigns,
        runs: Runs,
        launcher: Launcher,
        events: Events,
        past: Past,
        entrance: Entering,
        brake: Brake,
        refusals: Refusals,
        inside: Hurried,
        shops: Shops,
        doorbell: Doorbell,
        clock: Clock,
        ring_again_after: float,
    ) -> None:
        self._campaigns = campaigns
        self._runs = runs
        self._launcher = launcher
        self._events = events
        self._past = past
        self._entrance = entrance
        self._brake = brake
        self._refusals = refusals
        self._inside = inside
        self._shops = shops
        self._doorbell = doorbell
        self._clock = clock
        self._ring_again_after = timedelta(seconds=ring_again_after)

    def open_due(self) -> int:
        """Open a run for each schedule that is due, once an occurrence, however late we are; how many."""
        now = self._clock.now()
        due = [
            campaign
            for state in (CampaignState.SCHEDULED, CampaignState.RUNNING)
            for campaign in self._campaigns.listening(state, due=now)
        ]
        for campaign in due:
            self._alone(campaign, partial(self._open, campaign))
        return len(due)

    def _alone(self, campaign: Campaign, work: Callable[[], None]) -> None:
        """Do one campaign's part. What names nothing any more is paused: it holds up nobody else."""
        try:
            work()
        except NotFound as error:
            log.error("schedule.names_nothing", extra={"campaign": campaign.id, "error": str(error)})
            with suppress(Conflict):  # somebody ended it meanwhile
                self._launcher.pause(campaign.id)

    def _open(self, campaign: Campaign) -> None:
        if campaign.next_at is None:
            return
        now = self._clock.now()
        trigger = parse(campaign.trigger, self._shops.get().time_zone)
        for due in trigger.due(campaign.next_at, now):
            self._launcher.open_run(campaign, occurrence=due.key, at=now, due=due)
        # Only after the runs are there: to die in between opens the same runs again, which are none.
        following = trigger.next_at(now)
        self._campaigns.move(campaign.id, [campaign.state], CampaignState.RUNNING, next_at=following)

    def react(self, limit: int = 500) -> int:
        """Open runs for the events that running campaigns listen to; how many events were looked at."""
        events = self._events.waiting_for(CONSUMER, limit)
        if not events:
            return 0
        for campaign in self._listening(CampaignState.RUNNING):
            told = [event for event in events if self._opens(campaign, event)]
            if told and by_journeys(campaign):
                self._alone(campaign, partial(self._let_in, campaign, told))
            elif told:
                self._alone(campaign, partial(self._react, campaign, told))
        for campaign in self._listening(CampaignState.PAUSED):
            self._pass_over(campaign, [event for event in events if self._opens(campaign, event)])
        if buyers := {event.customer for event in events if event.type == "order_placed"}:
            self._inside.hurry(buyers, self._clock.now())
        self._events.done(CONSUMER, [event.id for event in events])
        return len(events)

    def _listening(self, state: CampaignState) -> list[Campaign]:
        """Campaigns in a state that wait for events."""
        return [campaign for campaign in self._campaigns.listening(state) if parse(campaign.trigger).event]

    def _react(self, campaign: Campaign, events: Sequence[Event]) -> None:
        for event in self._brake.passed(campaign, events):
            self._launcher.open_run(
                campaign, occurrence=event.id, at=self._clock.now(), customer=event.customer, event=event.data
            )

    def _pass_over(self, campaign: Campaign, events: Sequence[Event]) -> None:
        """What happens while a campaign is paused lets nobody in: it is noted, and not made up for."""
        now = self._clock.now()
        self._refusals.keep([refused(campaign.id, one.customer, one.id, "paused", now) for one in events])

    def _opens(self, campaign: Campaign, event: Event) -> bool:
        trigger = parse(campaign.trigger)
        since = campaign.launched_at or event.at
        return trigger.accepts(event) and event.at >= since and trigger.holds(event, self._past)

    def _let_in(self, campaign: Campaign, events: Sequence[Event]) -> None:
        """Those whom these events are about; whom else one names is none of theirs to keep."""
        told = [
            Occasion(
                customer=event.customer,
                key=event.id,
                since=event.at,
                data={"event": {name: value for name, value in event.data.items() if name != "friend"}},
            )
            for event in events
        ]
        self._entrance.enter(campaign, told)

    def mend(self) -> int:
        """Ring again for plans that stand still, and open the run that a launch died before opening; how many."""
        now = self._clock.now()
        stale = [
            run
            for run in self._runs.in_state(RunState.PLANNING, 100)
            if run.rung_at is None or run.rung_at <= now - self._ring_again_after
        ]
        for run in stale:
            self._runs.move(run.id, RunState.PLANNING, RunState.PLANNING, rung_at=now)
            self._doorbell.ring("plan_run", run.id)
        launched = [c for c in self._campaigns.listening(CampaignState.RUNNING) if c.trigger["kind"] == "launched"]
        orphans = [c for c in launched if not self._runs.of_campaigns([c.id])]
        for campaign in orphans:
            self._launcher.open_run(campaign, occurrence="launch", at=campaign.launched_at or now)
        return len(stale) + len(orphans)
