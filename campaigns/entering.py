"""Who is let into a campaign: once for an occasion, never while inside, and not more often than it says."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from campaigns.campaign import Campaign
from campaigns.journey import REMEMBERED, Journey, Journeys, Turns, journey_id, steps_of
from campaigns.occasion import Occasion
from common.clock import Clock
from segments.audience import Audience
from segments.segment import Segments

# Nobody has so many reasons in a day: a message that brings its own trigger about does.
LOOP = 10
DAY = timedelta(days=1)


class Entrance:
    """Lets people in. Telling an occasion again, by whomever and however late, lets nobody in twice."""

    def __init__(
        self, *, journeys: Journeys, turns: Turns, segments: Segments, audience: Audience, clock: Clock
    ) -> None:
        self._journeys = journeys
        self._turns = turns
        self._segments = segments
        self._audience = audience
        self._clock = clock

    def enter(self, campaign: Campaign, occasions: Sequence[Occasion]) -> int:
        """Let in whom these are about, as far as the campaign allows it; how many were.

        Of several occasions of one customer at once the first lets them in, and the others find them inside.
        """
        ids = {one.customer: journey_id(campaign.id, one.customer) for one in occasions if one.customer}
        known = self._journeys.get(list(ids.values()))
        now = self._clock.now()
        chosen: dict[str, Occasion] = {}
        for one in occasions:
            if one.customer and one.customer not in chosen:
                journey = known.get(ids[one.customer])
                fresh = _unseen(one, journey)
                if fresh and _may(campaign, journey, now):
                    chosen[one.customer] = fresh
        meant = self._meant(campaign, list(chosen.values()))
        let_in = self._in_turn(campaign, meant, now)
        self._keep(campaign, [(known.get(ids[one.customer]), one) for one in let_in], now)
        return len(let_in)

    def _meant(self, campaign: Campaign, occasions: list[Occasion]) -> list[Occasion]:
        """Those of the campaign's segment."""
        if not campaign.segment or not occasions:
            return occasions
        rules = self._segments.get(campaign.segment).rules
        inside = self._audience.among(rules, [one.customer for one in occasions])
        return [one for one in occasions if one.customer in inside]

    def _in_turn(self, campaign: Campaign, occasions: list[Occasion], now: datetime) -> list[Occasion]:
        """Those whom no campaign with this kind of trigger let in lately."""
        hours = campaign.journey.every_hours
        if not hours or not occasions:
            return occasions
        wanted = {one.customer: f"{campaign.id}:{one.key}" for one in occasions}
        kind = str(campaign.trigger.get("kind", "launched"))
        taken = self._turns.take(kind, wanted, now - timedelta(hours=hours), now)
        return [one for one in occasions if one.customer in taken]

    def _keep(self, campaign: Campaign, let_in: Sequence[tuple[Journey | None, Occasion]], now: datetime) -> None:
        first = steps_of(campaign)[0]
        entered = [(known, _entered(campaign, known, one, now, now + first.wait)) for known, one in let_in]
        if fresh := [journey for known, journey in entered if known is None]:
            self._journeys.add(fresh)
        if again := [journey for known, journey in entered if known is not None]:
            self._journeys.put(again)


def _unseen(occasion: Occasion, known: Journey | None) -> Occasion | None:
    """The occasion as far as it is a new one."""
    keys = [key for key in (occasion.key, *occasion.also) if known is None or key not in known.seen]
    return msgspec.structs.replace(occasion, key=keys[0], also=keys[1:]) if keys else None


def _may(campaign: Campaign, known: Journey | None, now: datetime) -> bool:
    if known is None:
        return True
    if known.state == "going":
        return False
    rules = campaign.journey
    if rules.reentry == "after":
        return known.entered_at + timedelta(days=rules.reentry_days) <= now
    return rules.reentry == "always"


def _entered(campaign: Campaign, known: Journey | None, one: Occasion, now: datetime, due_at: datetime) -> Journey:
    """The journey as it begins; one too many in a day is stopped, and says so."""
    about: dict[str, Any] = {
        "entry": one.key,
        "entered_at": now,
        "since": one.since,
        "data": one.data,
        "seen": [*(known.seen if known else []), one.key, *one.also][-REMEMBERED:],
        "entries": [*(known.entries if known else []), now][-REMEMBERED:],
    }
    begun: dict[str, Any] = {"state": "going", "step": 0, "due_at": due_at, "look_at": due_at, "ended_at": None}
    if known and sum(at > now - DAY for at in known.entries) >= LOOP:
        begun = {"state": "ended", "why": "trigger_loop", "due_at": None, "look_at": None, "ended_at": now}
    if known is None:
        id_ = journey_id(campaign.id, one.customer)
        return Journey(id=id_, key=id_, campaign=campaign.id, customer=one.customer, **about, **begun)
    fresh = {"why": "", "message": "", "number": known.number + 1, "version": known.version + 1}
    return msgspec.structs.replace(known, **{**fresh, **about, **begun})
