"""Segments on a large shop: counts and members beside the same asked by hand, scores beside the bare writes of them.

A generated shop is kept between runs where `--data` names a folder. What a rule says of indexes is compared with what
the database says it did.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

import click
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import UpdateOne

from bench._crowd import fill
from bench._ground import pick_engine
from bench._growth import growth
from bench._meter import table
from common.settings import PREFIX, load
from segments import statistics
from segments.lapse import Basis, History, LapseModel, Scored
from segments.nodes import Leaf
from storage.indexes import ensure
from storage.mongo import Document, Documents
from tests.support.servers import running
from wiring import Services

SIZES = {"engine": 10_000, "embedded": 1_000}
DAY = timedelta(days=1)
ROUNDS = 5
STREAMED = ("last order 90 to 365 days ago", "champions", "likely gone by 90 %")
# Of what takes longer than this many seconds, one round each is enough to see a ratio by.
LONG = 5.0
BULK = 2_000
# Of the bare updates of a large shop, so many chunks of customers stand for all.
CHUNK = 2_000
CHUNKS = 50


class Asked(NamedTuple):
    """A rule, and the same question as somebody who knows the documents would ask it by hand."""

    name: str
    rules: Document
    filter: Document


class Figure(NamedTuple):
    """Seconds of ours and of the bare way, and how much came out."""

    ours: float
    bare: float
    count: int

    @property
    def ratio(self) -> float:
        """Ours in terms of the bare one."""
        return self.ours / self.bare if self.bare else 0.0


@click.command()
@click.option("--customers", type=click.IntRange(10), help="How many; 10,000 on a real engine, else 1,000.")
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="Keep the shop here for another run.")
@click.option("--scores/--no-scores", default=True, help="Work everybody's scores out anew, or leave them.")
@click.option("--figures", type=click.Path(path_type=Path, dir_okay=False), help="Add the figures to this JSON file.")
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False), help="Draw how the figures there grow.")
def command(customers: int | None, data: Path | None, scores: bool, figures: Path | None, picture: Path | None) -> None:
    """Previews, members and scores of a generated shop with some five orders a customer."""
    engine = pick_engine()
    with _shop(data, customers or SIZES[engine]) as services:
        size = services.database["customers"].count_documents({})
        orders = services.database["orders"].count_documents({})
        told: Document = {"engine": engine, "customers": size, "orders": orders}
        scored = _scores(services) if scores else {}
        counts = _counts(services, engine)
        members = _members(services)
    _print(told, counts, members, scored)
    if figures:
        known = json.loads(figures.read_text()) if figures.exists() else []
        told |= {"counts": counts, "members": members, "scores": scored}
        figures.write_text(json.dumps([*known, told], indent=1))
        if picture:
            growth(picture, [*known, told])


@contextmanager
def _shop(data: Path | None, customers: int) -> Iterator[Services]:
    """The services of a shop with so many customers, generated unless it is there."""
    directory = data or Path(tempfile.mkdtemp(prefix="encore-"))  # a Unix socket's path must be short
    directory.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(directory / "logs", ignore_errors=True)  # the last run's says where its server was
    try:
        with running(directory) as servers:
            own = {"mongodb_url": servers.mongodb_url, "redis_url": servers.redis_url, "secret_keys": "bench" * 8}
            services = Services(load({PREFIX + name.upper(): text for name, text in own.items()}))
            if services.database["customers"].count_documents({}) != customers:
                services.database.client.drop_database(services.database)
                fill(services.database, customers, services.clock.now())
                ensure(services.database)  # afterwards: sorting once is quicker than to keep them in order
            yield services
            services.close()
    finally:
        if data is None:
            shutil.rmtree(directory, ignore_errors=True)


def _asked(services: Services) -> list[Asked]:
    now = services.clock.now()
    silent = {"$lte": now - 90 * DAY, "$gt": now - 366 * DAY}
    return [
        Asked(
            "last order 90 to 365 days ago",
            {"rule": "days_since_last_order", "at_least": 90, "at_most": 365},
            {"profile.last_at": silent},
        ),
        Asked("3 orders or more", {"rule": "profile_orders", "at_least": 3}, {"profile.orders": {"$gte": 3}}),
        Asked("20 orders or more", {"rule": "profile_orders", "at_least": 20}, {"profile.orders": {"$gte": 20}}),
        Asked("champions", {"rule": "rfm_cell", "any_of": ["champions"]}, {"scores.rfm.cell": {"$in": ["champions"]}}),
        Asked("likely gone", {"rule": "likely_gone"}, {"scores.lapse.gone.50": {"$lte": now}}),
        Asked(
            "likely gone by 90 %",
            {"rule": "likely_gone", "percent": 90},
            {"scores.lapse.gone.50": {"$lte": now}, "scores.lapse.gone.90": {"$lte": now}},
        ),
        Asked(
            "next order due in 14 days",
            {"rule": "next_order_due", "within_days": 14},
            {"scores.lapse.next_at": {"$gte": now, "$lte": now + 14 * DAY}},
        ),
        Asked(
            "later than usual for them",
            {"rule": "later_than_usual"},
            {"scores.lapse.next_at": {"$lte": now}, "scores.lapse.late_at": {"$lte": now}},
        ),
        Asked(
            "money score 4 or 5",
            {"rule": "rfm_score", "score": "money", "at_least": 4},
            {"scores.rfm.m": {"$gte": 4}},
        ),
        Asked(
            "an order a quarter expected",
            {"rule": "expected_orders", "days": 90, "at_least": 1.0},
            {"scores.lapse.expected.90": {"$gte": 1.0}},
        ),
        Asked("spent 500 or more", {"rule": "profile_spend", "currency": "EUR", "at_least": 50_000}, _spent(50_000)),
    ]


def _spent(least: int) -> Document:
    return {"profile.spend.EUR": {"$gte": least}}


def _counts(services: Services, engine: str) -> list[Document]:
    """Each rule's count beside the one by hand, in turn; and what answered it."""
    customers = services.database["customers"]
    found = []
    for asked in _asked(services):
        figure = _in_turn(
            partial(services.audience.count, asked.rules), partial(customers.count_documents, asked.filter)
        )
        says = _says(services, asked)
        row = {"rule": asked.name, **_told(figure), "index": says}
        if engine == "engine":
            row |= _explained(services, asked)
            if bool(says) != (row["used"] != ""):
                raise click.ClickException(f"{asked.name}: the rule says {says!r}, the database used {row['used']!r}")
        found.append(row)
    found.append({"rule": "2 orders in the last 90 days", **_told(_window(services)), "index": "orders.placed_at"})
    return found


def _window(services: Services) -> Figure:
    """Who ordered twice in a quarter: the rule beside the best pipeline known for it."""
    since = services.clock.now() - 90 * DAY
    by_hand: list[Document] = [
        {"$match": {"placed_at": {"$gt": since}, "state": {"$ne": "cancelled"}}},
        {"$group": {"_id": "$customer_id", "orders": {"$sum": 1}}},
        {"$match": {"orders": {"$gte": 2}}},
        {"$count": "customers"},
    ]

    def bare() -> int:
        rows = services.database["orders"].aggregate(by_hand, allowDiskUse=True)
        return sum(int(row["customers"]) for row in rows)

    rules = {"rule": "orders_lately", "days": 90, "at_least": 2}
    return _in_turn(partial(services.audience.count, rules), bare)


def _in_turn(ours: Callable[[], int], bare: Callable[[], int]) -> Figure:
    """The median of several rounds each; both must come to the same."""
    seconds: dict[str, list[float]] = {"ours": [], "bare": []}
    counts = set()
    for _ in range(ROUNDS):
        for name, work in (("ours", ours), ("bare", bare)):
            started = perf_counter()
            counts.add(work())
            seconds[name].append(perf_counter() - started)
        if sum(map(sum, seconds.values())) > 2 * LONG:
            break
    if max(counts) - min(counts) > max(counts) // 500:  # windows that end now move on by milliseconds
        raise click.ClickException(f"The rule and the same by hand find {counts}")
    return Figure(median(seconds["ours"]), median(seconds["bare"]), max(counts))


def _told(figure: Figure) -> Document:
    return {"ours": figure.ours, "bare": figure.bare, "count": figure.count, "ratio": round(figure.ratio, 2)}


def _says(services: Services, asked: Asked) -> str:
    tree = services.audience.tree(asked.rules)
    return tree.rule.index if isinstance(tree, Leaf) else ""


def _explained(services: Services, asked: Asked) -> Document:
    """The index that the database used for our pipeline, and how many keys and documents it looked at."""
    base = services.audience.plan(asked.rules).base
    pipeline: list[Document] = [*(base.counting() if base else []), {"$count": "matching"}]
    command = {"aggregate": "customers", "pipeline": pipeline, "cursor": {}}
    # The ends of open ranges are dates that Python does not have.
    lenient: CodecOptions[Document] = CodecOptions(datetime_conversion=DatetimeConversion.DATETIME_AUTO)
    explained = services.database.command("explain", command, verbosity="executionStats", codec_options=lenient)
    looked = list(_values(explained, "totalKeysExamined")), list(_values(explained, "totalDocsExamined"))
    used = sorted({name for name in _values(explained.get("queryPlanner") or explained, "indexName") if name != "_id_"})
    return {"used": ", ".join(used), "keys": max(looked[0], default=0), "documents": max(looked[1], default=0)}


def _values(value: Any, wanted: str) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == wanted:
                yield inner
            elif key != "rejectedPlans":
                yield from _values(inner, wanted)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner, wanted)


def _members(services: Services) -> list[Document]:
    """All members of some segments, streamed, beside a bare cursor over the same."""
    customers = services.database["customers"]
    found = []
    for asked in (one for one in _asked(services) if one.name in STREAMED):
        figure = _in_turn(
            partial(_drained, partial(services.audience.stream, asked.rules)),
            partial(_drained, partial(customers.find, asked.filter)),
        )
        found.append({"segment": asked.name, **_told(figure)})
    return found


def _drained(stream: Callable[[], Any]) -> int:
    return sum(1 for _ in stream())


def _scores(services: Services) -> Document:
    """Everybody's scores worked out and kept, from none, beside the bare bulk writes of the very same."""
    customers = services.database["customers"]
    while customers.find_one({"scores": {"$exists": True}}, {"_id": 1}):
        some = [row["_id"] for row in customers.find({"scores": {"$exists": True}}, {"_id": 1}).limit(CHUNKS * BULK)]
        customers.update_many({"_id": {"$in": some}}, {"$unset": {"scores": ""}})
    services.database["models"].delete_many({})
    timed = _Timed()
    with peak() as memory:
        started = perf_counter()
        while not services.refreshing.refresh(timed):
            pass
        ours, most = perf_counter() - started, memory()
    current = services.refreshing.current()
    if current is None or current.model is None or current.changed == 0:
        raise click.ClickException(f"Nothing was scored: {current}")
    seconds, number = _bare(customers)
    return {
        "customers": current.changed,
        "ours": round(current.changed / ours, 1),
        "bare": round(number / seconds, 1),
        "rate": round(current.changed / ours * seconds / number, 2),
        "fit_seconds": round(timed.fitting, 1),
        "scoring_seconds": round(timed.scoring, 1),
        "peak_mb": most,
        "model": current.model.kind,
        "histories": current.model.histories,
    }


class _Timed:
    """The statistics, with a watch."""

    def __init__(self) -> None:
        self.fitting = self.scoring = 0.0

    def fitted(self, *given: Any) -> LapseModel:
        started = perf_counter()
        found = statistics.fitted(*given)
        self.fitting += perf_counter() - started
        return found

    def scored(self, basis: Basis, histories: Sequence[History]) -> list[Scored]:
        started = perf_counter()
        found = statistics.scored(basis, histories)
        self.scoring += perf_counter() - started
        return found


def _bare(customers: Documents) -> tuple[float, int]:
    """Seconds that the bare updates of customers take, and of how many: of all, or of some chunks from everywhere.

    Taking their scores away before does not count.
    """
    with customers.find({}, {"_id": 1}).sort("_id", 1) as rows:
        starts = [row["_id"] for place, row in enumerate(rows) if place % CHUNK == 0]
    every = max(len(starts) // CHUNKS, 1)
    seconds, number = 0.0, 0
    for first in starts[::every]:
        updates = _updates(customers, first)
        started = perf_counter()
        for place in range(0, len(updates), BULK):
            customers.bulk_write(updates[place : place + BULK], ordered=False)
        seconds += perf_counter() - started
        number += len(updates)
    return seconds, number


def _updates(customers: Documents, first: str) -> list[UpdateOne]:
    """What gives a chunk of customers the scores that they have, which are taken away."""
    rows = list(customers.find({"_id": {"$gte": first}}, {"rolled.by": 1, "scores": 1}).sort("_id", 1).limit(CHUNK))
    customers.update_many({"_id": {"$gte": first, "$lte": rows[-1]["_id"]}}, {"$unset": {"scores": ""}})
    return [
        UpdateOne(
            {"_id": row["_id"], "rolled.by": row["rolled"]["by"]},
            {"$set": {f"scores.{name}": row["scores"][name] for name in ("rfm", "lapse")}},
        )
        for row in rows
    ]


@contextmanager
def peak() -> Iterator[Callable[[], float]]:
    """The most memory that this process held within the block, in MB more than at its beginning (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")
    before = _held("VmRSS")
    yield lambda: round((_held("VmHWM") - before) / 1024, 1)


def _held(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(name))


def _print(told: Document, counts: list[Document], members: list[Document], scores: Document) -> None:
    about = f"{told['customers']:,} customers, {told['orders']:,} orders, on {told['engine']}"
    rows = [
        (
            row["rule"],
            f"{row['count']:>9,}  {row['ours'] * 1e3:8.1f} ms (by hand {row['bare'] * 1e3:8.1f})"
            f"  ratio {row['ratio']:.2f}  {row['index'] or 'scans'}"
            + (f", {row['keys']:,} keys, {row['documents']:,} documents" if "keys" in row else ""),
        )
        for row in counts
    ]
    table(f"segments: counts, {about}", rows)
    streamed = [
        (
            row["segment"],
            f"{row['count']:>9,}  {row['count'] / row['ours']:,.0f} a second "
            f"(bare cursor {row['count'] / row['bare']:,.0f})  {row['bare'] / row['ours']:.2f} of it",
        )
        for row in members
    ]
    table("members, streamed", streamed)
    if not scores:
        return
    told_scores = [
        (
            "customers a second",
            f"{scores['ours']:,.0f}   (bare {scores['bare']:,.0f})",
        ),
        ("rate in terms of the bare one", f"{scores['rate']:.2f}"),
        ("memory at its peak", f"+{scores['peak_mb']} MB"),
        ("of it the fit, and the scores", f"{scores['fit_seconds']:,} s, {scores['scoring_seconds']:,} s"),
        ("model", f"{scores['model']}, fitted on {scores['histories']:,} distinct histories"),
    ]
    table("scores: recency, frequency, money and outlook, from none", told_scores)
