"""A job is held by one worker at a time, and outlives each of them."""

from datetime import timedelta

import msgspec

from common.jobs import Job, RowError
from storage.jobs import MongoJobs
from storage.mongo import Mongo
from tests.support.clock import START

MINUTE = timedelta(minutes=1)


def test_one_worker_holds_a_job_until_its_lease_ends(database: Mongo) -> None:
    jobs = MongoJobs(database)
    jobs.add(Job(id="j", kind="import_orders", created_at=START))
    held = jobs.claim("j", "one", START, START + MINUTE)
    assert held is not None
    assert held.state == "running"
    assert jobs.claim("j", "two", START, START + MINUTE) is None
    assert jobs.left_over(START, 9) == []
    later = START + 2 * MINUTE
    assert [job.id for job in jobs.left_over(later, 9)] == ["j"]
    taken = jobs.claim("j", "two", later, later + MINUTE)
    assert taken is not None
    assert not jobs.save(msgspec.structs.replace(held, done=5))
    over = msgspec.structs.replace(taken, done=7, state="finished", errors=[RowError(line=2, reason="x")])
    assert jobs.save(over)
    assert jobs.get("j") == over
    assert jobs.claim("j", "three", later + 2 * MINUTE, later + 3 * MINUTE) is None
    assert jobs.left_over(later + 2 * MINUTE, 9) == []


def test_a_job_nobody_made_is_not_there(database: Mongo) -> None:
    jobs = MongoJobs(database)
    assert jobs.get("j") is None
    assert jobs.claim("j", "one", START, START + MINUTE) is None
