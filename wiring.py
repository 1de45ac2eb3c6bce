"""Settings -> services: the one file that knows everyone. A service is made when it is first asked for."""

from functools import cached_property

from redis import Redis

from campaigns.builder import Builder
from campaigns.launch import Launcher, may_send, settle
from campaigns.plan import Planner
from campaigns.rehearsal import Rehearsal
from campaigns.report import Reporter
from campaigns.schedule import Schedule
from campaigns.single import Sender
from campaigns.values import Values
from common.clock import Clock, SystemClock
from common.doorbell import Doorbell
from common.links import Links
from common.settings import Settings
from customers.erasure import Eraser
from customers.importing import Importer
from loyalty.history import History
from loyalty.referrals import Referrals
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
from segments.rfm import Scoring
from storage.batches import MongoBatches
from storage.books import MongoBooks, MongoPurse
from storage.breakers import MongoBreakers
from storage.campaigns import MongoCampaigns
from storage.claims import MongoClaims
from storage.consents import ConsentLog
from storage.contents import MongoContents
from storage.conversations import MongoConversations
from storage.customers import MongoCustomers
from storage.doorbell import RqDoorbell, redis_of
from storage.events import MongoEvents
from storage.facts import MongoFacts
from storage.health import Health
from storage.idempotency import MongoAnswers
from storage.imports import MongoUploads
from storage.jobs import MongoJobs
from storage.keys import MongoKeys
from storage.leases import MongoLeases
from storage.leftovers import MongoLeftovers, MongoUndelivered
from storage.matching import MongoMatching
from storage.messages import MongoMessages
from storage.mongo import Mongo, connect
from storage.offers import MongoOffers
from storage.orders import MongoOrders
from storage.outbox import MongoOutbox
from storage.products import MongoProducts
from storage.programmes import MongoProgrammes
from storage.redemptions import MongoRedemptions
from storage.referrals import MongoReferrals
from storage.reports import MongoFigures
from storage.runs import MongoRuns
from storage.scores import MongoScores
from storage.segments import MongoSegments
from storage.shops import MongoShops
from storage.suppressions import MongoSuppressions
from storage.templates import MongoTemplates
from storage.visits import MongoVisits
from storage.vouchers import MongoVouchers
from storage.webhooks import MongoWebhooks


class Services:
    """Everything a door needs, made from settings; tests pass another clock."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()

    def close(self) -> None:
        """Let go of the connections that were made."""
        if "providers" in self.__dict__:
            self.providers.close()
        if "redis" in self.__dict__:
            self.redis.close()
        if "database" in self.__dict__:
            self.database.client.close()

    @cached_property
    def database(self) -> Mongo:
        """The shop's database."""
        return connect(self.settings)

    @cached_property
    def redis(self) -> Redis:
        """The shop's Redis."""
        return redis_of(self.settings)

    @cached_property
    def doorbell(self) -> Doorbell:
        """What wakes the workers."""
        return RqDoorbell(self.redis, self.settings)

    @cached_property
    def keys(self) -> MongoKeys:
        """Who may call the API."""
        return MongoKeys(self.database, self.clock)

    @cached_property
    def answers(self) -> MongoAnswers:
        """The answers to requests with an Idempotency-Key."""
        return MongoAnswers(self.database, self.clock, self.settings.idempotency_kept)

    @cached_property
    def health(self) -> Health:
        """Whether the servers answer."""
        return Health(self.database, self.settings)

    @cached_property
    def visits(self) -> MongoVisits:
        """Visits to customers' pages that went on from there."""
        return MongoVisits(self.database, self.clock, self.settings.keys[0].encode())

    @cached_property
    def links(self) -> Links:
        """Makes and reads signed links."""
        return Links(self.settings.keys, self.settings.public_url)

    @cached_property
    def messages(self) -> MongoMessages:
        """The messages: planning and reading them, and a provider's word on them."""
        return MongoMessages(self.database, self.clock)

    @cached_property
    def batches(self) -> MongoBatches:
        """The batches that messages are worked on in."""
        return MongoBatches(self.database)

    @cached_property
    def contents(self) -> MongoContents:
        """What people received, word for word."""
        return MongoContents(self.database)

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
    def customers(self) -> MongoCustomers:
        """The customers."""
        return MongoCustomers(self.database, self.clock)

    @cached_property
    def consents(self) -> ConsentLog:
        """Every word of consent ever said."""
        return ConsentLog(self.database)

    @cached_property
    def orders(self) -> MongoOrders:
        """The orders."""
        return MongoOrders(self.database, self.clock)

    @cached_property
    def products(self) -> MongoProducts:
        """The products."""
        return MongoProducts(self.database)

    @cached_property
    def suppressions(self) -> MongoSuppressions:
        """Addresses never to be written to."""
        newest, *older = (key.encode() for key in self.settings.keys)
        return MongoSuppressions(self.database, newest, *older)

    @cached_property
    def shops(self) -> MongoShops:
        """The one shop."""
        return MongoShops(self.database)

    @cached_property
    def events(self) -> MongoEvents:
        """What has happened."""
        return MongoEvents(self.database)

    @cached_property
    def jobs(self) -> MongoJobs:
        """Long work that can be followed."""
        return MongoJobs(self.database)

    @cached_property
    def eraser(self) -> Eraser:
        """Forgets people."""
        return Eraser(self.customers, self.orders, self.events)

    @cached_property
    def importer(self) -> Importer:
        """Takes in files."""
        uploads = MongoUploads(self.database)
        return Importer(uploads, self.jobs, self.customers, self.orders, self.products, self.doorbell, self.clock)

    @cached_property
    def templates(self) -> MongoTemplates:
        """What is written to customers."""
        return MongoTemplates(self.database, self.clock)

    @cached_property
    def offers(self) -> MongoOffers:
        """What is given, and how much of it has been."""
        return MongoOffers(self.database, self.clock)

    @cached_property
    def redemptions(self) -> MongoRedemptions:
        """What has been used."""
        return MongoRedemptions(self.database)

    @cached_property
    def vouchers(self) -> Vouchers:
        """Codes: minted, checked, held, used, taken back."""
        store, history = MongoVouchers(self.database), History(self.customers, self.orders)
        grace = self.settings.claim_lease
        return Vouchers(self.offers, self.offers, store, self.redemptions, history.earlier_orders, self.clock, grace)

    @cached_property
    def programmes(self) -> MongoProgrammes:
        """Referral programmes and their codes."""
        return MongoProgrammes(self.database)

    @cached_property
    def referrals(self) -> Referrals:
        """Friends sent by customers, and both their rewards."""
        store = MongoReferrals(self.database)
        people = (self.customers, self.orders)
        return Referrals(self.programmes, store, store, *people, self.offers, self.vouchers, self.shops.get, self.clock)

    @cached_property
    def leases(self) -> MongoLeases:
        """Who does which chore."""
        return MongoLeases(self.database, self.clock)

    @cached_property
    def campaigns(self) -> MongoCampaigns:
        """The campaigns."""
        return MongoCampaigns(self.database, self.clock)

    @cached_property
    def runs(self) -> MongoRuns:
        """The runs of campaigns."""
        return MongoRuns(self.database)

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
    def outbox(self) -> MongoOutbox:
        """What channels without credentials keep."""
        return MongoOutbox(self.database)

    @cached_property
    def providers(self) -> Providers:
        """Those who carry messages."""
        return Providers(self.settings, self.outbox, self.clock)

    @cached_property
    def threads(self) -> MongoConversations:
        """What customers wrote back."""
        return MongoConversations(self.database)

    @cached_property
    def conversation(self) -> Conversation:
        """Listens to customers."""
        return Conversation(self.threads, self.suppressions, self.customers, self.shops.get)

    @cached_property
    def inbox(self) -> MongoWebhooks:
        """The webhooks that wait to be worked on."""
        return MongoWebhooks(self.database, self.clock)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Takes in what providers report."""
        return Webhooks(self.inbox, self.providers, self.conversation, self.doorbell)

    @cached_property
    def facts(self) -> MongoFacts:
        """What customers did with their messages."""
        return MongoFacts(self.database)

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
    def segments(self) -> MongoSegments:
        """The segments."""
        return MongoSegments(self.database, self.clock)

    @cached_property
    def audience(self) -> Audience:
        """Resolves segments to customers."""
        return Audience(MongoMatching(self.database), self.segments, self.clock)

    @cached_property
    def scores(self) -> Scoring:
        """Keeps everybody's recency, frequency and money fresh."""
        return Scoring(MongoScores(self.database), lambda: self.shops.get().currency, self.clock)

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
