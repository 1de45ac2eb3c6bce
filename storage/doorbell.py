"""The doorbell as RQ jobs: a job is a name and ids, nothing else, and may be lost."""

import logging
import time

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

from common.settings import Settings

log = logging.getLogger(__name__)

# A server that takes connections and says nothing must not hold up a request.
PATIENCE_SECONDS = 2.0
# After it did, nobody waits for it again so soon: a sweep may ring a hundred times.
SILENCE_SECONDS = 3.0
URGENT = "urgent"
NORMAL = "normal"


def redis_of(settings: Settings, patience: float | None = PATIENCE_SECONDS) -> Redis:
    """The Redis connection; connects when first used, and waits `patience` seconds for an answer, None for ever.

    It tries once more, since a connection may be one to a server that was started again meanwhile.
    """
    connect = PATIENCE_SECONDS
    once_more = Retry(NoBackoff(), 1)
    return Redis.from_url(settings.redis_url, socket_connect_timeout=connect, socket_timeout=patience, retry=once_more)


def queue_names(settings: Settings) -> list[str]:
    """The shop's queues, the urgent one first."""
    return [f"{settings.redis_prefix}-{name}" for name in (URGENT, NORMAL)]


class RqDoorbell:
    """Rings by enqueueing a job of worker.py."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        urgent, normal = queue_names(settings)
        self._urgent = Queue(urgent, connection=redis, serializer=JSONSerializer)
        self._normal = Queue(normal, connection=redis, serializer=JSONSerializer)
        self._silent_until = 0.0

    def ring(self, job: str, *ids: str, urgent: bool = False) -> bool:
        """Enqueue `worker.do(job, *ids)`; False, and a line in the log, where Redis is away."""
        if time.monotonic() < self._silent_until:
            return False
        queue = self._urgent if urgent else self._normal
        try:
            queue.enqueue_call("worker.do", args=(job, *ids), timeout=600, result_ttl=0, failure_ttl=3600)
        except RedisError as error:
            log.warning("doorbell.silent", extra={"job": job, "error": type(error).__name__})
            self._silent_until = time.monotonic() + SILENCE_SECONDS
            return False
        return True
