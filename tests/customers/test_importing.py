"""Files go in whole, once, whatever happens to the worker."""

import io
import os
import random
import signal
import subprocess
import sys
import time
import tracemalloc
import zlib
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import unquote

import msgspec
import pytest
from pymongo.errors import PyMongoError

from common.errors import Invalid, NotFound
from common.jobs import MAX_ERRORS, Job
from customers import importing
from customers.columns import Kind
from customers.profile import reckon
from storage.jobs import MongoJobs
from storage.outages import as_unavailable
from tests.api.cuttable import Relay
from tests.support.clock import ManualClock
from wiring import Services

HEAD = "order_id,customer_id,placed_at,product_id,quantity,unit_price,currency"


def start(services: Services, kind: Kind, text: str, content_type: str = "text/csv") -> Job:
    return services.importer.start(kind, io.BytesIO(text.encode()), content_type)


def taken(services: Services, kind: Kind, text: str, content_type: str = "text/csv") -> Job:
    job = services.importer.run(start(services, kind, text, content_type).id)
    assert job is not None
    assert job == services.jobs.get(job.id)
    return job


def orders_file(count: int, seed: int = 7) -> str:
    """Orders of three lines each, the lines far apart."""
    rng = random.Random(seed)
    rows = [
        f"o{order},c{order % 40},2025-0{1 + order % 9}-1{line},p{order % 5}-{line},{1 + line},{order}.50,EUR"
        for line in range(3)
        for order in range(count)
    ]
    rng.shuffle(rows)
    return "\n".join([HEAD, *rows])


def everything(services: Services) -> dict[str, list[object]]:
    """All that is kept of orders and customers."""
    names = ("orders", "customers", "consents", "events")
    return {name: list(services.database[name].find({}).sort("_id", 1)) for name in names}


def test_the_lines_of_an_order_come_together_and_the_same_file_changes_nothing(services: Services) -> None:
    text = orders_file(400)  # 1,200 rows: several batches
    job = taken(services, "orders", text)
    assert (job.state, job.done, job.good, job.bad, job.total) == ("finished", 1_200, 1_200, 0, 1_200)
    order = services.orders.get(["o5"])["o5"]
    assert sorted(line.quantity for line in order.lines) == [1, 2, 3]
    assert order.total == 6 * 550
    for customer in services.customers.get([f"c{number}" for number in range(40)]).values():
        assert customer.profile == reckon(services.orders.of_customer(customer.id))
    before = everything(services)
    assert taken(services, "orders", text).good == 1_200
    assert everything(services) == before
    assert services.database["uploads"].count_documents({}) == 0


def test_a_customer_file_twice_changes_nothing(services: Services, clock: ManualClock) -> None:
    text = "customer_id,first_name,email,marketing_email\n" + "".join(
        f"c{number},Ana,ana{number}@example.com,yes\n" for number in range(700)
    )
    taken(services, "customers", text)
    before = everything(services)
    assert len(before["customers"]) == len(before["consents"]) == 700
    clock.advance(3_600)
    taken(services, "customers", text)
    assert everything(services) == before


def test_a_file_never_overrules_what_a_customer_said(services: Services, clock: ManualClock) -> None:
    head = "customer_id,email,marketing_email\n"
    taken(services, "customers", head + "ana,ana@example.com,yes\n")
    word = services.customers.get(["ana"])["ana"].consents["email"]["marketing"]
    clock.advance(60)
    denied = msgspec.structs.replace(word, state="denied", at=clock.now(), source="preferences")
    assert services.customers.set_consent("ana", "email", "marketing", denied)
    clock.advance(60)
    taken(services, "customers", head + "ana,ana@example.com,yes\n")
    assert services.customers.get(["ana"])["ana"].consents["email"]["marketing"] == denied
    taken(services, "customers", head + "bo,bo@example.com,yes\n")
    taken(services, "customers", head + "bo,bo@example.com,no\n")
    assert services.customers.get(["bo"])["bo"].consents["email"]["marketing"].state == "denied"


def test_bad_rows_are_reported_and_the_others_go_in(services: Services) -> None:
    text = "\n".join(
        [
            HEAD,
            "o1,ana,2026-01-01,cd,1,10.00,EUR",
            "o2,ana,someday,cd,1,10.00,EUR",
            "o3,ana,2026-01-01,cd,0,ten,EUR",
            'o4,"ana,2026-01-01,cd,1,10.00,EUR',
            "o1,bo,2026-01-01,cd,1,10.00,EUR",
            "o1,ana,2026-01-01,cd,1,10.00,USD",
            "$where,ana,2026-01-01,a.b,1,10.00,EUR",
            "o5,ana,2026-01-01",
            "o1,ana,2026-01-01,cd,1,10.00,EUR",
        ]
    )
    job = taken(services, "orders", text)
    assert [(error.line, error.field) for error in job.errors] == [
        (3, "placed_at"), (4, "quantity"), (5, ""), (6, "customer_id"), (7, "currency"), (9, ""),
    ]  # fmt: skip
    assert all(error.reason for error in job.errors)
    assert (job.done, job.good, job.bad) == (9, 3, 6)
    assert services.orders.get(["o1"])["o1"].total == 2_000
    assert services.orders.get(["$where"])["$where"].lines[0].product_id == "a.b"
    assert services.customers.get(["ana"])["ana"].profile.orders == 2


def test_only_the_first_bad_rows_are_listed_and_all_are_counted(services: Services) -> None:
    job = taken(services, "customers", "customer_id,email\n" + "a,nobody\n" * 1_200)
    assert (job.bad, len(job.errors), job.state) == (1_200, MAX_ERRORS, "finished")


def test_objects_and_products_go_in_too(services: Services) -> None:
    line = '{"product_id": "cd", "name": "CD", "price": 9.99, "currency": "EUR", "stock": 3, "categories": ["a", "b"]}'
    job = taken(services, "products", line + "\n{}\nnull\n", "application/x-ndjson")
    assert (job.good, job.bad) == (1, 2)
    product = services.products.get(["cd"])["cd"]
    assert (product.price, product.stock, product.categories, product.version) == (999, 3, ["a", "b"], 1)
    taken(services, "products", line, "application/x-ndjson")
    assert services.products.get(["cd"])["cd"].version == 1


def test_a_file_that_cannot_be_one_leaves_nothing_behind(services: Services) -> None:
    for text in ("", "a,b\n1,2\n", HEAD.replace("currency", "order_id")):
        with pytest.raises(Invalid):
            start(services, "orders", text)
    assert services.database["uploads"].count_documents({}) == 0
    assert services.database["jobs"].count_documents({}) == 0


class Broken(io.RawIOBase):
    """A stream that breaks off."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces = iter([(HEAD + "\n").encode(), b"x" * 300_000])

    def read(self, size: int = -1) -> bytes:
        """The next piece, then an error."""
        for piece in self._pieces:
            return piece
        raise ConnectionResetError("gone")


def test_an_upload_that_breaks_off_leaves_nothing_behind(services: Services) -> None:
    with pytest.raises(ConnectionResetError):
        services.importer.start("orders", Broken(), "text/csv")
    assert services.database["uploads"].count_documents({}) == 0
    assert services.database["jobs"].count_documents({}) == 0


WORKER = """
import sys
from common.settings import Settings
from wiring import Services
import msgspec
settings = msgspec.json.decode(sys.stdin.read(), type=Settings)
Services(settings).importer.run(sys.argv[1])
"""


def test_a_worker_killed_half_way_is_taken_over_from_where_it_was(services: Services, clock: ManualClock) -> None:
    text = orders_file(500)
    clock.set(datetime.now(UTC))  # the worker has a real clock
    job = start(services, "orders", text)
    worker = subprocess.Popen([sys.executable, "-c", WORKER, job.id], stdin=subprocess.PIPE, text=True)
    assert worker.stdin is not None
    worker.stdin.write(msgspec.json.encode(services.settings).decode())
    worker.stdin.close()
    deadline = time.monotonic() + 60
    while (services.jobs.get(job.id) or job).done < 500 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    half = services.jobs.get(job.id)
    assert half is not None
    assert (half.state, 500 <= half.done < 1_500) == ("running", True)
    assert services.importer.run(job.id) is None  # its lease still stands
    clock.set(datetime.now(UTC))
    clock.advance(importing.LEASE.total_seconds() + 1)
    assert services.importer.ring_left_over() == 1
    finished = services.importer.run(job.id)
    assert finished is not None
    assert (finished.done, finished.good, finished.bad) == (1_500, 1_500, 0)
    clock.advance(600)
    services.orders.roll_up_left_over()
    assert services.database["orders"].count_documents({}) == 500
    assert all(len(order.lines) == 3 for order in services.orders.of_customer("c7"))
    for customer in services.customers.get([f"c{number}" for number in range(40)]).values():
        assert customer.profile == reckon(services.orders.of_customer(customer.id))
    assert services.importer.run(job.id) is None  # it is over


def test_an_outage_half_way_is_told_and_the_import_goes_on_after_it(services: Services, clock: ManualClock) -> None:
    class Cutting(MongoJobs):
        """The database goes away after the first batch."""

        def save(self, job: Job) -> bool:
            saved = super().save(job)
            if job.done:
                relay.cut()
            return saved

    text = "customer_id,first_name\n" + "".join(f"c{number},Ana\n" for number in range(1_200))
    job = start(services, "customers", text)
    address = services.settings.mongodb_url.removeprefix("mongodb://").partition("/")[0]
    host, _, port = address.partition(":")
    with Relay(unquote(address) if address.startswith("%2F") else (host, int(port))) as relay:
        url = f"mongodb://127.0.0.1:{relay.port}/?directConnection=true"
        far = Services(msgspec.structs.replace(services.settings, mongodb_url=url), clock)
        far.__dict__["jobs"] = Cutting(far.database)
        with pytest.raises(PyMongoError) as outage:
            far.importer.run(job.id)
        assert as_unavailable(outage.value) is not None
        far.close()
    clock.advance(importing.LEASE.total_seconds() + 1)
    finished = services.importer.run(job.id)
    assert finished is not None
    assert (finished.state, finished.good) == ("finished", 1_200)
    assert services.database["customers"].count_documents({}) == 1_200


def test_a_job_nobody_made_is_not_found(services: Services) -> None:
    with pytest.raises(NotFound):
        services.importer.run("nobody")


def test_a_file_that_was_not_kept_whole_fails_and_says_so(services: Services) -> None:
    job = start(
        services, "customers", "customer_id,first_name\n" + "".join(f"c{n},{'x' * 150}\n" for n in range(3_000))
    )
    assert services.database["uploads"].delete_one({"number": 1}).deleted_count == 1
    failed = services.importer.run(job.id)
    assert failed is not None
    assert (failed.state, "not kept whole" in failed.detail) == ("failed", True)


def test_a_job_that_was_begun_again_and_again_without_getting_on_is_given_up_and_says_so(
    services: Services, clock: ManualClock
) -> None:
    class Stuck(MongoJobs):
        """The worker dies before its first batch is noted."""

        def save(self, job: Job) -> bool:
            if job.done:
                raise MemoryError
            return super().save(job)

    job = start(services, "customers", "customer_id,first_name\nana,Ana\n")
    stuck = Services(services.settings, clock)
    stuck.__dict__["jobs"] = Stuck(stuck.database)
    for begun in range(1, importing.MAX_STARTS + 1):
        with pytest.raises(MemoryError):
            stuck.importer.run(job.id)
        assert services.importer.run(job.id) is None  # its lease still stands
        clock.advance(importing.LEASE.total_seconds() + 1)
        left = services.jobs.get(job.id)
        assert left is not None
        assert (left.state, left.starts) == ("running", begun)
        assert services.importer.ring_left_over() == 1
    failed = services.importer.run(job.id)  # it would go well now, but nobody knows that
    assert failed is not None
    assert failed == services.jobs.get(job.id)
    assert failed.state == "failed"
    assert failed.detail == f"Begun 20 times without getting on. The log has job={job.id}."
    assert services.importer.ring_left_over() == 0
    assert services.importer.run(job.id) is None
    assert services.database["uploads"].count_documents({}) == 0
    stuck.close()


def test_a_job_that_gets_on_each_time_is_never_given_up(services: Services, clock: ManualClock) -> None:
    class Slow(MongoJobs):
        """The worker dies after each batch."""

        def save(self, job: Job) -> bool:
            saved = super().save(job)
            if job.starts == 0 and job.state == "running":  # it got on
                raise MemoryError
            return saved

    batches = importing.MAX_STARTS + 5
    text = "customer_id,first_name\n" + "".join(f"c{number},Ana\n" for number in range(2 * batches))
    job = start(services, "customers", text)
    slow = Services(services.settings, clock)
    slow.__dict__["jobs"] = Slow(slow.database)
    for _ in range(batches):
        with pytest.raises(MemoryError):
            slow.importer.run(job.id, most=2)
        clock.advance(importing.LEASE.total_seconds() + 1)
    finished = slow.importer.run(job.id)
    assert finished is not None
    assert (finished.state, finished.good) == ("finished", 2 * batches)
    slow.close()


NAME = "Ana" * 60


class Endless(io.RawIOBase):
    """A long file that is made as it is read; `wrong` ones hold an address in every row that is none."""

    def __init__(self, rows: int, *, packed: bool, wrong: bool) -> None:
        super().__init__()
        self._rows = iter(range(rows))
        self._wrong = wrong
        self._head = True
        self._packer = zlib.compressobj(0, wbits=31) if packed else None  # gzip, as long as what is in it

    def read(self, size: int = -1) -> bytes:
        """The next thousand rows."""
        head, self._head = ("customer_id,first_name,email\n" if self._head else ""), False
        email = "none" if self._wrong else ""
        piece = (head + "".join(f"c{row % 50},{NAME},{email}\n" for row in islice(self._rows, 1_000))).encode()
        if self._packer is None:
            return piece
        return self._packer.compress(piece) + self._packer.flush(zlib.Z_SYNC_FLUSH) if piece else self._end()

    def _end(self) -> bytes:
        end = self._packer.flush() if self._packer else b""
        self._packer = None
        return end


def peak(services: Services, rows: int, *, packed: bool = False, wrong: bool = False) -> int:
    """The most memory, in bytes, that an import of so many rows held at once, its refused rows told included."""
    tracemalloc.start()
    job = services.importer.start("customers", Endless(rows, packed=packed, wrong=wrong), "text/csv")
    done = services.importer.run(job.id, most=importing.BATCH)
    assert sum(1 for _ in services.importer.bad_rows(job.id)) == (rows if wrong else 0)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert done is not None
    assert (done.state, done.done, done.bad) == ("finished", rows, rows if wrong else 0)
    return most


@pytest.fixture
def warm(services: Services) -> Services:
    """Services that have imported once, so that what is made once is made."""
    peak(services, 10, packed=True, wrong=True)
    return services


@pytest.mark.parametrize(("packed", "wrong"), [(False, False), (True, True)])
def test_memory_is_flat_however_long_the_file(warm: Services, packed: bool, wrong: bool) -> None:
    short = peak(warm, 2_000, packed=packed, wrong=wrong)  # 0.4 and 1.5 MB
    assert peak(warm, 8_000, packed=packed, wrong=wrong) < short + 500_000
