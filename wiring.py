"""Settings -> services: the one file that knows everyone. A service is made when it is first asked for."""

from functools import cached_property

from redis import Redis

from common.clock import Clock, SystemClock
from common.doorbell import Doorbell
from common.links import Links
from common.settings import Settings
from storage.batches import MongoBatches
from storage.doorbell import RqDoorbell, redis_of
from storage.health import Health
from storage.idempotency import MongoAnswers
from storage.keys import MongoKeys
from storage.messages import MongoMessages
from storage.mongo import Mongo, connect


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
