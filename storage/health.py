"""Are the servers there? Asked with a short time-out, so that a frozen one is told from a slow one."""

import logging

import pymongo
from pymongo.errors import OperationFailure, PyMongoError
from redis import Redis
from redis.exceptions import RedisError

from common.settings import Settings
from storage.mongo import Mongo

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 2
INTERNAL_ERROR = 1


class Health:
    """Knows whether MongoDB and Redis answer."""

    def __init__(self, database: Mongo, settings: Settings) -> None:
        self._database = database
        self._redis = Redis.from_url(
            settings.redis_url, socket_connect_timeout=TIMEOUT_SECONDS, socket_timeout=TIMEOUT_SECONDS
        )

    def answering(self) -> dict[str, bool]:
        """Which of the servers answered just now."""
        return {"mongodb": self._mongodb(), "redis": self._redis_answers()}

    def mongodb_is_lost(self) -> bool:
        """Whether MongoDB answers, but with errors of its own: its storage gave up, and only a new start helps."""
        try:
            self._read()
        except OperationFailure as error:
            return error.code == INTERNAL_ERROR
        except PyMongoError:
            return False  # away, which whoever started it sees by itself
        return False

    def _read(self) -> None:
        """Read something small: a ping is answered by a server whose storage has given up, too."""
        with pymongo.timeout(TIMEOUT_SECONDS):
            self._database["shops"].find_one({}, {"_id": 1})

    def _mongodb(self) -> bool:
        try:
            self._read()
        except PyMongoError as error:
            log.warning("health.mongodb", extra={"error": type(error).__name__})
            return False
        return True

    def _redis_answers(self) -> bool:
        try:
            return bool(self._redis.ping())
        except RedisError as error:
            log.warning("health.redis", extra={"error": type(error).__name__})
            return False
