"""Long work that a caller asked for and can follow: an import, say. It is kept, so it outlives its worker."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

JobState = Literal["queued", "running", "finished", "failed"]

# A report lists this many bad rows; the rest are counted.
MAX_ERRORS = 100


class RowError(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a row of a file was not taken: its line (the first is 1), the field ("" where it is the row), the reason.

    `kind` is the reason as a word for programs, and for counting: missing_customer, zero_price, bad_date …
    """

    line: int
    field: str = ""
    reason: str
    kind: str = "refused"


class Job(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """Work on many rows. `done` rows of about `total`; `good` were taken, `bad` were not.

    `errors` holds the first of the bad ones; `refused` counts all of them by kind, each row once, and `notes` counts
    what was taken and is worth a word (equal_lines). `checkpoint` is how far the work is, in the words of whoever
    does it; `starts` counts how often it was begun since it last got on. `claim` is the worker that holds the job
    until `lease_until`; `detail` says why a failed one failed, and of a running one what it is at when its rows wait.
    """

    id: str
    kind: str
    state: JobState = "queued"
    done: int = 0
    total: int = 0
    good: int = 0
    bad: int = 0
    errors: list[RowError] = []
    refused: dict[str, int] = {}
    notes: dict[str, int] = {}
    detail: str = ""
    subject: dict[str, Any] = {}
    checkpoint: dict[str, Any] = {}
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    starts: int = 0
    claim: str = ""
    lease_until: datetime | None = None


class OldJobs(Protocol):
    """Jobs that are over, as they are tidied away."""

    def finished_before(self, at: datetime, limit: int) -> Sequence[Job]:
        """Some jobs that were over by then."""
        ...

    def remove(self, id: str) -> None:
        """Forget a job."""
        ...


class FileJobs(Protocol):
    """Jobs, found by the file they are of."""

    def first_of(self, kind: str, file: str) -> Job | None:
        """The first of the jobs of this kind of a file (`subject.file`)."""
        ...


class Jobs(Protocol):
    """The jobs as they are kept."""

    def add(self, job: Job) -> None:
        """Keep a new job."""
        ...

    def get(self, id: str) -> Job | None:
        """The job as it is now."""
        ...

    def claim(self, id: str, token: str, now: datetime, lease_until: datetime) -> Job | None:
        """Take an unfinished job that nobody holds; None where somebody does, or it is over."""
        ...

    def save(self, job: Job) -> bool:
        """Keep the progress of a job that `job.claim` holds; False when it has lost it."""
        ...

    def left_over(self, now: datetime, limit: int) -> Sequence[Job]:
        """The oldest unfinished jobs that nobody holds."""
        ...
