"""Settings -> services: the one file that knows everyone. A service is made when it is first asked for."""

from functools import cached_property

from campaigns.builder import Builder
from campaigns.launch import Launcher, may_send, settle
from campaigns.opt_in import OptIn
from campaigns.plan import Planner
from campaigns.rehearsal import Rehearsal
from campaigns.report import Reporter
from campaigns.schedule import Schedule
from campaigns.single import Sender
from campaigns.values import Values
from common.clock import Clock, SystemClock
from common.doorbell import Doorbell
from common.ids import keyed
from common.links import Links
from common.settings import Settings
from customers.duplicates import Duplicates
from customers.engagement import Engagement
from customers.erasure import Eraser
from customers.export import Exporter
from customers.importing import Importer
from customers.learning import Learning
from customers.left_over import Identities
from customers.merge import Merger
from customers.returns import Returns
from customers.taking import Kept
from customers.timeline import Source, events_as, orders_as
from loyalty.history import History
from loyalty.points_books import Books
from loyalty.points_feed import PointsFeed
from loyalty.points_service import Points
from loyalty.referrals import Referrals
from loyalty.undoing import Undoing
from loyalty.vouchers import Vouchers
from messaging.audit import Audit
from messaging.channel import Providers
from messaging.conversation import Conversation
from messaging.deliver import Delivery
from messaging.people import People
from messaging.receipts import Receipts
from messaging.sweep import Sweeper
from messaging.webhooks import Webhooks
from segments.audience import Audience
from segments.history import History as SegmentHistory
from segments.reach import Reach
from segments.refreshing import Refreshing
from segments.rfm import ScoreStore
from storage.bad_rows import MongoBadRows
from storage.books import MongoBooks, MongoPurse
from storage.breakers import MongoBreakers
from storage.claims import MongoClaims
from storage.duplicates import MongoDuplicates
from storage.engagement import MongoSites
from storage.histories import MongoHistories
from storage.identity import MongoTraces, MongoWorks
from storage.imports import MongoUploads
from storage.joining import MongoJoined
from storage.learning import MongoLessons
from storage.known import MongoKnown
from storage.leftovers import MongoLeftovers, MongoUndelivered
from storage.matching import MongoMatching
from storage.models import MongoModels
from storage.outages import as_unavailable
from storage.points import MongoAccounts, MongoFacets, MongoLedger
from storage.points_reports import MongoLiability, MongoOrderDays
from storage.reaching import MongoReaching
from storage.referrals import MongoReferrals
from storage.reports import MongoFigures
from storage.returns import MongoReturnRows
from storage.scores import MongoScores
from storage.stores import Stores
from storage.timeline import kept
from storage.vouchers import MongoVouchers


class Services(Stores):
    """Everything a door needs, made from settings; tests pass another clock and another doorbell."""

    def __init__(self, settings: Settings, clock: Clock | None = None, doorbell: Doorbell | None = None) -> None:
        super().__init__(settings, clock or SystemClock(), doorbell)

    def close(self) -> None:
        """Let go of the connections that were made."""
        if "providers" in self.__dict__:
            self.providers.close()
        super().close()

    @cached_property
    def links(self) -> Links:
        """Makes and reads signed links."""
        return Links(self.settings.keys, self.settings.public_url)

    @cached_property
    def people(self) -> People:
        """What the gate must know of receivers."""
        return People(self.customers, self.suppressions, self.messages, self.clock)

    @cached_property
    def delivery(self) -> Delivery:
        """Sends what was planned."""
        return Delivery(
            claims=MongoClaims(self.database, self.settings.uncertain_final_after),
            batches=self.batches,
            contents=self.contents,
            people=self.people,
            breakers=MongoBreakers(self.database),
            providers=self.providers,
            render=self.builder.render,
            may_send=may_send(self.campaigns),
            shop=self.shops.get,
            doorbell=self.doorbell,
            clock=self.clock,
            settings=self.settings,
        )

    @cached_property
    def audit(self) -> Audit:
        """Finds what is not as it must be."""
        books = MongoBooks(self.database, self.suppressions)
        return Audit(books, MongoPurse(self.database), self.messages, self.clock)

    @cached_property
    def sweeper(self) -> Sweeper:
        """Looks after messages and batches that nobody works on."""
        return Sweeper(
            leftovers=MongoLeftovers(self.database),
            undelivered=MongoUndelivered(self.database),
            batches=self.batches,
            rung=self.batches,
            doorbell=self.doorbell,
            clock=self.clock,
            settings=self.settings,
        )

    @cached_property
    def works(self) -> MongoWorks:
        """Merges and erasures under way."""
        return MongoWorks(self.database, *(key.encode() for key in self.settings.keys))

    @cached_property
    def traces(self) -> MongoTraces:
        """All that is kept of people."""
        return MongoTraces(self.database)

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
    def exporter(self) -> Exporter:
        """Tells people what is held of them."""
        return Exporter(self.customers, self.traces, self.suppressions)

    @cached_property
    def found_duplicates(self) -> MongoDuplicates:
        """Customers who may be one."""
        return MongoDuplicates(self.database, self.settings.keys[0].encode())

    @cached_property
    def duplicates(self) -> Duplicates:
        """Looks for customers who may be one."""
        return Duplicates(self.found_duplicates, self.events.add, self.clock)

    @cached_property
    def identities(self) -> Identities:
        """Finishes merges and erasures."""
        return Identities(self.works, self.merger, self.eraser, self.clock)

    @cached_property
    def importer(self) -> Importer:
        """Takes in files."""
        newest = self.settings.keys[0].encode()
        kept = Kept(
            customers=self.customers,
            orders=self.orders,
            returns=self.returns,
            products=self.products,
            known=MongoKnown(self.database, self.aliases),
            shop=self.shops.get,
            id_of=lambda address: f"e-{keyed(newest, 'customer', address)}",
        )
        return Importer(
            uploads=MongoUploads(self.database),
            bad_rows=MongoBadRows(self.database),
            jobs=self.jobs,
            kept=kept,
            doorbell=self.doorbell,
            clock=self.clock,
            is_outage=lambda error: as_unavailable(error) is not None,
        )

    @cached_property
    def returns(self) -> Returns:
        """Puts what came back to the orders it was from."""
        return Returns(MongoReturnRows(self.database, self.aliases, self.clock), self.orders)

    @cached_property
    def vouchers(self) -> Vouchers:
        """Codes: minted, checked, held, used, taken back."""
        store, history = MongoVouchers(self.database), History(self.customers, self.orders)
        grace = self.settings.claim_lease
        return Vouchers(self.offers, self.offers, store, self.redemptions, history.earlier_orders, self.clock, grace)

    @cached_property
    def referrals(self) -> Referrals:
        """Friends sent by customers, and both their rewards."""
        store = MongoReferrals(self.database)
        people = (self.customers, self.orders)
        return Referrals(self.programmes, store, store, *people, self.offers, self.vouchers, self.shops.get, self.clock)

    @cached_property
    def points_books(self) -> Books:
        """Where points are entered."""
        return Books(
            accounts=MongoAccounts(self.database),
            ledger=MongoLedger(self.database),
            facets=MongoFacets(self.database),
            programmes=self.points_programmes,
            shop=self.shops.get,
            issue=lambda offer, source, customer: self.vouchers.mint(offer, {source: customer})[source],
            clock=self.clock,
        )

    @cached_property
    def points(self) -> Points:
        """Points given, spent, looked at, moved."""
        return Points(self.points_books, self.offers, MongoLiability(self.database), self.settings.claim_lease)

    @cached_property
    def points_feed(self) -> PointsFeed:
        """What happens, entered as points."""
        days = MongoOrderDays(self.database)
        return PointsFeed(self.points_books, self.events, self.orders, self.products, days)

    @cached_property
    def values(self) -> Values:
        """What a template can say of each person."""
        return Values(
            customers=self.customers,
            orders=self.orders,
            products=self.products,
            offers=self.offers,
            vouchers=self.vouchers,
            programmes=self.programmes,
            referrals=self.referrals,
            shops=self.shops,
            links=self.links,
            clock=self.clock,
        )

    @cached_property
    def builder(self) -> Builder:
        """Writes messages."""
        return Builder(self.values, self.templates, self.shops, self.links)

    @cached_property
    def reporter(self) -> Reporter:
        """Says what a campaign did."""
        return Reporter(self.runs, MongoFigures(self.database), self.redemptions.totals)

    @cached_property
    def providers(self) -> Providers:
        """Those who carry messages."""
        return Providers(self.settings, self.outbox, self.clock)

    @cached_property
    def conversation(self) -> Conversation:
        """Listens to customers."""
        return Conversation(self.threads, self.suppressions, self.customers, self.customers, self.shops.get)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Takes in what providers report."""
        return Webhooks(self.inbox, self.providers, self.conversation, self.doorbell)

    @cached_property
    def receipts(self) -> Receipts:
        """Works off what providers reported."""
        return Receipts(
            inbox=self.inbox,
            providers=self.providers,
            messages=self.messages,
            facts=self.facts,
            suppressions=self.suppressions,
            customers=self.customers,
            conversation=self.conversation,
            settings=self.settings,
        )

    @cached_property
    def reach(self) -> Reach:
        """Says what writing to a segment would cost."""

        def price() -> tuple[float, str]:
            return self.settings.sms_part_price, self.shops.get().currency

        return Reach(self.audience, MongoReaching(self.database), self.suppressions, price)

    @cached_property
    def segment_history(self) -> SegmentHistory:
        """Notices who enters and leaves segments."""
        return SegmentHistory(
            segments=self.segments,
            audience=self.audience,
            kept=self.memberships,
            events=self.events,
            turns=self.leases,
            doorbell=self.doorbell,
            clock=self.clock,
        )

    @cached_property
    def audience(self) -> Audience:
        """Resolves segments to customers."""
        return Audience(MongoMatching(self.database), self.segments, self.clock)

    @cached_property
    def scores(self) -> ScoreStore:
        """Everybody's scores together."""
        return MongoScores(self.database)

    @cached_property
    def models(self) -> MongoModels:
        """What was fitted for the whole shop."""
        return MongoModels(self.database)

    @cached_property
    def refreshing(self) -> Refreshing:
        """Keeps everybody's scores fresh."""
        return Refreshing(
            histories=MongoHistories(self.database),
            scores=self.scores,
            models=self.models,
            turns=self.leases,
            shop=self.shops.get,
            doorbell=self.doorbell,
            clock=self.clock,
        )

    @cached_property
    def undoing(self) -> Undoing:
        """Takes back what an order brought about that is undone."""
        return Undoing(self.events, self.referrals.take_back)

    @cached_property
    def planner(self) -> Planner:
        """Fills runs with messages."""
        return Planner(
            runs=self.runs,
            audience=self.audience,
            customers=self.customers,
            messages=self.messages,
            templates=self.templates,
            shops=self.shops,
            turns=self.leases,
            doorbell=self.doorbell,
            clock=self.clock,
            batch_size=self.settings.batch_size,
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
            referral_programme=self.programmes.get,
            doorbell=self.doorbell,
            clock=self.clock,
        )

    @cached_property
    def schedule(self) -> Schedule:
        """Opens the runs that are due."""
        return Schedule(
            campaigns=self.campaigns,
            runs=self.runs,
            launcher=self.launcher,
            events=self.events,
            doorbell=self.doorbell,
            clock=self.clock,
            ring_again_after=self.settings.ring_again_after,
        )

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
            clock=self.clock,
        )

    def settle_runs(self) -> int:
        """Finish the runs of which no message is open; how many."""
        return settle(self.runs, self.campaigns, self.messages.open, self.clock.now())

    @cached_property
    def sender(self) -> Sender:
        """Sends single messages."""
        return Sender(
            customers=self.customers,
            templates=self.templates,
            offers=self.offers,
            messages=self.messages,
            shops=self.shops,
            doorbell=self.doorbell,
            clock=self.clock,
        )

    @cached_property
    def engagement(self) -> Engagement:
        """Counts what customers do on the site."""
        return Engagement(self.events, MongoSites(self.database))

    @cached_property
    def learning(self) -> Learning:
        """Learns which channel customers like."""
        return Learning(MongoLessons(self.database), self.clock)

    @cached_property
    def happenings(self) -> list[Source]:
        """What a customer's timeline is put together from."""
        return [orders_as(self.orders), events_as(self.events), *kept(self.database)]

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
