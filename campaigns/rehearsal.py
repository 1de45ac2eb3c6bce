"""A dry run: who would get a campaign now, who would not, and why; nothing is kept and nothing sent."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice
from typing import Protocol

import msgspec

from campaigns.builder import Builder
from campaigns.campaign import Campaign
from campaigns.forecast import Forecast, Prices, Used
from campaigns.ladder_rehearsal import Forecast as LadderForecast
from campaigns.ladder_rehearsal import MakeTrial
from campaigns.plan import Words, message_for, words_of
from campaigns.run import Run, run_id
from campaigns.step_rehearsal import StepForecast, StepForecasts
from campaigns.values import Occasion
from common.clock import Clock
from common.money import Money
from content.errors import Unwritable
from content.templates import Templates, compile_template
from customers.customer import Customer
from customers.shop import Shop, Shops
from messaging.gate import Go, Wait, decide
from messaging.message import Message, State
from messaging.onward import gone_on, reason_of
from messaging.people import People
from messaging.spending import Limit
from segments.audience import Audience
from segments.segment import Segments

CHUNK = 1_000
# So many are written out on trial: enough to find a value that many lack, too few to keep a marketer waiting.
WRITTEN = 100
EXAMPLES = 5


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One customer and what the dry run says of them."""

    customer: str
    first_name: str
    channel: str
    verdict: str
    reason: str = ""


class DryRun(msgspec.Struct, kw_only=True):
    """The counts: by channel who would be sent to, by reason who would wait or not be sent to.

    `arms` counts who would be drawn into which. `unwritable` counts, among the first hundred
    who would be sent to, those for whom a value is missing. `cost` is what those who would be sent to cost at the
    providers' prices, by currency, `estimated` where not each text was written; `unpriced` counts the letters, by
    channel, that no price is set for. `ladder` is what a ladder would decide; `steps` what the steps
    would come to.
    """

    audience: int = 0
    held_out: int = 0
    arms: Counter[str] = msgspec.field(default_factory=Counter)
    would_send: Counter[str] = msgspec.field(default_factory=Counter)
    would_wait: Counter[str] = msgspec.field(default_factory=Counter)
    would_skip: Counter[str] = msgspec.field(default_factory=Counter)
    written: int = 0
    unwritable: Counter[str] = msgspec.field(default_factory=Counter)
    cost: list[Money] = []
    cost_estimated: bool = False
    unpriced: Counter[str] = msgspec.field(default_factory=Counter)
    ladder: LadderForecast | None = None
    steps: list[StepForecast] = []
    examples: list[Example] = []


class Sharing(Protocol):
    """Customers who share an address with others."""

    def sharing(self, customers: Collection[str]) -> set[str]:
        """Those of these who do, in one read."""
        ...


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A dry run under way: what it has found, by which words, against which budget, and the addresses that it met
    of those who share theirs.
    """

    outcome: DryRun
    shop: Shop
    words: Words
    forecast: Forecast
    met: set[str]


class Rehearsal:
    """Plans, gates and writes as a launch would, and keeps nothing."""

    def __init__(
        self,
        *,
        segments: Segments,
        audience: Audience,
        templates: Templates,
        people: People,
        builder: Builder,
        shops: Shops,
        prices: Prices,
        used: Used,
        limit: Callable[[str], Limit],
        sharing: Sharing,
        ladder: MakeTrial,
        clock: Clock,
    ) -> None:
        self._segments = segments
        self._audience = audience
        self._templates = templates
        self._people = people
        self._builder = builder
        self._shops = shops
        self._prices = prices
        self._used = used
        self._limit = limit
        self._sharing = sharing
        self._ladder = ladder
        self._clock = clock

    def dry_run(self, campaign: Campaign) -> DryRun:
        """What launching the campaign now would do; an event's campaign is tried on its whole segment."""
        outcome = DryRun()
        if not campaign.segment:
            return outcome
        now = self._clock.now()
        shop = self._shops.get()
        run = Run(id=run_id(campaign.id, "dry-run"), campaign=campaign, occurrence="dry-run", started_at=now)
        words = words_of(run, self._templates)
        forecast = self._forecast(campaign, shop, {channel for one in words.values() for channel in one.content})
        trial = Trial(outcome=outcome, shop=shop, words=words, forecast=forecast, met=set())
        people = self._audience.stream(self._segments.get(campaign.segment).rules)
        ladder = self._ladder(run, shop)
        steps = StepForecasts(campaign, self._templates, shop, now)
        while chunk := list(islice(people, CHUNK)):
            planned = [(one, message_for(run, words, shop, one, now, rung)) for one, rung in ladder.chosen(chunk)]
            outcome.audience += len(chunk) - len(planned)
            steps.count(chunk)
            self._count(trial, planned)
        outcome.cost, outcome.cost_estimated = forecast.cost(), forecast.estimated
        outcome.unpriced = forecast.unpriced
        outcome.ladder, outcome.steps = ladder.forecast, steps.steps
        return outcome

    def _forecast(self, campaign: Campaign, shop: Shop, channels: Collection[str]) -> Forecast:
        cheapest = shop.cheapest_first
        prices = {one: self._prices.expected(one, cheapest=one in cheapest) for one in sorted(channels)}
        return Forecast(prices, self._limit(campaign.id), self._used.so_far(campaign.id), self._builder.short)

    def _count(self, trial: Trial, planned: Sequence[tuple[Customer, Message]]) -> None:
        outcome = trial.outcome
        outcome.audience += len(planned)
        sharing = self._sharing.sharing([customer.id for customer, _ in planned])
        by_channel: dict[str, list[tuple[Customer, Message]]] = {}
        for customer, message in planned:
            if message.variant and message.state is not State.HELD_OUT:
                outcome.arms[message.variant] += 1
            if message.state is State.HELD_OUT:
                outcome.held_out += 1
                outcome.arms["holdout"] += 1
            elif message.state is State.SKIPPED:
                self._note(outcome, customer, message, "skip", message.reason)
            elif customer.id in sharing and message.address_hash in trial.met:
                self._note(outcome, customer, message, "skip", "same_address")
            else:
                trial.met.update([message.address_hash] if customer.id in sharing and message.address_hash else [])
                by_channel.setdefault(message.channel, []).append((customer, message))
        for channel, messages in by_channel.items():
            self._gate(trial, channel, messages)

    def _gate(self, trial: Trial, channel: str, planned: Sequence[tuple[Customer, Message]]) -> None:
        people = self._people.of(channel, [message for _, message in planned], trial.shop)
        onward: dict[str, list[tuple[Customer, Message]]] = {}
        for customer, message in planned:
            verdict = decide(message, people[message.id], trial.shop, self._clock.now())
            if isinstance(verdict, Go):
                self._go(trial, customer, message)
            elif isinstance(verdict, Wait):
                self._note(trial.outcome, customer, message, "wait", verdict.reason)
            elif (going := gone_on(message, verdict, customer)) is not None:
                onward.setdefault(going.channel, []).append((customer, going))
            else:
                self._note(trial.outcome, customer, message, "skip", reason_of(message, verdict))
        for channel_after, messages in onward.items():
            self._gate(trial, channel_after, messages)

    def _go(self, trial: Trial, customer: Customer, message: Message) -> None:
        """One whom the gate lets through: written on trial, and sent if the budget has room; what cannot be written
        takes none of it.
        """
        tried = trial.outcome.written < WRITTEN
        parts = self._try_writing(trial.outcome, customer, message, trial.words) if tried else None
        if (tried and parts is None) or trial.forecast.takes(message.channel, parts):
            self._note(trial.outcome, customer, message, "send", "")
        else:
            self._note(trial.outcome, customer, message, "skip", "campaign_budget")

    @staticmethod
    def _note(outcome: DryRun, customer: Customer, message: Message, verdict: str, reason: str) -> None:
        counts = {"send": outcome.would_send, "wait": outcome.would_wait, "skip": outcome.would_skip}[verdict]
        name = reason or message.channel
        counts[name] += 1
        if counts[name] <= EXAMPLES:
            example = Example(
                customer=customer.id,
                first_name=customer.first_name,
                channel=message.channel,
                verdict=verdict,
                reason=reason,
            )
            outcome.examples.append(example)

    def _try_writing(
        self, outcome: DryRun, customer: Customer, message: Message, words: Words
    ) -> Mapping[str, str] | None:
        """The words as they would be, None where they cannot be written."""
        outcome.written += 1
        occasion = Occasion(
            offer=message.offer,
            referral_programme=message.referral_programme,
            brand=message.brand,
            locale=message.locale,
        )
        parts = words[message.template].content[message.channel][message.locale]
        try:
            compiled = compile_template(parts, message.channel, message.locale, message.purpose)
            return compiled.render(self._builder.rehearse(occasion, customer))
        except Unwritable as error:
            outcome.unwritable[getattr(error, "name", error.reason)] += 1
            return None
