"""A worker: one process that takes jobs off the shop's queues, one at a time, in this very process.

RQ's own worker forks for each job, which costs seven times the time, and its pool leaves its workers behind
when it is killed; ours are children of our supervisor
(docs/decisions/0001-workers-under-our-own-supervisor.md).
"""

import logging
import threading
import time
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import SimpleWorker
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer

from common.settings import Settings
from storage.doorbell import queue_names, redis_of

log = logging.getLogger(__name__)

# With RQ's defaults, a job whose worker was killed is not found again for minutes.
WORKER_TTL_SECONDS = 20
MAINTENANCE_SECONDS = 5
PAUSE_SECONDS = 1.0


class EncoreWorker(SimpleWorker):
    """RQ's in-process worker, with our words in the log and nobody's data in Redis."""

    # It waits no longer than this for a Redis that went away to come back.
    max_connection_wait_time = 4.0

    def __init__(
        self, connection: Redis, settings: Settings, stopped: threading.Event, *, urgent_only: bool = False
    ) -> None:
        """`stopped` is set when a signal has asked this process to end; `urgent_only` leaves campaigns to others."""
        super().__init__(
            queue_names(settings)[:1] if urgent_only else queue_names(settings),
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=WORKER_TTL_SECONDS,
            maintenance_interval=MAINTENANCE_SECONDS,
            log_job_description=False,
        )
        self._told_to_stop = stopped

    def request_stop(self, signum: Any, frame: Any) -> None:
        """End after the job at hand, or at once where there is none."""
        self._told_to_stop.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ types it in part

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        """Do a job, with its name and id on every line that is logged meanwhile."""
        with structlog.contextvars.bound_contextvars(job=job.func_name, job_id=job.id):
            done: bool = super().perform_job(job, queue, execution)
            return done

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """Say in the log what went wrong; the work stays in MongoDB, and the sweeper rings for it again."""
        log.error("job.failed", exc_info=exc_info)

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: Any = None,
        exc_string: str = "",
        execution: Execution | None = None,
    ) -> None:
        """Keep no more of an error in Redis than its type: its words may name a customer."""
        kind = exc_string.strip().rpartition("\n")[2].partition(":")[0]
        super().handle_job_failure(job, queue, started_job_registry, exc_string=kind, execution=execution)


def work(settings: Settings, *, urgent_only: bool = False) -> None:
    """Work off jobs until TERM or INT, or only those that may not wait; where Redis goes away, wait for it."""
    redis = redis_of(settings, patience=None)  # waiting for a job is waiting for an answer
    stopped = threading.Event()
    while not stopped.is_set():
        try:
            EncoreWorker(redis, settings, stopped, urgent_only=urgent_only).work(logging_level="WARNING")
            stopped.wait(PAUSE_SECONDS)
        except RedisError as error:
            log.warning("worker.no_redis", extra={"error": type(error).__name__})
            time.sleep(PAUSE_SECONDS)
        except StopRequested:
            return  # the signal came while there was no Redis to wait for
