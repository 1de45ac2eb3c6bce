"""Imports: a file comes in, is kept, and is taken in by a worker, batch by batch, from wherever the last one stopped.

A batch is written before the job's checkpoint moves past it, and writing it twice changes nothing. So a worker
may die anywhere: the next one repeats at most one batch.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import IO, Protocol, TypeVar, cast

import msgspec

from common.clock import Clock
from common.doorbell import Doorbell
from common.errors import Invalid, NotFound
from common.ids import new_id
from common.jobs import MAX_ERRORS, Job, Jobs, JobState, RowError
from customers.catalogue import Products
from customers.customer import Customers
from customers.imports import COLUMNS, Kind, complete, customer, order_row, product
from customers.orders import OrderFiles, OrderRow
from customers.reading import TYPES, Place, Reader, Record, check_head

log = logging.getLogger(__name__)
T = TypeVar("T")

_PREFIX = "import_"
BATCH = 500
PIECE = 256 * 1024
LEASE = timedelta(seconds=60)


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


class Importer:
    """Takes in files of customers, orders and products."""

    def __init__(
        self,
        uploads: Uploads,
        jobs: Jobs,
        customers: Customers,
        orders: OrderFiles,
        products: Products,
        doorbell: Doorbell,
        clock: Clock,
    ) -> None:
        self._uploads = uploads
        self._jobs = jobs
        self._customers = customers
        self._orders = orders
        self._products = products
        self._doorbell = doorbell
        self._clock = clock
        self._take: Mapping[Kind, Callable[[Job, Sequence[Record]], list[RowError]]] = {
            "customers": self._take_customers,
            "orders": self._take_orders,
            "products": self._take_products,
        }

    def start(self, kind: Kind, stream: IO[bytes], content_type: str) -> Job:
        """Keep a file and ask a worker for its import. Raises Invalid where it cannot be a file of this kind."""
        if content_type not in TYPES:
            raise Invalid.field("Content-Type", f"Must be {' or '.join(TYPES)}.")
        now = self._clock.now()
        upload = new_id()
        told = _Told()
        head = stream.read(PIECE)
        ignored = check_head(content_type, head, COLUMNS[kind])
        pieces = chain([head], iter(lambda: stream.read(PIECE), b""))
        size = self._uploads.keep(upload, told.passing(pieces), now)
        subject = {"type": content_type, "file": told.digest, "bytes": size, "ignored_columns": ignored}
        job = Job(id=upload, kind=_PREFIX + kind, total=told.lines, subject=subject, created_at=now)
        self._jobs.add(job)
        self._doorbell.ring("run_import", upload)
        return job

    def run(self, job_id: str) -> Job | None:
        """Take in what is left of a file; the job as it then is, or None where another worker has it or it is over."""
        now = self._clock.now()
        job = self._jobs.claim(job_id, new_id(), now, now + LEASE)
        if job is None:
            if self._jobs.get(job_id) is None:
                raise NotFound("job", job_id)
            return None
        job = msgspec.structs.replace(job, started_at=job.started_at or now)
        try:
            return self._run(job)
        except Invalid as error:
            return self._over(job, "failed", str(error))

    def ring_left_over(self, limit: int = 100) -> int:
        """Ring for the imports that nobody is at, because a doorbell was lost or a worker died; how many."""
        jobs = [job for job in self._jobs.left_over(self._clock.now(), limit) if job.kind.startswith(_PREFIX)]
        for job in jobs:
            self._doorbell.ring("run_import", job.id)
        return len(jobs)

    def _run(self, job: Job) -> Job | None:
        place = msgspec.convert(job.checkpoint, Place)
        reader = Reader(self._uploads.read(job.id, place.offset), job.subject["type"], place)
        records = reader.records()
        while batch := list(islice(records, BATCH)):
            errors = self._take[_kind(job)](job, batch)
            job = self._advanced(job, batch, errors)
            if not self._jobs.save(job):
                log.warning("import.lost", extra={"job": job.id})
                return None
        if reader.place.offset != job.subject["bytes"]:
            return self._over(job, "failed", "The file was not kept whole. Send it again; what went in stays as it is.")
        return self._over(job, "finished")

    def _over(self, job: Job, state: JobState, detail: str = "") -> Job | None:
        now = self._clock.now()
        job = msgspec.structs.replace(job, state=state, detail=detail, finished_at=now, total=job.done)
        if not self._jobs.save(job):
            return None
        self._uploads.remove(job.id)
        return job

    def _advanced(self, job: Job, batch: Sequence[Record], errors: Sequence[RowError]) -> Job:
        bad = {error.line: error.kind for error in reversed(errors)}
        return msgspec.structs.replace(
            job,
            done=job.done + len(batch),
            good=job.good + len(batch) - len(bad),
            bad=job.bad + len(bad),
            refused=dict(Counter(job.refused) + Counter(bad.values())),
            errors=[*job.errors, *sorted(errors, key=lambda error: error.line)][:MAX_ERRORS],
            checkpoint=msgspec.to_builtins(batch[-1].after),
            lease_until=self._clock.now() + LEASE,
        )

    def _take_customers(self, job: Job, batch: Sequence[Record]) -> list[RowError]:
        good, errors = _parsed("customers", batch, lambda record: customer(record.values, job.created_at))
        self._customers.upsert(good)
        return errors

    def _take_orders(self, job: Job, batch: Sequence[Record]) -> list[RowError]:
        good: list[OrderRow]
        good, errors = _parsed("orders", batch, order_row)
        return errors + self._orders.add_rows(job.subject["file"], good)

    def _take_products(self, _: Job, batch: Sequence[Record]) -> list[RowError]:
        good, errors = _parsed("products", batch, lambda record: product(record.values))
        self._products.upsert(good)
        return errors


class _Told:
    """What is learnt of a file as it passes by."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.lines = 0

    @property
    def digest(self) -> str:
        """What tells this file from every other."""
        return self._hash.hexdigest()

    def passing(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same pieces."""
        for piece in pieces:
            self._hash.update(piece)
            self.lines += piece.count(b"\n")
            yield piece


def _kind(job: Job) -> Kind:
    return cast(Kind, job.kind.removeprefix(_PREFIX))


def _parsed(kind: Kind, batch: Sequence[Record], parse: Callable[[Record], T]) -> tuple[list[T], list[RowError]]:
    """The rows that are good, and what is wrong with the others."""
    good: list[T] = []
    errors: list[RowError] = []
    for record in batch:
        try:
            complete(kind, record)
            good.append(parse(record))
        except Invalid as error:
            errors += [
                RowError(line=record.line, field=field, reason=" ".join(reasons))
                for field, reasons in error.fields.items()
            ]
    return good, errors
