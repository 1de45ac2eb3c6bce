"""Who is let into a campaign: once for an occasion, as often as it says; who is not, is noted with the reason."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from campaigns.admission import Admission, admission
from campaigns.brake import Stopped, show
from campaigns.campaign import Campaign
from campaigns.journey import (
    REMEMBERED,
    Journey,
    Journeys,
    Turns,
    journey_id,
    reentry_of,
    step_message_id,
    steps_of,
)
from campaigns.occasion import Occasion
from campaigns.refusals import Reason, Refusals, refusal_id, refused
from campaigns.trigger import kinds
from common.clock import Clock
from common.errors import Unavailable
from segments.audience import Audience
from segments.segment import Segments

TRIES = 5
# Occasions come again for a week (campaigns/watching.py); what let somebody in before that is not asked for.
RECENT = timedelta(days=30)


class Withdrawing(Protocol):
    """The messages of journeys."""

    def withdraw(self, messages: Collection[str], now: datetime) -> int:
        """Cancel those of these that wait; how many."""
        ...


class Entrance:
    """Lets people in. Telling an occasion again, by whomever and however late, lets nobody in twice."""

    def __init__(
        self,
        *,
        journeys: Journeys,
        turns: Turns,
        refusals: Refusals,
        letters: Withdrawing,
        campaigns: Stopped,
        segments: Segments,
        audience: Audience,
        clock: Clock,
    ) -> None:
        self._journeys = journeys
        self._turns = turns
        self._refusals = refusals
        self._letters = letters
        self._campaigns = campaigns
        self._segments = segments
        self._audience = audience
        self._clock = clock

    def enter(self, campaign: Campaign, occasions: Sequence[Occasion]) -> int:
        """Let in whom these are about, as far as the campaign allows it; how many were.

        Raises Unavailable where others change the same people's journeys all the time: tell it again.
        """
        left, let_in = [one for one in occasions if one.customer], 0
        for _ in range(TRIES):
            entered, left = self._enter(campaign, left)
            let_in += entered
            if not left:
                return let_in
        raise Unavailable("Others let the same people in. Try again shortly.", retry_after=1)

    def _enter(self, campaign: Campaign, occasions: Sequence[Occasion]) -> tuple[int, list[Occasion]]:
        """How many were let in, and the occasions to be looked at again, since somebody was faster."""
        now = self._clock.now()
        found = admission(campaign, occasions, self._known(campaign, occasions, now), now)
        meant, others = self._meant(campaign, found.occasions)
        let_in, out_of_turn = self._in_turn(campaign, meant, now)
        begun, lost = self._keep(campaign, found, let_in, now)
        outside: list[tuple[Occasion, Reason]] = [(one, "not_in_segment") for one in others]
        outside += [(one, "too_often") for one in out_of_turn]
        self._note(campaign, [*found.refused, *outside], begun, now)
        return sum(one.state == "going" for one in begun), lost

    def _known(
        self, campaign: Campaign, occasions: Sequence[Occasion], now: datetime
    ) -> Mapping[str, Sequence[Journey]]:
        """The journeys of these people; where each occasion has its own, the recent ones."""
        customers = sorted({one.customer for one in occasions})
        if reentry_of(campaign) == "always":
            return self._journeys.of_customers(campaign.id, customers, now - RECENT)
        found = self._journeys.get([journey_id(campaign.id, one) for one in customers])
        return {one.customer: [one] for one in found.values()}

    def _meant(self, campaign: Campaign, occasions: list[Occasion]) -> tuple[list[Occasion], list[Occasion]]:
        """Those of the campaign's segment, and the others."""
        if not campaign.segment or not occasions:
            return occasions, []
        rules = self._segments.get(campaign.segment).rules
        inside = self._audience.among(rules, [one.customer for one in occasions])
        return _parted(occasions, inside)

    def _in_turn(
        self, campaign: Campaign, occasions: list[Occasion], now: datetime
    ) -> tuple[list[Occasion], list[Occasion]]:
        """Those whom no campaign with this kind of trigger let in lately, each once; and the others."""
        hours = campaign.journey.every_hours
        if not hours or not occasions:
            return occasions, []
        firsts: dict[str, Occasion] = {}
        for one in occasions:
            firsts.setdefault(one.customer, one)
        wanted = {one.customer: f"{campaign.id}:{one.key}" for one in firsts.values()}
        kind = str(campaign.trigger.get("kind", "launched"))
        taken = self._turns.take(kind, wanted, now - timedelta(hours=hours), now)
        mine, others = _parted(list(firsts.values()), taken)
        return mine, [*others, *(one for one in occasions if one is not firsts[one.customer])]

    def _keep(
        self, campaign: Campaign, found: Admission, let_in: Sequence[Occasion], now: datetime
    ) -> tuple[list[Journey], list[Occasion]]:
        """The journeys as they begin, and the occasions of those whom somebody else moved meanwhile."""
        first = steps_of(campaign)[0]
        pairs = [(one, found.journey(campaign, one)) for one in let_in]
        if restarted := [known for _, known in pairs if known is not None and known.state == "going"]:
            # Before the journey is written: to die in between tells the occasion again.
            withdrawn = [id_ for known in restarted for id_ in (known.message, step_message_id(known))]
            self._letters.withdraw(withdrawn, now)
        begun = [
            _entered(campaign, known, one, now, now + first.wait, looping=(one.customer, one.key) in found.looping)
            for one, known in pairs
        ]
        lost = self._written(begun)
        if any(one.why == "trigger_loop" for one in begun):
            show(self._campaigns, campaign, now)
        left = [one for one, journey in zip(let_in, begun, strict=True) if journey.id in lost]
        return [one for one in begun if one.id not in lost], left

    def _written(self, journeys: Sequence[Journey]) -> set[str]:
        """Write them; the ids of those that were changed or made by somebody else meanwhile."""
        fresh = [one for one in journeys if one.version == 1]
        again = [one for one in journeys if one.version > 1]
        lost = self._journeys.add(fresh) if fresh else set()
        if again and self._journeys.put(again) < len(again):
            kept = self._journeys.get([one.id for one in again])
            lost |= {one.id for one in again if one.id not in kept or not _same(one, kept[one.id])}
        return lost

    def _note(
        self,
        campaign: Campaign,
        outside: Sequence[tuple[Occasion, Reason]],
        begun: Sequence[Journey],
        now: datetime,
    ) -> None:
        """Keep why people were not let in. A whole audience that is asked again each time is not written down."""
        kind = kinds().get(str(campaign.trigger.get("kind", "launched")))
        if kind is None or not (kind.event or kind.looks_every):
            return
        told = [refused(campaign.id, one.customer, one.key, why, now) for one, why in outside]
        loops = [one for one in begun if one.why == "trigger_loop"]
        told += [refused(campaign.id, one.customer, one.entry, "trigger_loop", now) for one in loops]
        if told:
            self._refusals.keep(told)
        if kind.looks_every and (going := [one for one in begun if one.state == "going"]):
            self._refusals.forget([refusal_id(campaign.id, one.customer, one.entry) for one in going])


def _same(one: Journey, kept: Journey) -> bool:
    """Whether what is kept is this entry, however far it has come."""
    return (one.number, one.entry) == (kept.number, kept.entry)


def _parted(occasions: Sequence[Occasion], customers: Collection[str]) -> tuple[list[Occasion], list[Occasion]]:
    """Those of these customers, and the others."""
    mine = [one for one in occasions if one.customer in customers]
    return mine, [one for one in occasions if one.customer not in customers]


def _entered(
    campaign: Campaign, known: Journey | None, one: Occasion, now: datetime, due_at: datetime, *, looping: bool
) -> Journey:
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
    if looping:
        begun = {"state": "ended", "why": "trigger_loop", "due_at": None, "look_at": None, "ended_at": now}
    if known is None:
        alone = one.key if reentry_of(campaign) == "always" else ""
        id_ = journey_id(campaign.id, one.customer, alone)
        return Journey(id=id_, key=id_, campaign=campaign.id, customer=one.customer, alone=alone, **about, **begun)
    fresh = {"why": "", "message": "", "number": known.number + 1, "version": known.version + 1}
    return msgspec.structs.replace(known, **{**fresh, **about, **begun})
