"""Stops, while it runs, a campaign that an event opens a run of for one person again and again."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from campaigns.campaign import Campaign, Loop
from campaigns.refusals import DAY, LOOP, Refusals, is_loop, refused
from common.clock import Clock
from common.events import Event

PLACE = "trigger"


class Lately(Protocol):
    """The runs that events opened."""

    def lately(
        self, campaign: str, customers: Collection[str], since: datetime
    ) -> Mapping[str, Mapping[str, tuple[datetime, str]]]:
        """By customer and occurrence: when a run was opened for them after an instant, and about which order if any."""
        ...


class Stopped(Protocol):
    """Where it is shown that a campaign was stopped."""

    def note_loop(self, id: str, loop: Loop) -> None:
        """Show it on the campaign."""
        ...


class Brake:
    """Lets nobody's events open more runs in a day than anybody can have reasons for."""

    def __init__(self, *, runs: Lately, refusals: Refusals, campaigns: Stopped, clock: Clock) -> None:
        self._runs = runs
        self._refusals = refusals
        self._campaigns = campaigns
        self._clock = clock

    def passed(self, campaign: Campaign, events: Sequence[Event]) -> list[Event]:
        """Those of these that may open a run; the others are noted, and the campaign says so.

        An event that opened its run before is among them: to open it again opens nothing.
        """
        now = self._clock.now()
        known = self._runs.lately(campaign.id, sorted({one.customer for one in events}), now - DAY)
        counted = {customer: dict(runs) for customer, runs in known.items()}
        passed, held = [], []
        for event in events:
            mine = counted.setdefault(event.customer, {})
            order = str(event.data.get("order", ""))
            if event.id not in mine and event.customer and is_loop(list(mine.values()), order, now):
                held.append(event)
                continue
            mine.setdefault(event.id, (now, order))
            passed.append(event)
        if held:
            told = [refused(campaign.id, one.customer, one.id, "trigger_loop", now) for one in held]
            self._refusals.keep(told)
            show(self._campaigns, campaign, now)
        return passed


def show(campaigns: Stopped, campaign: Campaign, now: datetime) -> None:
    """Say on the campaign that somebody was let in no more, and where the fault is; about once an hour is enough."""
    if campaign.loop is not None and campaign.loop.at > now - DAY / 24:
        return
    kind = campaign.trigger.get("kind", "launched")
    reason = (
        f"{kind} came {LOOP} times in a day for the same person, as only what the campaign sends can bring about. "
        "They are let in no more until a day has passed."
    )
    campaigns.note_loop(campaign.id, Loop(at=now, place=PLACE, reason=reason))
