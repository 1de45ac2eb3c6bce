"""What the indexes on customers cost each order: the write that follows it, with all of them and without each.

An order changes its customer's profile (storage/profiles.py) and takes the outlook away (`scores.lapse`); the same bulk
of such writes is done again and again, with all indexes, and without one of them, in turn.
"""

from datetime import timedelta
from functools import partial
from statistics import median
from typing import Any

import click
from pymongo import UpdateOne

from bench._crowd import fill
from bench._ground import ground, pick_engine
from bench._meter import Cost, measured, table
from storage.indexes import declared, ensure
from storage.mongo import Document
from wiring import Services

SIZES = {"engine": 10_000, "embedded": 500}
ROUNDS = 3
BULK = 1_000
HOUR = timedelta(hours=1)


@click.command()
@click.option("--customers", type=click.IntRange(10), help="How many; 10,000 on a real engine, else 500.")
def command(customers: int | None) -> None:
    """A write to each customer's profile, with the indexes there are, and without each of them."""
    engine = pick_engine()
    size = customers or SIZES[engine]
    fields = [index.keys for index in declared() if index.collection == "customers"]
    with ground() as services:
        fill(services.database, size, services.clock.now())
        costs: dict[str, list[Cost]] = {"all": []} | {_named(keys): [] for keys in fields} | {"none": []}
        for number in range(ROUNDS):
            costs["all"].append(_written(services, number))
            for keys in fields:
                costs[_named(keys)].append(_without(services, number, [keys]))
            costs["none"].append(_without(services, number, fields))
    whole = _typical(costs["all"])
    rows = [
        (f"without {name}", f"{_typical(found) / size * 1e6:6.0f} µs  {1 - _typical(found) / whole:6.1%} less")
        for name, found in costs.items()
        if name != "all"
    ]
    about = f"indexes on customers: {size:,} profiles written, CPU of MongoDB each, on {engine}"
    table(about, [("with all", f"{whole / size * 1e6:6.0f} µs"), *rows])


def _named(keys: list[tuple[str, int]]) -> str:
    return ", ".join(field for field, _ in keys)


def _typical(costs: list[Cost]) -> float:
    """Seconds of the server's CPU, or by the clock where nobody tells."""
    return median(cost.servers or cost.wall for cost in costs)


def _without(services: Services, number: int, gone: list[list[tuple[str, int]]]) -> Cost:
    """The same writes without some indexes, which are put back."""
    customers = services.database["customers"]
    for keys in gone:
        customers.drop_index(keys)
    cost = _written(services, number)
    ensure(services.database)
    return cost


def _written(services: Services, number: int) -> Cost:
    """Each customer orders once more; what they had of scores before, they have again before the next time."""
    customers = services.database["customers"]
    rows = list(customers.find({}, {"profile": 1}))
    later = services.clock.now() + number * HOUR
    _write(services, [UpdateOne({"_id": row["_id"]}, {"$set": {"scores": _scores(row, number)}}) for row in rows])
    updates = [UpdateOne({"_id": row["_id"]}, _ordered(row, later)) for row in rows]
    return measured(partial(_write, services, updates))


def _write(services: Services, updates: list[UpdateOne]) -> None:
    for start in range(0, len(updates), BULK):
        services.database["customers"].bulk_write(updates[start : start + BULK], ordered=False)


def _ordered(row: Document, at: Any) -> Document:
    profile = row["profile"]
    changed = {**profile, "orders": profile["orders"] + 1, "last_at": at}
    return {"$set": {"profile": changed}, "$unset": {"scores.lapse": ""}}


def _scores(row: Document, number: int) -> Document:
    last = row["profile"]["last_at"] + number * HOUR
    gone = {str(sure): last + sure * HOUR for sure in (50, 70, 80, 90, 95)}
    lapse = {"p_alive": 0.5, "next_at": last + 24 * HOUR, "late_at": last + 48 * HOUR, "gone": gone, "value": 1}
    return {"rfm": {"r": 1, "f": 1, "m": 1, "cell": "lost"}, "lapse": lapse}
