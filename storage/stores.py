"""Where everything is kept, on one pair of servers: each store is made when it is first asked for."""

from functools import cached_property

from redis import Redis

from common.clock import Clock
from common.doorbell import Doorbell
from common.settings import Settings
from storage.aliases import Aliases
from storage.allocations import MongoAllocations
from storage.batches import MongoBatches
from storage.campaigns import MongoCampaigns
from storage.changes import MongoChanges
from storage.consents import ConsentLog
from storage.contents import MongoContents
from storage.conversations import MongoConversations
from storage.customers import MongoCustomers
from storage.doorbell import RqDoorbell, redis_of
from storage.events import MongoEvents
from storage.facts import MongoFacts
from storage.given import MongoGiven
from storage.givings import MongoGivings
from storage.health import Health
from storage.idempotency import MongoAnswers
from storage.import_maps import MongoColumnMaps
from storage.inboxes import MongoInboxes
from storage.jobs import MongoJobs
from storage.keys import MongoKeys
from storage.leases import MongoLeases
from storage.memberships import MongoMemberships
from storage.messages import MongoMessages
from storage.mongo import Mongo, connect
from storage.offers import MongoOffers
from storage.order_lists import OrderLists
from storage.orders import MongoOrders
from storage.outbox import MongoOutbox
from storage.own_pages import MongoOwnPages
from storage.points_programmes import MongoPointsProgrammes
from storage.products import MongoProducts
from storage.profiles import Profiles
from storage.programmes import MongoProgrammes
from storage.redemptions import MongoRedemptions
from storage.runs import MongoRuns
from storage.segments import MongoSegments
from storage.shops import MongoShops
from storage.suppressions import MongoSuppressions
from storage.takings import MongoTakings
from storage.templates import MongoTemplates
from storage.visits import MongoVisits
from storage.webhooks import MongoWebhooks


class Stores:
    """The stores of one shop, made from settings; a store connects when it is first used."""

    def __init__(self, settings: Settings, clock: Clock, doorbell: Doorbell | None = None) -> None:
        self.settings = settings
        self.clock = clock
        self._given_doorbell = doorbell

    def close(self) -> None:
        """Let go of the connections that were made."""
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
        return self._given_doorbell or RqDoorbell(self.redis, self.settings)

    @cached_property
    def keys(self) -> MongoKeys:
        """Who may call the API."""
        return MongoKeys(self.database, self.clock)

    @cached_property
    def givings(self) -> MongoGivings:
        """What runs gave a customer."""
        return MongoGivings(self.database)

    @cached_property
    def allocations(self) -> MongoAllocations:
        """What bandits gave, and why."""
        return MongoAllocations(self.database)

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
    def customers(self) -> MongoCustomers:
        """The customers."""
        return MongoCustomers(self.database, self.clock)

    @cached_property
    def aliases(self) -> Aliases:
        """The ids that customers had before they were merged."""
        return Aliases(self.database)

    @cached_property
    def consents(self) -> ConsentLog:
        """Every word of consent ever said."""
        return ConsentLog(self.database)

    @cached_property
    def orders(self) -> MongoOrders:
        """The orders."""
        return MongoOrders(self.database, self.clock)

    @cached_property
    def profiles(self) -> Profiles:
        """What each customer's orders add up to."""
        return Profiles(self.database)

    @cached_property
    def products(self) -> MongoProducts:
        """The products."""
        return MongoProducts(self.database, self.clock)

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
    def column_maps(self) -> MongoColumnMaps:
        """Which column of a file says what, by name."""
        return MongoColumnMaps(self.database, self.clock)

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
    def given(self) -> MongoGiven:
        """What offers have given."""
        return MongoGiven(self.database)

    @cached_property
    def changes(self) -> MongoChanges:
        """Who changed which offer, code or referral programme."""
        return MongoChanges(self.database)

    @cached_property
    def programmes(self) -> MongoProgrammes:
        """Referral programmes and their codes."""
        return MongoProgrammes(self.database, self.clock)

    @cached_property
    def order_lists(self) -> OrderLists:
        """Orders, listed."""
        return OrderLists(self.database, self.aliases)

    @cached_property
    def points_programmes(self) -> MongoPointsProgrammes:
        """The rules for points."""
        return MongoPointsProgrammes(self.database, self.clock)

    @cached_property
    def takings(self) -> MongoTakings:
        """What the shop took."""
        return MongoTakings(self.database)

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
    def outbox(self) -> MongoOutbox:
        """What channels without credentials keep."""
        return MongoOutbox(self.database)

    @cached_property
    def threads(self) -> MongoConversations:
        """What customers wrote back."""
        return MongoConversations(self.database)

    @cached_property
    def inbox(self) -> MongoWebhooks:
        """The webhooks that wait to be worked on."""
        return MongoWebhooks(self.database, self.clock)

    @cached_property
    def inboxes(self) -> MongoInboxes:
        """What lies in customers' inboxes on the shop's pages."""
        return MongoInboxes(self.database)

    @cached_property
    def own_pages(self) -> MongoOwnPages:
        """The names under which customers stand in links to their own pages."""
        return MongoOwnPages(self.database)

    @cached_property
    def facts(self) -> MongoFacts:
        """What customers did with their messages."""
        return MongoFacts(self.database)

    @cached_property
    def memberships(self) -> MongoMemberships:
        """Who was in which segment, and since when."""
        return MongoMemberships(self.database)

    @cached_property
    def segments(self) -> MongoSegments:
        """The segments."""
        return MongoSegments(self.database, self.clock)
