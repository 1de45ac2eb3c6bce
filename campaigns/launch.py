"""Launch: draft -> running. Checks that it can go out, opens the run once, and rings for a worker."""

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

import msgspec

from campaigns.approval import CampaignChange, What, Words
from campaigns.campaign import TRANSITIONS, Campaign, Campaigns, CampaignState
from campaigns.cron import zones
from campaigns.experiments.variants import faults
from campaigns.journey import at_step, by_journeys, steps_of
from campaigns.ladder import Ladder
from campaigns.ladder import wrongs as ladder_wrongs
from campaigns.loops import in_words, loop
from campaigns.named import named, unknown
from campaigns.needs import unmet, wordless
from campaigns.run import Run, Runs, RunState, run_id
from campaigns.steps import wrongs
from campaigns.trigger import Due, parse
from common.clock import Clock
from common.doorbell import Doorbell
from common.errors import Conflict, Invalid, NotFound
from content.templates import Templates
from customers.shop import Shop
from loyalty.offer import Offers
from loyalty.purse import no_purse
from messaging.pace import Pace
from messaging.spending import Limit
from segments.audience import Audience
from segments.segment import Segments


class Cancellable(Protocol):
    """What ends the messages of a run."""

    def cancel(self, run: str) -> int:
        """Cancel what is not handed over yet; how many."""
        ...


class Wakeable(Protocol):
    """What puts a run's batches off, and on again."""

    def wake(self, run: str, now: datetime) -> int:
        """The run goes on: its open batches are due now; how many."""
        ...


class Clearance(Protocol):
    """Says what is in the way of a launch."""

    def clear(self, campaign: Campaign, override: Collection[str]) -> list[str]:
        """Raise Conflict where something is in the way; the checks that said stop and are passed over."""
        ...


class Stoppable(Protocol):
    """Where people are on their way through a campaign."""

    def stop(self, campaign: str, now: datetime) -> int:
        """End them all; how many."""
        ...


class Launcher:
    """Moves campaigns through their life and opens their runs."""

    def __init__(
        self,
        *,
        campaigns: Campaigns,
        runs: Runs,
        segments: Segments,
        templates: Templates,
        offers: Offers,
        audience: Audience,
        messages: Cancellable,
        batches: Wakeable,
        journeys: Stoppable,
        known: Mapping[str, Callable[[str], Any]],
        shop: Callable[[], Shop],
        clearance: Clearance,
        doorbell: Doorbell,
        clock: Clock,
    ) -> None:
        self._campaigns = campaigns
        self._runs = runs
        self._segments = segments
        self._templates = templates
        self._offers = offers
        self._audience = audience
        self._messages = messages
        self._batches = batches
        self._journeys = journeys
        self._known = known
        self._shop = shop
        self._clearance = clearance
        self._doorbell = doorbell
        self._clock = clock

    def check(self, campaign: Campaign) -> None:
        """Raise Invalid naming the field where a campaign names what is not there or its trigger makes no sense.

        Raises Conflict where it would give out the goodwill budget.
        """
        wrong: dict[str, list[str]] = {}
        for one in named(campaign):
            no_purse(one.id if one.kind == "offer" and not one.place.startswith("trigger.") else "")
        trigger = parse(campaign.trigger)
        trigger.proof()
        wrong |= unknown(campaign, self._known)
        if not campaign.segment and not trigger.brings_people:
            wrong["segment"] = ["Say to whom: only a campaign that an event triggers needs no segment."]
        wrong |= wrongs(campaign.steps, campaign.journey, campaign.segment)
        if way := self._loop(campaign):
            wrong["trigger"] = [in_words(way)]
        wrong |= faults(campaign.variants, campaign.holdout_percent, campaign.allocation)
        if campaign.ladder is not None:
            wrong |= self._ladder_wrongs(campaign, campaign.ladder)
        if wrong:
            raise Invalid("The campaign cannot go out like this.", wrong)

    def _ladder_wrongs(self, campaign: Campaign, ladder: Ladder) -> dict[str, list[str]]:
        offers = {}
        for name in {variant.offer for variant in campaign.variants if variant.offer}:
            with suppress(NotFound):  # told already
                offers[name] = self._offers.get(name)
        wrong = ladder_wrongs(ladder, campaign.variants, offers, self._shop().currency)
        if parse(campaign.trigger).brings_people or by_journeys(campaign):
            wrong["ladder"] = ["Only for a campaign without steps that is launched, at a time, or again and again."]
        if campaign.offer or campaign.allocation != "fixed":
            wrong["ladder"] = ["Each variant names its own offer, and the ladder does what a bandit would."]
        return wrong

    def _loop(self, campaign: Campaign) -> list[Campaign]:
        """The campaigns by way of which it would trigger itself."""
        states = (CampaignState.RUNNING, CampaignState.SCHEDULED, CampaignState.PAUSED)
        others = [one for state in states for one in self._campaigns.listening(state)]
        return loop(campaign, others, lambda segment: self._segments.get(segment).rules)

    def launch(self, id: str, by: str = "", override: Collection[str] = ()) -> Campaign:
        """Let a draft go: now, or from now on by its schedule or its event. Raises Conflict for any but a draft.

        What is in the way (campaigns/checklist.py) raises Conflict too, but for the checks that the key `by` overrides.
        """
        campaign = self._campaigns.get(id)
        now = self._clock.now()
        if campaign.state is not CampaignState.DRAFT:
            raise Conflict(f"Campaign {id!r} is {campaign.state.value} already.", f"already_{campaign.state.value}")
        self.check(campaign)
        self._check_words(campaign)
        self._check_tracked(campaign)
        trigger = parse(campaign.trigger, self._shop().time_zone)
        trigger.check(now)
        next_at = trigger.next_at(now)
        if not trigger.brings_people and next_at is None and not self._audience.count(self._rules(campaign)):
            raise Conflict("Nobody is in this segment now, so there is nobody to write to.", "empty_audience")
        passed_over = self._clearance.clear(campaign, override)
        target = CampaignState.SCHEDULED if next_at and trigger.once else CampaignState.RUNNING
        note = self._note(campaign, "launched", by, passed_over)
        # What was looked at is what goes out: a change in between is no part of it.
        same: dict[str, Any] = {"version": campaign.version, "note": note}
        words = [Words(template=one, version=version) for one, version in self.versions(campaign).items()]
        same |= {"launched_at": now, "next_at": next_at, "words": words}
        if not self._campaigns.move(id, [CampaignState.DRAFT], target, **same):
            if self._campaigns.get(id).state is CampaignState.DRAFT:
                raise Conflict(f"Campaign {id!r} was changed in the meantime; look at it again.", "changed_meanwhile")
            raise Conflict(f"Campaign {id!r} has just been launched by somebody else.", "already_running")
        launched = self._campaigns.get(id)
        if not trigger.brings_people and next_at is None:
            self.open_run(launched, occurrence="launch", at=now)
        return launched

    def _note(self, campaign: Campaign, what: What, by: str, overridden: Collection[str] = ()) -> CampaignChange:
        now = self._clock.now()
        return CampaignChange(version=campaign.version + 1, at=now, what=what, by=by, overridden=sorted(overridden))

    def _check_words(self, campaign: Campaign) -> None:
        """Raise Invalid where words are wanting, or speak of what the campaign does not name."""
        if wrong := wordless(campaign, self._templates.get):
            raise Invalid("Nobody could be written to by these channels.", wrong)
        written = [at_step(campaign, step) for step in steps_of(campaign)]
        for one in [one for stepped in written for one in [stepped.by(v) for v in stepped.variants] or [stepped]]:
            given = {"offer": one.offer, "referral_programme": one.referral_programme}
            named = {field for field, value in given.items() if value}
            told = parse(one.trigger).speaks_of
            if wrong := unmet(self._templates.get(one.template), one.purpose, named, told):
                raise Invalid("Nobody could be written these words.", wrong)

    def _check_tracked(self, campaign: Campaign) -> None:
        """Raise Invalid where it waits for who enters or leaves a segment of which nobody keeps account."""
        watched = campaign.trigger.get("segment")
        if watched and not self._segments.get(watched).tracked:
            text = f"Nobody is told who enters or leaves {watched!r}: make it a tracked segment first."
            raise Invalid.field("trigger.segment", text)

    def open_run(
        self, campaign: Campaign, occurrence: str, at: datetime, customer: str = "", due: Due | None = None, **data: Any
    ) -> str:
        """Open the run of an occurrence, once, and ring for its planning; the run's id.

        `due` may restrict it to people in some time zones.
        """
        run = Run(
            id=run_id(campaign.id, occurrence),
            campaign=campaign,
            occurrence=occurrence,
            rules=_there(self._rules(campaign), due) if campaign.segment else {},
            wave=run_id(campaign.id, f"wave {due.wave}") if due and due.wave else "",
            template_versions=self.versions(campaign),
            shares=campaign.shares if campaign.allocation == "bandit" else {},
            customer=customer,
            data=data,
            started_at=at,
            rung_at=at,
        )
        self._runs.open(run)
        self._doorbell.ring("plan_run", run.id)
        return run.id

    def versions(self, campaign: Campaign) -> dict[str, int]:
        """The versions of its words: those that it was launched with or that somebody agreed to, else the latest."""
        kept = {words.template: words.version for words in campaign.kept}
        return {name: kept.get(name) or self._templates.get(name).version for name in campaign.templates}

    def pause(self, id: str, by: str = "") -> Campaign:
        """Stop handing over, at once; what is in a request open now is finished."""
        return self._move(id, CampaignState.PAUSED, "paused", by)

    def resume(self, id: str, by: str = "") -> Campaign:
        """Go on after a pause."""
        campaign = self._campaigns.get(id)
        once = parse(campaign.trigger).once
        waiting = once and campaign.next_at is not None
        resumed = self._move(id, CampaignState.SCHEDULED if waiting else CampaignState.RUNNING, "resumed", by)
        for run in self._runs.of_campaigns([id]):
            if run.state is not RunState.FINISHED:
                self._batches.wake(run.id, self._clock.now())
        self._doorbell.ring("sweep")
        return resumed

    def cancel(self, id: str, by: str = "") -> Campaign:
        """End a campaign for good, with every message that is not handed over yet."""
        cancelled = self._move(id, CampaignState.CANCELLED, "cancelled", by)
        self._journeys.stop(id, self._clock.now())
        for run in self._runs.of_campaigns([id]):
            self._messages.cancel(run.id)
        return cancelled

    def _move(self, id: str, target: CampaignState, what: What, by: str) -> Campaign:
        origins = [origin for origin, targets in TRANSITIONS.items() if target in targets]
        if target is not CampaignState.PAUSED and CampaignState.DRAFT in origins:
            origins.remove(CampaignState.DRAFT)
        if target in (CampaignState.RUNNING, CampaignState.SCHEDULED):
            origins = [CampaignState.PAUSED]
        note = self._note(self._campaigns.get(id), what, by)
        if not self._campaigns.move(id, origins, target, note=note):
            state = self._campaigns.get(id).state.value
            raise Conflict(f"Campaign {id!r} is {state}; it cannot become {target.value}.", f"is_{state}")
        return self._campaigns.get(id)

    def _rules(self, campaign: Campaign) -> dict[str, Any]:
        rules: dict[str, Any] = msgspec.to_builtins(self._segments.get(campaign.segment).rules)
        return rules


def _there(rules: dict[str, Any], due: Due | None) -> dict[str, Any]:
    """The rules for those in the time zones that it is due in, who all are found once over all of them."""
    if due is None or not due.zones:
        return rules
    if due.elsewhere:
        others = sorted(set(zones()) - set(due.zones))
        return {"all": [rules, {"not": {"rule": "time_zone", "any_of": others}}]} if others else rules
    return {"all": [rules, {"rule": "time_zone", "any_of": due.zones}]}


def may_send(campaigns: Campaigns) -> Callable[[str], str]:
    """What delivery asks just before it hands over: "go", "pause" or "cancel"."""
    words = {CampaignState.PAUSED: "pause", CampaignState.CANCELLED: "cancel"}

    def ask(id: str) -> str:
        return words.get(campaigns.get(id).state, "go") if id else "go"

    return ask


def limits_of(campaigns: Campaigns) -> Callable[[str], Limit]:
    """What delivery asks of a campaign's budget and rate."""

    def ask(id: str) -> Limit:
        try:
            limits = campaigns.get(id).limits
        except NotFound:  # nothing of it is sent any more
            return Limit()
        budget, money = limits.budget, limits.budget.money
        return Limit(
            messages=budget.messages,
            money=money.amount if money else None,
            currency=money.currency if money else "",
            pace=Pace(per_minute=limits.per_minute, per_hour=limits.per_hour),
        )

    return ask


def settle(runs: Runs, campaigns: Campaigns, is_open: Callable[[str], bool], now: datetime) -> int:
    """Finish the runs of which no message is open, and the campaigns that have one run only; how many runs."""
    finished = 0
    for run in runs.in_state(RunState.SENDING, 1_000):
        if is_open(run.id) or not runs.move(run.id, RunState.SENDING, RunState.FINISHED, finished_at=now):
            continue
        finished += 1
        if parse(run.campaign.trigger).once and not by_journeys(run.campaign):  # those end when nobody is inside
            campaigns.move(run.campaign.id, [CampaignState.RUNNING], CampaignState.FINISHED)
    return finished
