"""One order at a time over the API: `PUT /v1/orders/{id}` of a new order over HTTP, its customer's profile kept.

Beside it, each time by turns so that both meet the same moments: a bare `update_one` of a document of the same size, as
durable, from a client that does nothing else.
"""

import http.client
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import quantiles

import click
import orjson

from bench._api import HOST, served
from bench._ground import ground, pick_engine
from bench._meter import measured, table
from storage.mongo import Document, Documents
from wiring import Services

SIZES = {"engine": 2_000, "embedded": 200}
WARM = 50
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@click.command()
@click.option("--orders", type=click.IntRange(20), help="How many; 2,000 on a real engine, else 200.")
@click.option("--lines", default=2, show_default=True, type=click.IntRange(1), help="Of an order.")
def command(orders: int | None, lines: int) -> None:
    """New orders, one after the other, each waited for."""
    engine = pick_engine()
    count = orders or SIZES[engine]
    with ground() as services, served(services) as port:
        _, key = services.keys.create("bench", ["ingest"])
        shop = _Shop(port, key, services.database["bare"])
        shop.work(Random(1), range(-WARM, 0), lines)
        shop.ours.clear()
        shop.bare.clear()
        cost = measured(lambda: shop.work(Random(2), range(count), lines))
        _check(services, count + WARM)
        _print(engine, count, lines, shop.ours, shop.bare, cost.servers)


class _Shop:
    """A shop's system that puts orders, and notes the seconds each took."""

    def __init__(self, port: int, key: str, target: Documents) -> None:
        self._connection = http.client.HTTPConnection(HOST, port)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._target = target
        self.ours: list[float] = []
        self.bare: list[float] = []

    def work(self, chance: Random, numbers: Sequence[int], lines: int) -> None:
        """Put orders with these numbers, and update as many documents by hand."""
        for number in numbers:
            body = _body(chance, number, lines)
            self._put(f"o{number}", body)
            self._update(f"o{number}", {**body, "state": "placed"})

    def _put(self, order: str, body: Document) -> None:
        data = orjson.dumps(body)
        begun = time.perf_counter()
        self._connection.request("PUT", f"/v1/orders/{order}", data, self._headers)
        answer = self._connection.getresponse()
        told = answer.read()
        self.ours.append(time.perf_counter() - begun)
        if answer.status != 200:
            raise click.ClickException(f"An order was refused, so the figures mean nothing: {told!r}")

    def _update(self, order: str, document: Document) -> None:
        begun = time.perf_counter()
        self._target.update_one({"_id": order}, {"$set": document}, upsert=True)
        self.bare.append(time.perf_counter() - begun)


def _body(chance: Random, number: int, lines: int) -> Document:
    price = {"amount": 1_999, "currency": "EUR"}
    bought = [
        {"product_id": f"p{chance.randrange(500)}", "quantity": chance.randint(1, 3), "unit_price": price}
        for _ in range(lines)
    ]
    at = FIRST + timedelta(minutes=number)
    return {"customer_id": f"c{chance.randrange(500)}", "placed_at": at.isoformat(), "lines": bought}


def _check(services: Services, count: int) -> None:
    sums = services.database["customers"].aggregate([{"$group": {"_id": None, "orders": {"$sum": "$profile.orders"}}}])
    if (counted := next(iter(sums))["orders"]) != count:
        raise click.ClickException(f"The profiles count {counted} orders of {count}, so the figures mean nothing.")


def _print(engine: str, count: int, lines: int, ours: Sequence[float], bare: Sequence[float], servers: float) -> None:
    def both(percent: int) -> tuple[float, float]:
        return quantiles(ours, n=100)[percent - 1] * 1_000, quantiles(bare, n=100)[percent - 1] * 1_000

    rows = [
        (f"p{percent}, ms", "{:.1f}   (bare update_one: {:.1f})".format(*both(percent))) for percent in (50, 95, 99)
    ]
    mine, theirs = both(95)
    table(
        f"upserts: {count:,} orders of {lines} lines over HTTP, one after the other, on {engine}",
        [
            *rows,
            ("CPU s of API and MongoDB per 10,000", f"{servers * 10_000 / count:.1f}, the bare updates' with them"),
            ("ratio of p95", f"{mine / theirs:.1f}"),
        ],
    )
