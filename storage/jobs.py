"""Jobs in MongoDB. A worker holds a job by a claim with a lease; whoever lost it saves nothing more."""

from collections.abc import Sequence
from datetime import datetime

from common.jobs import Job
from storage.indexes import Index
from storage.mongo import Document, Mongo, from_document, from_documents, to_document

INDEXES = [Index(collection="jobs", keys=[("open", 1), ("created_at", 1)], only={"open": True})]


class MongoJobs:
    """Jobs in MongoDB."""

    def __init__(self, database: Mongo) -> None:
        self._jobs = database["jobs"]

    def add(self, job: Job) -> None:
        """Keep a new job."""
        self._jobs.insert_one(_document(job))

    def get(self, id: str) -> Job | None:
        """The job as it is now."""
        found = self._jobs.find_one({"_id": id})
        return None if found is None else from_document(found, Job)

    def claim(self, id: str, token: str, now: datetime, lease_until: datetime) -> Job | None:
        """Take an unfinished job that nobody holds; None where somebody does, or it is over."""
        held = self._jobs.update_one(
            {"_id": id, "open": True, **_free(now)},
            {"$set": {"claim": token, "lease_until": lease_until, "state": "running"}},
        )
        return self.get(id) if held.matched_count else None

    def save(self, job: Job) -> bool:
        """Keep the progress of a job that `job.claim` holds; False when it has lost it."""
        return bool(self._jobs.replace_one({"_id": job.id, "claim": job.claim}, _document(job)).matched_count)

    def left_over(self, now: datetime, limit: int) -> Sequence[Job]:
        """The oldest unfinished jobs that nobody holds."""
        return from_documents(self._jobs.find({"open": True, **_free(now)}).sort("created_at", 1).limit(limit), Job)

    def finished_before(self, at: datetime, limit: int) -> Sequence[Job]:
        """Some jobs that were over by then."""
        return from_documents(self._jobs.find({"finished_at": {"$lt": at}}).limit(limit), Job)

    def first_of(self, kind: str, file: str) -> Job | None:
        """The first of the jobs of this kind of a file (`subject.file`)."""
        # Jobs are few, since old ones are forgotten, and this is asked once a mended file: no index for it.
        found = self._jobs.find({"kind": kind, "subject.file": file}).sort("created_at", 1).limit(1)
        return next(iter(from_documents(found, Job)), None)

    def remove(self, id: str) -> None:
        """Forget a job."""
        self._jobs.delete_one({"_id": id})


def _free(now: datetime) -> Document:
    return {"$or": [{"lease_until": None}, {"lease_until": {"$lte": now}}]}


def _document(job: Job) -> Document:
    return to_document(job) | ({"open": True} if job.state in ("queued", "running") else {})
