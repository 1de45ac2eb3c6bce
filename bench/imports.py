"""A file of orders through the importer: read, checked, put together, kept, and the customers' profiles with them.

Beside it, in the same run, a bare bulk load of the same documents into a collection with the same indexes: no file is
kept or read, no row is checked, no profile is worked out.
"""

import io
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial

import click

from bench._ground import ground, pick_engine
from bench._meter import Cost, measured, table
from bench._profile import Kinds, profiled
from common.jobs import Job
from storage.mongo import Document
from wiring import Services

SIZES = {"engine": 20_000, "embedded": 3_000}
HEAD = "order_id,customer_id,placed_at,product_id,quantity,unit_price,currency"
LINES = 2
BULK = 1_000
FIRST_DAY = date(2025, 1, 1)
KINDS: Kinds = {
    "reading the file": [("customers/reading.py", "records")],
    "checking rows": [("customers/importing.py", "_parsed")],
    "database: BSON, and waiting for it": [("pymongo/synchronous/mongo_client.py", "_retry_internal")],
    "putting orders together": [("storage/orders.py", "_wanted"), ("storage/orders.py", "_agreeing")],
    "documents to values and back": [("storage/mongo.py", "to_document"), ("storage/mongo.py", "from_document")],
}


@click.command()
@click.option("--orders", type=click.IntRange(1), help="How many; 20,000 on a real engine, else 3,000.")
@click.option("--profile", is_flag=True, help="Show where the time goes, instead of how much it is.")
def command(orders: int | None, profile: bool) -> None:
    """A file of orders of two lines each, a customer for every four."""
    engine = pick_engine()
    count = orders or SIZES[engine]
    with ground() as services:
        job = services.importer.start("orders", io.BytesIO(_file(count)), "text/csv")
        work = partial(_import, services, job)
        if profile:
            profiled(work, KINDS)
        else:
            _compare(services, engine, count, measured(work))


def _file(orders: int) -> bytes:
    rows = [HEAD]
    for number in range(orders):
        day = FIRST_DAY + timedelta(days=number % 300)
        customer = number % max(1, orders // 4)
        rows += [f"o{number},c{customer},{day},p{(number + line) % 97},1,19.99,EUR" for line in range(LINES)]
    return "\n".join(rows).encode()


def _import(services: Services, job: Job) -> None:
    done = services.importer.run(job.id)
    if done is None or done.state != "finished" or done.bad:
        raise click.ClickException(f"The import did not end well, so the figures mean nothing: {done}")


def _compare(services: Services, engine: str, count: int, ours: Cost) -> None:
    documents = list(services.database["orders"].find())
    indexes = services.database["orders"].index_information()
    for index in indexes.values():
        if index["key"] != [("_id", 1)]:
            services.database["bare"].create_index(list(index["key"]))
    bare = measured(partial(_bare, services, documents))
    table(
        f"imports: {count:,} orders of {LINES} rows each, on {engine}",
        [
            ("orders a second", f"{count / ours.wall:,.0f}   (bare load: {count / bare.wall:,.0f})"),
            ("CPU s of the app per 10,000", f"{ours.app * 10_000 / count:.2f}   ({bare.app * 10_000 / count:.2f})"),
            ("CPU s of MongoDB per 10,000", f"{ours.servers * 1e4 / count:.2f}   ({bare.servers * 1e4 / count:.2f})"),
            ("ratio to the bare load, wall", f"{ours.wall / bare.wall:.1f}"),
            ("ratio, CPU of app and servers", f"{(ours.app + ours.servers) / (bare.app + bare.servers):.1f}"),
        ],
    )


def _bare(services: Services, documents: Sequence[Document]) -> None:
    for start in range(0, len(documents), BULK):
        services.database["bare"].insert_many(documents[start : start + BULK], ordered=False)
