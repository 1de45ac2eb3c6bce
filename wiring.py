"""Settings -> services: the one file that knows everyone. A service is made when it is first asked for."""

from functools import cached_property

from redis import Redis

from common.clock import Clock, SystemClock
from common.doorbell import Doorbell
from common.links import Links
from common.settings import Settings
from customers.importing import Importer
from storage.batches import MongoBatches
from storage.consents import ConsentLog
from storage.customers import MongoCustomers
from storage.doorbell import RqDoorbell, redis_of
from storage.events import MongoEvents
from storage.health import Health
from storage.idempotency import MongoAnswers
from storage.imports import MongoUploads
from storage.jobs import MongoJobs
from storage.keys import MongoKeys
from storage.messages import MongoMessages
from storage.mongo import Mongo, connect
from storage.orders import MongoOrders
from storage.products import MongoProducts
from storage.shops import MongoShops
from storage.suppressions import MongoSuppressions
from storage.templates import MongoTemplates


class Services:
    """Everything a door needs, made from settings; tests pass another clock."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock: Clock = clock or SystemClock()

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
    def importer(self) -> Importer:
        """Takes in files."""
        uploads = MongoUploads(self.database)
        return Importer(uploads, self.jobs, self.customers, self.orders, self.products, self.doorbell, self.clock)

    @cached_property
    def templates(self) -> MongoTemplates:
        """What is written to customers."""
        return MongoTemplates(self.database, self.clock)
