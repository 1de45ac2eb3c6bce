"""How good the outlooks are: fitted on the first half of real orders, compared with what happened in the second.

Beside BG/NBD stand the gaps that it falls back to, and what is commonly used instead: days since the last order.
"""

import importlib
import importlib.util
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
from scipy.stats import rankdata

from bench._meter import table
from bench._svg import Line, Panel, draw
from segments import bgnbd
from segments.bgnbd import Fit, Numbers
from segments.gaps import mean, still

REPOSITORY = Path(__file__).resolve().parents[1]
CDNOW = REPOSITORY / "cli" / "demo" / "data" / "CDNOW_sample.txt"
RETAIL = REPOSITORY.parent / "shared" / "data" / "orders" / "online_retail_uci352.parquet"
PICTURES = REPOSITORY / "docs" / "img"
WEEK = 7
TENTHS = 10
TOP = 0.2


class Split(NamedTuple):
    """Customers as they were at the cut, in weeks, and how many days they ordered on in the `span` weeks after it."""

    name: str
    x: Numbers
    tx: Numbers
    age: Numbers
    later: Numbers
    span: float


class Way(NamedTuple):
    """A way to rank customers by what to expect of them; `counts` where it says how many orders, too."""

    name: str
    score: Numbers
    counts: bool


@click.command()
@click.option(
    "--pictures", type=click.Path(path_type=Path, file_okay=False), help="Where to draw; docs/img draws anew."
)
def command(pictures: Path | None) -> None:
    """Outlooks on CDNOW and, where it is to be had, Online Retail: calibration and ranking in the second half."""
    for name, read in SOURCES.items():
        split = read()
        if split is None:
            click.echo(f"{name}: skipped, since {RETAIL} or pyarrow is not there\n")
            continue
        fit = bgnbd.fit(split.x, split.tx, split.age, np.ones(len(split.x)))
        ways = _ways(split, fit)
        _tell(split, fit, ways)
        if pictures:
            pictures.mkdir(parents=True, exist_ok=True)
            _picture(pictures / f"backtest-{name.lower().replace(' ', '-')}.svg", split, ways)


def cdnow() -> Split | None:
    """All 2,357 customers of the published sample; 39 weeks and 39 weeks."""
    days: dict[str, set[int]] = defaultdict(set)
    for line in CDNOW.read_text().splitlines():
        if len(fields := line.split()) == 5:
            days[fields[1]].add(date.fromisoformat(fields[2]).toordinal())
    return split("CDNOW", days, date(1997, 9, 30), date(1998, 6, 30))


def retail() -> Split | None:
    """All customers with invoices that are not cancellations; a year and a week, cut in the middle."""
    if not RETAIL.exists() or importlib.util.find_spec("pyarrow") is None:
        return None
    parquet = importlib.import_module("pyarrow.parquet")
    wanted = ["InvoiceNo", "InvoiceDate", "Quantity", "UnitPrice", "CustomerID"]
    days: dict[str, set[int]] = defaultdict(set)
    for batch in parquet.ParquetFile(RETAIL).iter_batches(50_000, columns=wanted):
        for number, at, quantity, price, customer in zip(*(column.tolist() for column in batch.columns), strict=True):
            if customer is not None and quantity > 0 and price > 0 and not number.startswith("C"):
                days[str(customer)].add(at.toordinal())
    return split("Online Retail", days, date(2011, 6, 6), date(2011, 12, 9))


SOURCES: dict[str, Callable[[], Split | None]] = {"CDNOW": cdnow, "Online Retail": retail}


def split(name: str, days: dict[str, set[int]], cut: date, end: date) -> Split:
    """Those who had ordered by the cut, with what was known then and what came later."""
    rows = []
    for bought in days.values():
        known = sorted(day for day in bought if day <= cut.toordinal())
        if known:
            later = sum(cut.toordinal() < day <= end.toordinal() for day in bought)
            rows.append((len(known) - 1, known[-1] - known[0], cut.toordinal() - known[0], later))
    x, tx, age, later_on = np.array(rows, dtype=float).T
    return Split(name, x, tx / WEEK, age / WEEK, later_on, (end - cut).days / WEEK)


def _ways(split: Split, fit: Fit) -> list[Way]:
    usual = float(split.tx.sum() / split.x.sum())
    silence = split.age - split.tx
    by_gaps = still(usual, split.x, split.tx, silence) * split.span / mean(usual, split.x, split.tx)
    return [
        Way("BG/NBD: orders expected", bgnbd.expected(fit.model, split.x, split.tx, split.age, split.span), True),
        Way("own gaps: orders expected", by_gaps, True),
        Way("days since last order", -silence, False),
    ]


def auc(score: Numbers, positive: Numbers) -> float:
    """How likely one who ordered again is ranked above one who did not; 0.5 is by chance (ties count half)."""
    ranks = rankdata(score)
    hits = positive.sum()
    return float((ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * (len(score) - hits)))


def gain(score: Numbers, later: Numbers) -> list[tuple[float, float]]:
    """The share of later orders that comes from the share of customers ranked highest; equals share what they have."""
    order = np.argsort(-score, kind="stable")
    ranked, values = score[order], later[order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    total = np.cumsum(values)[ends] / later.sum()
    return [(0.0, 0.0), *zip(((ends + 1) / len(score)).tolist(), total.tolist(), strict=True)]


def share_of(points: Sequence[tuple[float, float]], top: float) -> float:
    """Where the gain stands for the top share of customers."""
    across, up = zip(*points, strict=True)
    return float(np.interp(top, across, up))


def tenths(score: Numbers, later: Numbers) -> list[tuple[float, float]]:
    """By tenths of customers, from whom least is expected: orders expected, and orders placed, of one customer."""
    parts = np.array_split(np.argsort(score, kind="stable"), TENTHS)
    return [(float(score[part].mean()), float(later[part].mean())) for part in parts]


def _tell(split: Split, fit: Fit, ways: Sequence[Way]) -> None:
    again = split.later > 0
    r, alpha, a, b = fit.model
    rows = [
        ("customers", f"{len(split.x):,}, of whom {again.sum():,} ordered again in {split.span:.0f} weeks"),
        ("r, alpha, a, b", f"{r:.3f}, {alpha:.3f} weeks, {a:.3f}, {b:.3f}; log-likelihood {fit.log_likelihood:,.1f}"),
    ]
    for way in ways:
        told = (
            f"AUC {auc(way.score, again):.3f}, top fifth {share_of(gain(way.score, split.later), TOP):5.1%} of orders"
        )
        if way.counts:
            told += f", expected {way.score.sum():,.0f} of {split.later.sum():,.0f}"
            told += f", off by {np.abs(way.score - split.later).mean():.3f} a customer"
        rows.append((way.name, told))
    for number, (expected, placed) in enumerate(tenths(ways[0].score, split.later), start=1):
        rows.append((f"tenth {number}", f"expected {expected:6.3f}   placed {placed:6.3f}"))
    table(f"backtest: {split.name}", rows)


def _picture(place: Path, split: Split, ways: Sequence[Way]) -> None:
    found = tenths(ways[0].score, split.later)
    top = max(max(pair) for pair in found)
    calibration = Panel(
        title="Calibration, by tenths of customers",
        across="orders expected of one",
        up="orders placed",
        lines=[Line(ways[0].name, found), Line("as expected", [(0, 0), (top, top)], dashed=True)],
    )
    ranking = Panel(
        title="Ranking: who orders again",
        across="share of customers, the best first",
        up="share of their later orders",
        lines=[
            *(Line(way.name, _thinned(gain(way.score, split.later)), "days" in way.name) for way in ways),
            Line("by chance", [(0, 0), (1, 1)], dashed=True),
        ],
    )
    about = "; ".join(f"expected {expected:.2f}, placed {placed:.2f}" for expected, placed in found)
    draw(
        place,
        f"{split.name}: fitted on the first half, compared with the second",
        f"By tenths: {about}.",
        [calibration, ranking],
    )


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A point for each hundredth of customers."""
    across, up = zip(*points, strict=True)
    return [(part / 100, float(np.interp(part / 100, across, up))) for part in range(101)]
