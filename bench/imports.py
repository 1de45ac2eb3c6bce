"""A file of orders through the importer: read, checked, put together, kept, and the customers' profiles with them.

The importer is a process of its own, as a worker is. Beside it, in the same run, a bare bulk load of the same documents
into a collection with the same indexes: no file is kept or read, no row is checked, no profile is worked out.
"""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from typing import IO, cast

import click
import msgspec

from bench._ground import ground, pick_engine
from bench._importer import Report
from bench._meter import Cost, measured, table
from bench._profile import Kinds, profiled
from common.jobs import Job
from storage.mongo import Document
from wiring import Services

REPOSITORY = Path(__file__).resolve().parents[1]
SIZES = {"engine": 20_000, "embedded": 3_000}
HEAD = "order_id,customer_id,placed_at,product_id,quantity,unit_price,currency\n"
# As many documents as the bare load sends at once, and as many as are held while it is fed.
BULK = 1_000
HELD = 20_000
PRODUCTS = 2_000
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=700)
KINDS: Kinds = {
    "reading the file": [("customers/reading.py", "records")],
    "checking rows": [("customers/importing.py", "_parsed")],
    "database: BSON, and waiting for it": [("pymongo/synchronous/mongo_client.py", "_retry_internal")],
    "putting orders together": [("storage/orders.py", "_wanted"), ("customers/agreeing.py", "agreeing")],
    "adding to profiles": [("customers/profile.py", "added")],
    "documents to values and back": [("storage/mongo.py", "to_document"), ("storage/mongo.py", "from_document")],
}


class Shape(msgspec.Struct, frozen=True):
    """How many orders, of how many customers, of how many lines each."""

    orders: int
    customers: int
    lines: int


@click.command()
@click.option("--orders", type=click.IntRange(1), help="How many; 20,000 on a real engine, else 3,000.")
@click.option("--customers", type=click.IntRange(1), help="Of how many people; a fifth as many.")
@click.option("--lines", default=2, show_default=True, type=click.IntRange(1), help="Of an order; each is a row.")
@click.option("--profile", is_flag=True, help="Show where the time goes, instead of how much it is.")
def command(orders: int | None, customers: int | None, lines: int, profile: bool) -> None:
    """A file of orders in the sequence in which they were placed, as a shop's export is."""
    engine = pick_engine()
    count = orders or SIZES[engine]
    shape = Shape(count, customers or max(1, count // 5), lines)
    with ground() as services:
        job = services.importer.start("orders", cast(IO[bytes], File(shape)), "text/csv")
        if profile:
            profiled(partial(_import, services, job), KINDS)
        else:
            _compare(services, engine, shape, job)


class File(io.RawIOBase):
    """The file, made as it is read, so that nobody holds it."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self._rows = _rows(shape)
        self._rest = HEAD.encode()

    def read(self, size: int = -1) -> bytes:
        """Some thousand rows."""
        data = self._rest + "".join(islice(self._rows, 4_000)).encode()
        self._rest = b""
        return data


def _rows(shape: Shape) -> Iterator[str]:
    chance = Random(f"{shape}")
    for number in range(shape.orders):
        at = (FIRST + SPAN * number / shape.orders).strftime("%Y-%m-%dT%H:%M:%SZ")
        customer = chance.randrange(shape.customers)
        for _ in range(shape.lines):
            yield f"o{number},c{customer},{at},p{chance.randrange(PRODUCTS)},{chance.randint(1, 3)},19.99,EUR\n"


def _import(services: Services, job: Job) -> None:
    done = services.importer.run(job.id)
    _check(done.state if done else "", done.bad if done else 0)


def _check(state: str, bad: int) -> None:
    if state != "finished" or bad:
        raise click.ClickException(f"The import did not end well, so the figures mean nothing: {state}, {bad} bad.")


def _compare(services: Services, engine: str, shape: Shape, job: Job) -> None:
    command = [sys.executable, "-m", "bench._importer", job.id]
    told: list[str] = []

    def work() -> None:
        environment = {**os.environ, **services.settings.environment}
        ran = subprocess.run(command, env=environment, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
        told.append(ran.stdout.decode())

    servers = measured(work).servers
    ours = msgspec.json.decode(told[0], type=Report)
    _check(ours.state, ours.bad)
    _count(services, shape)
    _print(engine, shape, ours, servers, _bare(services))


def _count(services: Services, shape: Shape) -> None:
    """Refuse to tell figures of work that was not done."""
    kept = services.database["orders"].count_documents({})
    sums = services.database["customers"].aggregate([{"$group": {"_id": None, "orders": {"$sum": "$profile.orders"}}}])
    counted = next(iter(sums))["orders"]
    if (kept, counted) != (shape.orders, shape.orders):
        raise click.ClickException(f"There are {kept} orders, and profiles that count {counted}.")


def _print(engine: str, shape: Shape, ours: Report, servers: float, bare: Cost) -> None:
    count = shape.orders
    per = 10_000 / count
    table(
        f"imports: {count:,} orders of {shape.lines} rows each, by {shape.customers:,} customers, on {engine}",
        [
            ("orders a second", f"{count / ours.wall:,.0f}   (bare load: {count / bare.wall:,.0f})"),
            ("CPU s of the app per 10,000", f"{ours.cpu * per:.2f}   ({bare.app * per:.2f})"),
            ("CPU s of MongoDB per 10,000", f"{servers * per:.2f}   ({bare.servers * per:.2f})"),
            ("memory of the importer", f"{ours.grown:,.0f} MB at its peak above the {ours.before:,.0f} before"),
            ("ratio to the bare load, wall", f"{ours.wall / bare.wall:.1f}"),
            ("ratio, CPU of app and servers", f"{(ours.cpu + servers) / (bare.app + bare.servers):.1f}"),
        ],
    )


def _bare(services: Services) -> Cost:
    """What it costs to insert the same documents, which are read in between."""
    target = services.database["bare"]
    for index in services.database["orders"].index_information().values():
        if index["key"] != [("_id", 1)]:
            target.create_index(list(index["key"]), sparse=index.get("sparse", False))
    total = Cost(wall=0, app=0, servers=0)
    with services.database["orders"].find() as found:
        while documents := list(islice(found, HELD)):
            total += measured(partial(_insert, services, documents))
    return total


def _insert(services: Services, documents: list[Document]) -> None:
    for start in range(0, len(documents), BULK):
        services.database["bare"].insert_many(documents[start : start + BULK], ordered=False)
