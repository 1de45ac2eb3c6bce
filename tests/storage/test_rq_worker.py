"""A worker does jobs, keeps errors to itself, outlives its Redis, and ends when it is told to."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from cli.embedded import free_port, redis
from cli.processes import Child
from cli.supervisor import Supervisor
from common.settings import Settings
from storage.doorbell import queue_names, redis_of
from tests.support.processes import eventually


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    with Supervisor(tmp_path / "logs") as supervisor:
        yield supervisor


def worker(settings: Settings) -> Child:
    return Child(
        name="worker",
        command=[sys.executable, "-m", "tests.support.jobs"],
        environment={"ENCORE_REDIS_URL": settings.redis_url, "ENCORE_REDIS_PREFIX": settings.redis_prefix},
    )


def ask(settings: Settings, function: str, word: str) -> Job:
    with redis_of(settings) as connection:
        queue = Queue(queue_names(settings)[1], connection=connection, serializer=JSONSerializer)
        return queue.enqueue_call(f"tests.support.jobs.{function}", args=(word,), result_ttl=0)


def test_a_job_is_done(settings: Settings, supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(worker(settings))
    ask(settings, "leave_mark", str(tmp_path / "done"))
    assert eventually((tmp_path / "done").exists)


def test_of_an_error_redis_keeps_the_type_only_and_the_worker_goes_on(
    settings: Settings, supervisor: Supervisor, tmp_path: Path
) -> None:
    supervisor.start(worker(settings))
    job = ask(settings, "fail", "unwell")
    ask(settings, "leave_mark", str(tmp_path / "done"))
    assert eventually((tmp_path / "done").exists)
    with redis_of(settings) as connection:
        kept = Job.fetch(job.id, connection=connection, serializer=JSONSerializer).latest_result()
        assert kept is not None
        assert kept.exc_string == "ValueError"


def test_jobs_of_another_shop_are_left_alone(settings: Settings, supervisor: Supervisor, tmp_path: Path) -> None:
    other = Settings(redis_url=settings.redis_url, redis_prefix=settings.redis_prefix + "-other")
    job = ask(other, "leave_mark", str(tmp_path / "others"))
    supervisor.start(worker(settings))
    ask(settings, "leave_mark", str(tmp_path / "ours"))
    assert eventually((tmp_path / "ours").exists)
    with redis_of(other) as connection:
        assert Job.fetch(job.id, connection=connection, serializer=JSONSerializer).get_status() == "queued"
    assert not (tmp_path / "others").exists()


def test_a_worker_waits_for_a_redis_that_went_away_and_takes_up_its_work(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    port = free_port()
    settings = Settings(redis_url=f"redis://127.0.0.1:{port}/0", redis_prefix="outage")
    server = supervisor.start(redis(tmp_path / "redis", port))
    started = supervisor.start(worker(settings))
    ask(settings, "leave_mark", str(tmp_path / "before"))
    assert eventually((tmp_path / "before").exists)
    os.kill(server.pid, signal.SIGKILL)
    assert eventually(lambda: server.status is not None)
    supervisor.start(redis(tmp_path / "redis", port))
    ask(settings, "leave_mark", str(tmp_path / "after"))
    assert eventually((tmp_path / "after").exists), started.last_words()
    assert started.status is None, "another process did it"


def test_a_worker_that_starts_before_its_redis_waits_for_it_and_ends_when_told(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    port = free_port()
    settings = Settings(redis_url=f"redis://127.0.0.1:{port}/0", redis_prefix="early")
    started = supervisor.start(worker(settings))
    assert eventually(lambda: "worker.no_redis" in started.log.read_text()), started.last_words()
    supervisor.start(redis(tmp_path / "redis", port))
    ask(settings, "leave_mark", str(tmp_path / "done"))
    assert eventually((tmp_path / "done").exists), started.last_words()
    started.ask_to_end()
    assert eventually(lambda: started.status is not None)
    assert started.status == 0, started.last_words()
