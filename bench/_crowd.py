"""A crowd of customers with the orders of years, put straight into the collections in the form that Encore keeps.

Everybody orders at a rate of their own and leaves with a probability of their own, as people do; a shop's worth of
profiles is worked out here, from the same numbers as the orders, and a few are compared with what Encore makes of them.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import click
import numpy as np
from numpy.typing import NDArray
from pymongo import WriteConcern

from bench._outlooks import basis_of, score
from customers.orders import Order
from customers.profile import Profile, reckon
from storage.mongo import Document, Mongo, from_document

CHUNK = 20_000
BULK = 2_000
YEARS = 3
PRODUCTS = 500
COMPARED = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Rates by a gamma distribution, in days; leaving by a beta distribution: some five orders each in the end.
RATE, SCALE, LEAVES, STAYS = 0.8, 56.0, 0.8, 6.0


class Placed(NamedTuple):
    """An order, bare: seconds since 1970, which product, how many, minor units in all."""

    at: int
    product: int
    quantity: int
    total: int


def fill(database: Mongo, customers: int, now: datetime) -> int:
    """Put so many customers with scores, and their orders, in; how many orders."""
    unsafe = WriteConcern(w=1, j=False)
    people = database.get_collection("customers", write_concern=unsafe)
    orders = database.get_collection("orders", write_concern=unsafe)
    count = 0
    for start in range(0, customers, CHUNK):
        histories = list(_histories(start, min(CHUNK, customers - start), now))
        documents = [_customer(start + place, placed) for place, placed in enumerate(histories)]
        rows = [row for place, placed in enumerate(histories) for row in _orders(start + place, placed)]
        if not start:
            _compare(documents, rows)
            basis = basis_of(documents, now)
        score(documents, basis)
        for first in range(0, len(documents), BULK):
            people.insert_many(documents[first : first + BULK], ordered=False)
        for first in range(0, len(rows), BULK):
            orders.insert_many(rows[first : first + BULK], ordered=False)
        count += len(rows)
        click.echo(f"  {start + len(histories):,} customers, {count:,} orders", err=True)
    return count


def _histories(seed: int, number: int, now: datetime) -> Iterator[list[Placed]]:
    """The orders of so many customers, each in the order of time."""
    random = np.random.default_rng(seed)
    horizon = YEARS * 365.0
    age = random.uniform(0, horizon, number)
    rate = np.maximum(random.gamma(RATE, 1 / SCALE, number), 1e-9)
    leaves = random.beta(LEAVES, STAYS, number)
    usual = 2_000 * random.lognormal(0, 0.6, number)
    times: list[list[float]] = [[0.0] for _ in range(number)]
    since = np.zeros(number)
    still = np.flatnonzero(random.random(number) >= leaves)
    while len(still):
        since[still] += random.exponential(1.0, len(still)) / rate[still]
        still = still[since[still] < age[still]]
        for place in still.tolist():
            times[place].append(float(since[place]))
        still = still[random.random(len(still)) >= leaves[still]]
    begun = now.timestamp() - age * 86_400
    for place in range(number):
        yield _placed(random, times[place], float(begun[place]), float(usual[place]))


def _placed(random: np.random.Generator, times: list[float], begun: float, usual: float) -> list[Placed]:
    size = len(times)
    products: NDArray[Any] = random.integers(0, PRODUCTS, size)
    quantities: NDArray[Any] = random.integers(1, 4, size)
    worth = np.maximum(usual * random.gamma(4.0, 0.25, size), 100).astype(int)
    rows = zip(times, products.tolist(), quantities.tolist(), worth.tolist(), strict=True)
    return [Placed(int(begun + at * 86_400), product, count, each * count) for at, product, count, each in rows]


def _orders(number: int, placed: list[Placed]) -> list[Document]:
    return [
        {
            "_id": f"o{number:08}-{place}",
            "customer_id": f"c{number:08}",
            "placed_at": EPOCH + timedelta(seconds=one.at),
            "currency": "EUR",
            "total": one.total,
            "lines": [
                {"product_id": f"p{one.product:03}", "quantity": one.quantity, "unit_price": one.total // one.quantity}
            ],
            "version": 1,
        }
        for place, one in enumerate(placed)
    ]


def _customer(number: int, placed: list[Placed]) -> Document:
    days = sorted({one.at // 86_400 for one in placed})
    spend, count = sum(one.total for one in placed), len(placed)
    first, last = (EPOCH + timedelta(seconds=placed[end].at) for end in (0, -1))
    profile = {
        "orders": count,
        "days": len(days),
        "spend": {"EUR": spend},
        "first_at": first,
        "last_at": last,
        "products": sorted({f"p{one.product:03}" for one in placed}),
        "counts": {"EUR": count},
        "average": {"EUR": (2 * spend + count) // (2 * count)},
    }
    if len(days) > 1:
        profile["gap_days"] = (days[-1] - days[0]) / (len(days) - 1)
    return {
        "_id": f"c{number:08}",
        "first_name": f"Ana{number}",
        "locale": "en" if number % 3 else "de",
        "country": "PT" if number % 5 else "DE",
        "addresses": {"email": [f"c{number}@example.com"]},
        "preferred": ["email"],
        "consents": {"email": {"marketing": {"state": "granted", "at": first, "how": "file", "source": "import"}}},
        "tags": ["vip"] if number % 50 == 0 else [],
        "profile": profile,
        "rolled": {"days_of": days, "good_at": last, "by": "generated"},
        "created_at": first,
        "updated_at": last,
        "version": 1,
    }


def _compare(documents: list[Document], rows: list[Document]) -> None:
    """The first few as Encore would have made them of their orders, so that what is measured is what is kept."""
    for document in documents[:COMPARED]:
        orders = [from_document(row, Order) for row in rows if row["customer_id"] == document["_id"]]
        if reckon(orders) != from_document(document["profile"], Profile):
            raise click.ClickException(f"Generated otherwise than kept: {document}")
