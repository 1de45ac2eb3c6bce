"""Plan: audience x words x offer -> messages with ids that follow from what they are for."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol

from campaigns.batching import Batching
from campaigns.campaign import Campaign
from campaigns.experiments.draw import held_out, held_out_of_all
from campaigns.experiments.variants import Variant, drawn
from campaigns.journey import by_journeys
from campaigns.ladder import UNLESS_ORDERED
from campaigns.ladder_climb import Decision
from campaigns.occasion import Occasion
from campaigns.run import Run, Runs, RunState
from common.chores import Turns
from common.clock import Clock
from common.ids import new_id
from content.templates import Template, Templates, pick_locale
from customers.customer import Customer, Customers
from customers.shop import Shop, Shops
from messaging.message import Message, Route, State, message_id
from messaging.routing import address_hash, routes_for
from segments.audience import Audience

# Customers are streamed; the cursor is moved, and memory given back, after so many.
CHUNK = 2_000
LEASE_SECONDS = 60.0
# Why somebody is held out of a campaign who gets no marketing at all: they are no part of its own comparison.
SHOP_HOLDOUT = "shop_holdout"

# What `message_for` reads of a customer beside the id; a ladder reads more.
NEEDED = ("locale", "preferred", "addresses", "consents")

Words = Mapping[str, Template]


class Counted(Protocol):
    """Where planned messages are counted."""

    def total(self, run: str) -> int:
        """How many messages a run has."""
        ...


class Entering(Protocol):
    """Lets people into campaigns that have steps."""

    def enter(self, campaign: Campaign, occasions: Sequence[Occasion]) -> int:
        """Let in whom these are about, each once; how many."""
        ...


class Ladders(Protocol):
    """Decides who gets which rung of a ladder."""

    def decide(self, run: Run, shop: Shop, people: Sequence[Customer]) -> Mapping[str, Decision]:
        """What each of these gets, or that they are held out; who gets nothing is not among them."""
        ...


class Planner:
    """Fills a run with messages, in batches that share channel and words. Planning twice plans once."""

    def __init__(
        self,
        *,
        runs: Runs,
        audience: Audience,
        customers: Customers,
        messages: Counted,
        batching: Batching,
        entrance: Entering,
        ladders: Ladders,
        templates: Templates,
        shops: Shops,
        turns: Turns,
        clock: Clock,
    ) -> None:
        self._runs = runs
        self._audience = audience
        self._customers = customers
        self._messages = messages
        self._batching = batching
        self._entrance = entrance
        self._ladders = ladders
        self._templates = templates
        self._shops = shops
        self._turns = turns
        self._clock = clock

    def plan(self, id: str) -> int:
        """Plan a run to its end, from where an earlier try got to; how many messages it has.

        Two planners at once would each write only what the other has not, but one that ends while the
        other still finds newcomers would count too few: so one at a time.
        """
        owner = new_id()
        run = self._runs.get(id)
        if run.state is not RunState.PLANNING or not self._mine(id, owner):
            return run.planned
        try:
            return self._plan(run, owner)
        finally:
            self._turns.release(_chore(id), owner)

    def _plan(self, run: Run, owner: str) -> int:
        words = words_of(run, self._templates)
        shop = self._shops.get()
        people = self._people(run)
        while chunk := list(islice(people, CHUNK)):
            here = {"cursor": chunk[-1].id, "rung_at": self._clock.now()}
            if not self._mine(run.id, owner):
                return run.planned
            self._plan_chunk(run, words, shop, chunk)
            self._runs.move(run.id, RunState.PLANNING, RunState.PLANNING, **here)
        planned = self._messages.total(run.id)
        ended = {"planned": planned, "planned_at": self._clock.now(), "cursor": ""}
        self._runs.move(run.id, RunState.PLANNING, RunState.SENDING, **ended)
        return planned

    def _mine(self, run: str, owner: str) -> bool:
        return self._turns.hold(_chore(run), owner, LEASE_SECONDS)

    def _people(self, run: Run) -> Iterator[Customer]:
        if run.step is not None:  # somebody planned a step, and died: who it is for is no audience
            return iter(())
        if not run.customer:
            return self._audience.stream(run.rules, run.cursor, NEEDED if run.campaign.ladder is None else ())
        if run.rules and not self._audience.contains(run.rules, run.customer):
            return iter(())
        return iter(self._customers.get([run.customer]).values())

    def _plan_chunk(self, run: Run, words: Words, shop: Shop, people: Sequence[Customer]) -> None:
        if by_journeys(run.campaign):
            since, data = run.started_at, run.data
            told = [Occasion(customer=one.id, key=run.wave or run.occurrence, since=since, data=data) for one in people]
            self._entrance.enter(run.campaign, told)
            return
        now = self._clock.now()
        chosen = self._chosen(run, shop, people)
        self._batching.keep(message_for(run, words, shop, customer, now, rung) for customer, rung in chosen)

    def _chosen(self, run: Run, shop: Shop, people: Sequence[Customer]) -> list[tuple[Customer, Variant | None]]:
        """Everybody; of a ladder those it chose, each with their rung."""
        if run.campaign.ladder is None:
            return [(customer, None) for customer in people]
        decided = self._ladders.decide(run, shop, people)
        rungs = {variant.id: variant for variant in run.campaign.variants}
        return [(one, rungs.get(decided[one.id].rung)) for one in people if one.id in decided]


def words_of(run: Run, templates: Templates) -> dict[str, Template]:
    """All words of a run, by their template's id, in the versions that it was launched with."""
    versions = run.template_versions or {run.campaign.template: run.template_version}
    return {name: templates.get(name, versions.get(name) or None) for name in run.campaign.templates}


def message_for(
    run: Run, words: Words, shop: Shop, customer: Customer, now: datetime, rung: Variant | None = None
) -> Message:
    """What is planned for a customer in a run; whoever gets nothing has a message too, with the reason.

    A `rung` was chosen for them; else the variant is drawn.
    """
    variant = rung or drawn(_draw(run), customer.id, run.campaign.variants, run.shares)
    campaign = run.campaign.by(variant)
    template = words[campaign.template]
    routes = routes_for(customer, _channels(template, variant), campaign.purpose)
    locale = pick_locale(template, routes[0].channel, customer.locale, shop.locale) if routes else None
    state, reason = _fate(campaign, shop, customer, routes, locale)
    begins = run.started_at + variant.delay if variant else run.started_at
    return Message(
        id=message_id(run.wave or run.id, customer.id, 0),
        run=run.id,
        campaign=campaign.id,
        customer=customer.id,
        purpose=campaign.purpose,
        state=state,
        reason=reason,
        state_at=now,
        routes=routes,
        channel=routes[0].channel if routes else "",
        address_hash=address_hash(routes[0]) if state is State.QUEUED else None,
        template=template.id,
        template_version=template.version,
        locale=locale or shop.locale,
        variant=variant.id if variant else "",
        brand=campaign.brand,
        offer=campaign.offer,
        referral_programme=campaign.referral_programme,
        policy=campaign.limits.policy,
        window=campaign.limits.window,
        failover=campaign.limits.failover,
        not_before=begins,
        expires_at=begins + timedelta(hours=campaign.limits.expires_after_hours),
        data=run.data if run.campaign.ladder is None else {**run.data, UNLESS_ORDERED: True},
    )


def _draw(run: Run) -> str:
    """A person keeps their variant from run to run, but where a bandit learns: there each run draws anew."""
    return run.id if run.shares else run.campaign.id


def _channels(template: Template, variant: Variant | None) -> list[str]:
    written = list(template.content)
    return [channel for channel in written if channel in variant.channels] if variant and variant.channels else written


def _fate(
    campaign: Campaign, shop: Shop, customer: Customer, routes: Sequence[Route], locale: str | None
) -> tuple[State, str]:
    """Whether a customer is written to; whoever is held out is drawn from all, reachable or not, so as to compare."""
    if campaign.purpose == "marketing" and held_out_of_all(shop.holdout_draw, customer.id, shop.holdout_percent):
        return State.HELD_OUT, SHOP_HOLDOUT
    if held_out(campaign.id, customer.id, campaign.holdout_percent):
        return State.HELD_OUT, ""
    if not routes:
        return State.SKIPPED, "no_address"
    if locale is None:
        return State.SKIPPED, "no_content"
    return State.QUEUED, ""


def _chore(run: str) -> str:
    return f"plan:{run}"
