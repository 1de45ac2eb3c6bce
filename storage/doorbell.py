"""The doorbell as RQ jobs: a job is a name and ids, nothing else, and may be lost."""

import logging

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from common.settings import Settings

log = logging.getLogger(__name__)

URGENT = "urgent"
NORMAL = "normal"


def redis_of(settings: Settings) -> Redis:
    """The Redis connection; connects when first used."""
    return Redis.from_url(settings.redis_url, socket_connect_timeout=2, socket_timeout=None)


def queue_names(settings: Settings) -> list[str]:
    """The shop's queues, the urgent one first."""
    return [f"{settings.redis_prefix}-{name}" for name in (URGENT, NORMAL)]


class RqDoorbell:
    """Rings by enqueueing a job of worker.py."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        urgent, normal = queue_names(settings)
        self._urgent = Queue(urgent, connection=redis, serializer=JSONSerializer)
        self._normal = Queue(normal, connection=redis, serializer=JSONSerializer)

    def ring(self, job: str, *ids: str, urgent: bool = False) -> bool:
        """Enqueue `worker.do(job, *ids)`; False, and a line in the log, where Redis is away."""
        queue = self._urgent if urgent else self._normal
        try:
            queue.enqueue_call("worker.do", args=(job, *ids), timeout=600, result_ttl=0, failure_ttl=3600)
        except RedisError as error:
            log.warning("doorbell.silent", extra={"job": job, "error": type(error).__name__})
            return False
        return True
