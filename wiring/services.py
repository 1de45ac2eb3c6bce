"""All services of a shop: the class that the doors use."""

from collections.abc import Callable
from functools import cached_property, partial
from typing import Any

from campaigns.approving import Approving
from campaigns.calendar import Calendar
from campaigns.campaign import Campaign
from campaigns.checklist import Clearing
from campaigns.cooking import Cook
from campaigns.experiments.learning import Bandits
from campaigns.kept_reports import Keeping, Ready
from campaigns.ladder_rehearsal import Trial as LadderTrial
from campaigns.launch import Launcher, limits_of, settle
from campaigns.opt_in import OptIn
from campaigns.plan import Planner
from campaigns.progress import Watch
from campaigns.rehearsal import Rehearsal
from campaigns.report import Reporter
from campaigns.schedule import Schedule
from campaigns.shop_report import ShopReporter
from campaigns.sunsetting import Sunsetting
from campaigns.tallies import Pricing
from common.clock import Clock, SystemClock
from common.doorbell import Doorbell
from common.settings import Settings
from customers.erasure import Eraser
from customers.left_over import Identities
from customers.merge import Merger
from storage.joining import MongoJoined
from storage.kept_reports import MongoKeptReports
from storage.reports import MongoFigures
from storage.shop_figures import MongoShopFigures
from storage.spending import MongoSpending
from storage.told import MongoTold
from wiring.journeying import Journeying


class Services(Journeying):
    """Everything a door needs, made from settings; tests pass another clock and another doorbell."""

    def __init__(self, settings: Settings, clock: Clock | None = None, doorbell: Doorbell | None = None) -> None:
        super().__init__(settings, clock or SystemClock(), doorbell)

    def close(self) -> None:
        """Let go of the connections that were made."""
        if "providers" in self.__dict__:
            self.providers.close()
        super().close()

    @cached_property
    def planner(self) -> Planner:
        """Fills runs with messages."""
        return Planner(
            runs=self.runs,
            audience=self.audience,
            customers=self.customers,
            messages=self.messages,
            batching=self.batching,
            entrance=self.entrance,
            ladders=self.climbing,
            templates=self.templates,
            shops=self.shops,
            turns=self.leases,
            clock=self.clock,
        )

    @cached_property
    def launcher(self) -> Launcher:
        """Moves campaigns through their life."""
        return Launcher(
            campaigns=self.campaigns,
            runs=self.runs,
            segments=self.segments,
            templates=self.templates,
            offers=self.offers,
            audience=self.audience,
            messages=self.messages,
            batches=self.batches,
            journeys=self.journeys,
            known=self.known,
            shop=self.shops.get,
            clearance=self.clearing,
            doorbell=self.doorbell,
            clock=self.clock,
        )

    @cached_property
    def known(self) -> dict[str, Callable[[str], Any]]:
        """Looks up, by kind, what a campaign may name (campaigns/named.py)."""
        return {
            "template": self.templates.get,
            "segment": self.segments.get,
            "offer": self.offers.get,
            "referral_programme": self.programmes.get,
            "campaign": self.campaigns.get,
            "survey": self.surveys.get,
            "channel": self.providers.own,
            "tier": lambda name: self.points_programmes.get().tiers.named(name),
        }

    @cached_property
    def approving(self) -> Approving:
        """Takes second keys' agreements."""
        return Approving(self.campaigns, self.templates, self.shops, self.clock)

    @cached_property
    def clearing(self) -> Clearing:
        """Looks at everything before a launch."""
        return Clearing(
            shops=self.shops,
            templates=self.templates,
            offers=self.offers,
            products=self.products,
            segments=self.segments,
            audience=self.audience,
            reach=self.reach,
            last=self.runs,
            carriers=self.providers,
            book=self.provider_book,
            breakers=self.breakers,
            spent=MongoSpending(self.database),
            approving=self.approving,
            short=self.builder.short,
            clock=self.clock,
        )

    @cached_property
    def cook(self) -> Cook:
        """Makes recipes."""
        return Cook(
            campaigns=self.campaigns,
            templates=self.templates,
            segments=self.segments,
            offers=self.offers,
            policies=self.goodwill,
            launcher=self.launcher,
            shop=self.shops.get,
            clock=self.clock,
        )

    @cached_property
    def sunsetting(self) -> Sunsetting:
        """Ends marketing to who did not answer."""
        return Sunsetting(self.campaigns, self.journeys, self.customers, self.customers, self.models, self.clock)

    @cached_property
    def schedule(self) -> Schedule:
        """Opens the runs that are due."""
        return Schedule(
            campaigns=self.campaigns,
            runs=self.runs,
            launcher=self.launcher,
            events=self.events,
            past=self.orders,
            entrance=self.entrance,
            brake=self.brake,
            refusals=self.refusals,
            inside=self.journeys,
            shops=self.shops,
            doorbell=self.doorbell,
            clock=self.clock,
            ring_again_after=self.settings.ring_again_after,
        )

    def versions_of(self, campaign: Campaign) -> dict[str, int]:
        """The versions in which a campaign's words go out."""
        return self.launcher.versions(campaign)

    @cached_property
    def rehearsal(self) -> Rehearsal:
        """Says who would get a campaign, and who would not."""
        return Rehearsal(
            segments=self.segments,
            audience=self.audience,
            templates=self.templates,
            people=self.people,
            builder=self.builder,
            shops=self.shops,
            prices=self.desk,
            used=MongoSpending(self.database),
            limit=limits_of(self.campaigns),
            sharing=self.found_duplicates,
            ladder=partial(LadderTrial, self.climbing),
            clock=self.clock,
        )

    @cached_property
    def reporter(self) -> Reporter:
        """Says what a campaign did."""
        return Reporter(
            runs=self.runs,
            figures=MongoFigures(self.database),
            tellers=MongoTold(self.database),
            pricing=self.pricing,
            redeemed=self.redemptions.totals,
            clock=self.clock,
        )

    @cached_property
    def calendar(self) -> Calendar:
        """Says what goes out when."""
        return Calendar(
            campaigns=self.campaigns,
            segments=self.segments,
            audience=self.audience,
            sizes=self.runs,
            clock=self.clock,
        )

    @cached_property
    def shop_reporter(self) -> ShopReporter:
        """Says what all campaigns did together."""
        return ShopReporter(MongoShopFigures(self.database), self.campaigns, self.pricing)

    @cached_property
    def ready(self) -> Ready:
        """Reports as they were counted last."""
        return Ready(MongoKeptReports(self.database), self.reporter, self.shop_reporter, self.clock)

    @cached_property
    def keeping(self) -> Keeping:
        """Counts reports ahead."""
        kept = MongoKeptReports(self.database)
        return Keeping(
            kept=kept,
            sizes=kept,
            campaigns=self.campaigns,
            reporter=self.reporter,
            shop_reporter=self.shop_reporter,
            shop=self.shops.get,
            turns=self.leases,
            doorbell=self.doorbell,
            clock=self.clock,
            few=self.settings.report_kept_above,
        )

    @cached_property
    def pricing(self) -> Pricing:
        """Puts prices to what was handed over."""
        return Pricing(self.provider_book, self.contents)

    @cached_property
    def bandits(self) -> Bandits:
        """Move the shares of variants to those that earn more."""
        return Bandits(self.campaigns, MongoFigures(self.database), self.allocations, self.clock)

    def learn_shares(self) -> int:
        """Let the bandits look at what their variants earned; how many moved."""
        return self.bandits.learn(self.shops.get().currency)

    @cached_property
    def watch(self) -> Watch:
        """Says how far campaigns are."""
        return Watch(self.campaigns, self.runs, self.messages, self.clock)

    def settle_runs(self) -> int:
        """Finish the runs of which no message is open; how many."""
        return settle(self.runs, self.campaigns, self.messages.open, self.clock.now())

    @cached_property
    def opt_in(self) -> OptIn:
        """Asks for consent twice."""
        return OptIn(
            customers=self.customers,
            log=self.consents,
            suppressions=self.suppressions,
            templates=self.templates,
            sender=self.sender,
            shops=self.shops,
            links=self.links,
            clock=self.clock,
        )

    @cached_property
    def eraser(self) -> Eraser:
        """Forgets people."""
        before = [self.receipts.take, self.events.pump]
        return Eraser(self.works, self.traces, self.aliases, self.customers, before, self.clock)

    @cached_property
    def merger(self) -> Merger:
        """Makes two ids one person."""
        records = MongoJoined(self.database, self.clock)
        return Merger(self.works, self.traces, self.aliases, records, [self.points.transfer], self.clock)

    @cached_property
    def identities(self) -> Identities:
        """Finishes merges and erasures."""
        return Identities(self.works, self.merger, self.eraser, self.clock)
