"""Imports: a file comes in, is kept, and is taken in by a worker, batch by batch, from wherever the last one stopped.

A batch is written before the job's checkpoint moves past it, and writing it twice changes nothing. So a worker
may die anywhere: the next one repeats at most one batch.
"""

import logging
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from itertools import islice
from typing import IO, Any, Protocol

import msgspec

from common.ahead import ahead
from common.clock import Clock
from common.doorbell import Doorbell
from common.errors import Invalid, NotFound
from common.ids import new_id
from common.jobs import MAX_ERRORS, FileJobs, Job, Jobs, JobState, OldJobs
from customers import parquet
from customers.columns import ColumnMap, Kind
from customers.guessing import left_aside
from customers.opening import HEAD_ROWS, Asked, Incoming, planned, planned_of
from customers.plan import Plan
from customers.reading import PARQUET, TYPES, Form, Place, Reader, Record
from customers.taking import PREVIEW, Batch, CustomerTaker, Kept, OrderTaker, Outcome, ProductTaker, Taker
from customers.unpacking import PIECE, UTF8, unpacked

log = logging.getLogger(__name__)

_PREFIX = "import_"
# So many rows are taken at first; the job's checkpoint moves with them. More at once cost less each: so many more, up
# to MOST, as keep a batch within PACE, far below the lease.
BATCH = 500
MOST = 5_000
PACE = timedelta(seconds=5)
# What a worker holds that died, or that lost the database, is begun again within 30 s (promises, T4): this and a chore.
LEASE = timedelta(seconds=20)
# A job that was begun so often without getting on is given up: it would be begun for ever.
MAX_STARTS = 20
# A file of more rows owes the profiles of those whose orders it brings: to write one for all of its customer's orders
# costs little more than for each. They follow at its end, and before when they have waited for so long, or for so many
# times as long as it took the last time: a machine that is slow shall not do little else.
LARGE = 20_000
OWED = timedelta(minutes=5)
SPARED = 4
TOLD_EVERY = timedelta(seconds=2)
# What was refused, and files whose upload broke off, are forgotten after so long.
KEPT = timedelta(days=14)
ABANDONED = timedelta(days=1)


class Uploads(Protocol):
    """Where files wait for their import."""

    def keep(self, upload: str, pieces: Iterable[bytes], at: datetime) -> int:
        """Keep a file as it comes in; its size in bytes. What was kept of one that broke off is taken away."""
        ...

    def read(self, upload: str, offset: int = 0) -> Iterator[bytes]:
        """The file from a byte on, in pieces; ends where it ends."""
        ...

    def remove(self, upload: str) -> None:
        """Take a file away."""
        ...

    def older_than(self, at: datetime, limit: int) -> Sequence[str]:
        """Some files that began to come in before then."""
        ...


class BadRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row that was not taken, as it came: its cells, or what stood there where it could not be read."""

    line: int
    field: str
    reason: str
    kind: str
    cells: list[str] = []
    raw: str = ""


class BadRows(Protocol):
    """The rows that jobs did not take."""

    def add(self, job: str, rows: Sequence[BadRow], at: datetime) -> None:
        """Keep rows of a job, in the order of their lines; the same again changes nothing."""
        ...

    def of(self, job: str) -> Iterator[BadRow]:
        """All of a job's rows in the order of their lines, with flat memory."""
        ...

    def remove(self, job: str) -> None:
        """Forget a job's rows."""
        ...


class JobStore(Jobs, OldJobs, FileJobs, Protocol):
    """The jobs, as importing needs them."""


class Importer:
    """Takes in files of customers, orders and products."""

    def __init__(
        self,
        uploads: Uploads,
        bad_rows: BadRows,
        jobs: JobStore,
        kept: Kept,
        doorbell: Doorbell,
        clock: Clock,
        is_outage: Callable[[Exception], bool],
    ) -> None:
        self._uploads = uploads
        self._bad_rows = bad_rows
        self._jobs = jobs
        self._kept = kept
        self._doorbell = doorbell
        self._clock = clock
        self._is_outage = is_outage

    def start(
        self, kind: Kind, stream: IO[bytes], content_type: str, asked: Asked | None = None, large: int = LARGE
    ) -> Job:
        """Keep a file and ask a worker for its import; one of orders with more rows than `large` owes profiles.

        Raises Invalid where it cannot be a file of this kind.
        """
        asked = asked or Asked(said=ColumnMap(kind=kind))
        now = self._clock.now()
        upload = new_id()
        if content_type == PARQUET and parquet.there():
            subject, total = self._keep_parquet(kind, stream, asked, upload, now)
        elif content_type in TYPES:
            subject, total = self._keep_text(kind, stream, content_type, asked, upload, now)
        else:
            raise Invalid.field("Content-Type", f"Must be {' or '.join(TYPES)}.")
        if asked.dry_run:
            subject["dry_run"] = True
        elif kind == "orders" and total > large:
            subject["owing"] = True
        job = Job(id=upload, kind=_PREFIX + kind, total=total, subject=subject, created_at=now)
        self._jobs.add(job)
        self._doorbell.ring("run_import", upload)
        return job

    def run(self, job_id: str, most: int = MOST) -> Job | None:
        """Take in what is left of a file; the job as it then is, or None where another worker has it or it is over.

        `most` is how many rows are taken at once at most: it takes memory for two batches.
        """
        now = self._clock.now()
        job = self._jobs.claim(job_id, new_id(), now, now + LEASE)
        if job is None:
            if self._jobs.get(job_id) is None:
                raise NotFound("job", job_id)
            return None
        job = msgspec.structs.replace(job, started_at=job.started_at or now, starts=job.starts + 1)
        if job.starts > MAX_STARTS:
            return self._over(job, "failed", f"Begun {MAX_STARTS} times without getting on. The log has job={job.id}.")
        if not self._jobs.save(job):
            return None
        try:
            return self._run(job, most)
        except Invalid as error:
            return self._end(job, "failed", str(error))
        except Exception as error:
            if not self._is_outage(error):
                log.exception("import.broke", extra={"job": job.id, "starts": job.starts})
            raise

    def bad_rows(self, job: str) -> Iterator[BadRow]:
        """The rows that a job did not take, in the order of their lines."""
        return self._bad_rows.of(job)

    def ring_left_over(self, limit: int = 100) -> int:
        """Ring for the imports that nobody is at, because a doorbell was lost or a worker died; how many."""
        jobs = [job for job in self._jobs.left_over(self._clock.now(), limit) if job.kind.startswith(_PREFIX)]
        for job in jobs:
            self._doorbell.ring("run_import", job.id)
        return len(jobs)

    def tidy(self, limit: int = 100) -> int:
        """Forget reports that are old, and files whose upload broke off with its process; how many."""
        now = self._clock.now()
        old = [job for job in self._jobs.finished_before(now - KEPT, limit) if job.kind.startswith(_PREFIX)]
        for job in old:
            self._bad_rows.remove(job.id)
            self._jobs.remove(job.id)
        left = [upload for upload in self._uploads.older_than(now - ABANDONED, limit) if self._jobs.get(upload) is None]
        for upload in left:
            self._uploads.remove(upload)
        return len(old) + len(left)

    def _keep_text(
        self, kind: Kind, stream: IO[bytes], content_type: str, asked: Asked, upload: str, now: datetime
    ) -> tuple[dict[str, Any], int]:
        incoming = Incoming(stream, asked)
        plan, header = planned(kind, content_type, incoming, asked, partial(self._plan_of, kind))
        self._uploads.keep(upload, incoming.pieces(), now)
        return _subject(plan, header, incoming.digest, incoming.size), incoming.lines

    def _plan_of(self, kind: Kind, file: str) -> Plan | None:
        """How a file was taken in, while its job is remembered."""
        job = self._jobs.first_of(_PREFIX + kind, file)
        return msgspec.convert(job.subject["plan"], Plan) if job else None

    def _keep_parquet(
        self, kind: Kind, stream: IO[bytes], asked: Asked, upload: str, now: datetime
    ) -> tuple[dict[str, Any], int]:
        with tempfile.TemporaryFile() as spooled:
            digest = sha256()
            for piece in iter(lambda: stream.read(PIECE), b""):
                digest.update(piece)
                spooled.write(piece)
            header = parquet.columns_of(spooled)
            table = parquet.Rows(spooled, header)
            head = [record.cells for record in islice(table.records(), HEAD_ROWS)]
            plan = planned_of(kind, Form(type=PARQUET, columns=header), header, head, asked)
            rows = table.count
            spooled.seek(0)
            self._uploads.keep(upload, iter(lambda: spooled.read(PIECE), b""), now)
        return _subject(plan, header, digest.hexdigest(), rows), rows

    def _run(self, job: Job, most: int) -> Job | None:
        plan = msgspec.convert(job.subject["plan"], Plan)
        place = msgspec.convert(job.checkpoint, Place)
        taker = self._taker(job, plan)
        readings = (False, True) if plan.map.returns else (False,)
        with tempfile.TemporaryFile() as spool:
            for again in readings[int(place.again) :]:
                place = place if place.again == again else Place(again=again)
                source = self._source(job, plan, place, spool)
                left = self._read(job, taker, place, source.records(), _Pace(min(BATCH, most), most))
                if left is None:
                    log.warning("import.lost", extra={"job": job.id})
                    return None
                job = left
                if source.offset != job.subject["bytes"]:
                    return self._end(job, "failed", _NOT_WHOLE)
        return self._end(job, "finished")

    def _read(self, job: Job, taker: Taker, place: Place, records: Iterator[Record], pace: "_Pace") -> Job | None:
        """Take a file's records from a place on; None where another worker has taken the job over."""
        taker.begin(place)
        take = taker.take_again if place.again else taker.take
        owed_since, may_owe = self._clock.now(), OWED
        # The next batch is read and checked while the database works on this one.
        for batch, after in ahead(_batches(taker, records, place.again, pace)):
            begun = self._clock.now()
            outcome = take(batch)
            self._keep_bad(job, batch.records, outcome)
            job = self._advanced(job, outcome, after)
            if not self._jobs.save(job):
                return None
            pace.learn(len(batch.records), self._clock.now() - begun)
            if (begun := self._clock.now()) - owed_since >= may_owe:
                followed = self._follow(job)
                if followed is None:
                    return None
                job, owed_since = followed, self._clock.now()
                may_owe = max(OWED, SPARED * (owed_since - begun))
        return job

    def _follow(self, job: Job) -> Job | None:
        """Bring the profiles up to date that a job owes; None where another worker has taken the job over."""
        if not _owing(job):
            return job
        parts, told = 0, self._clock.now()
        for at in self._kept.orders.follow(job.id):
            now = self._clock.now()
            if at.parts == parts and now - told < TOLD_EVERY:
                continue
            detail = f"Profiles follow: {at.customers:,} customers so far, {at.parts} of {at.of} parts."
            starts = 0 if at.parts > parts else job.starts
            job = msgspec.structs.replace(job, detail=detail, lease_until=now + LEASE, starts=starts)
            if not self._jobs.save(job):
                return None
            parts, told = at.parts, now
        return msgspec.structs.replace(job, detail="")

    def _source(self, job: Job, plan: Plan, place: Place, spool: IO[bytes]) -> "Reader | parquet.Rows":
        if plan.form.type == PARQUET:
            if not spool.tell():
                for piece in self._uploads.read(job.id):
                    spool.write(piece)
            return parquet.Rows(spool, plan.form.columns, place.order_offset)
        if plan.gzip or plan.encoding != UTF8:
            pieces = unpacked(
                self._uploads.read(job.id), gzip=plan.gzip, encoding=plan.encoding, offset=place.order_offset
            )
        else:
            pieces = self._uploads.read(job.id, place.order_offset)
        return Reader(pieces, plan.form, place)

    def _taker(self, job: Job, plan: Plan) -> Taker:
        dry = bool(job.subject.get("dry_run"))
        if job.kind == f"{_PREFIX}orders":
            return OrderTaker(self._kept, plan, job.created_at, job.subject["file"], dry=dry, owing=_owing(job))
        kind = CustomerTaker if job.kind == f"{_PREFIX}customers" else ProductTaker
        return kind(self._kept, plan, job.created_at, dry=dry)

    def _keep_bad(self, job: Job, batch: Sequence[Record], outcome: Outcome) -> None:
        if not outcome.errors:
            return
        records = {record.line: record for record in batch}
        first = {error.line: error for error in reversed(outcome.errors)}
        bad = [
            BadRow(
                line=line, field=error.field, reason=error.reason, kind=error.kind,
                cells=records[line].cells, raw=records[line].raw,
            )
            for line, error in sorted(first.items())
        ]  # fmt: skip
        self._bad_rows.add(job.id, bad, job.created_at)

    def _advanced(self, job: Job, outcome: Outcome, place: Place) -> Job:
        bad = {error.line: error.kind for error in reversed(outcome.errors)}
        subject = job.subject
        if outcome.preview and len(subject.get("preview", [])) < PREVIEW:
            subject = subject | {"preview": [*subject.get("preview", []), *outcome.preview][:PREVIEW]}
        return msgspec.structs.replace(
            job,
            done=job.done + outcome.rows,
            good=job.good + outcome.rows - len(bad),
            bad=job.bad + len(bad),
            refused=dict(Counter(job.refused) + Counter(bad.values())),
            notes=dict(Counter(job.notes) + Counter(outcome.notes)),
            errors=[*job.errors, *sorted(outcome.errors, key=lambda error: error.line)][:MAX_ERRORS],
            subject=subject,
            checkpoint=msgspec.to_builtins(place),
            lease_until=self._clock.now() + LEASE,
            starts=0,
        )

    def _end(self, job: Job, state: JobState, detail: str = "") -> Job | None:
        """Say that a job is over when nothing is owed any more."""
        followed = self._follow(job)
        return None if followed is None else self._over(followed, state, detail)

    def _over(self, job: Job, state: JobState, detail: str = "") -> Job | None:
        now = self._clock.now()
        job = msgspec.structs.replace(job, state=state, detail=detail, finished_at=now, total=job.done)
        if not self._jobs.save(job):
            return None
        self._uploads.remove(job.id)
        return job


class _Pace:
    """How many rows to take at once."""

    def __init__(self, rows: int, most: int) -> None:
        self.rows = rows
        self._most = most

    def learn(self, rows: int, took: timedelta) -> None:
        """After a batch of so many that took so long."""
        fitting = int(rows * PACE / took) if took else self._most
        self.rows = max(1, min(fitting, 2 * rows, self._most))


def _owing(job: Job) -> str:
    """The job that owes profiles: this one, where it brings many orders."""
    return job.id if job.subject.get("owing") else ""


def _batches(taker: Taker, records: Iterator[Record], again: bool, pace: _Pace) -> Iterator[tuple[Batch, Place]]:
    """Records that were not taken yet, and from where to read on after each batch of them."""
    fresh = (seen for record in records if (seen := taker.see(record)) is not None)
    while batch := list(islice(fresh, pace.rows)):
        yield taker.ready(batch, again=again), taker.place(batch[-1], again=again)


_NOT_WHOLE = "The file was not kept whole. Send it again; what went in stays as it is."


def _subject(plan: Plan, header: Sequence[str], digest: str, size: int) -> dict[str, Any]:
    return {
        "plan": msgspec.to_builtins(plan),
        "file": plan.file(digest),
        "bytes": size,
        "ignored_columns": left_aside(plan.map, header),
    }
