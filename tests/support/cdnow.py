"""The published CDNOW sample as the papers on BG/NBD cut it: fitted on weeks 1 to 39."""

from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).resolve().parents[2] / "cli" / "demo" / "data" / "CDNOW_sample.txt"
CUT = date(1997, 9, 30)


class Buyer(NamedTuple):
    """Repeat orders until the cut, ages in weeks of the latest and of the cut, mean dollars of a repeat order."""

    x: int
    tx: float
    age: float
    mean: float


def buyers() -> list[Buyer]:
    """All 2,357."""
    spent: dict[str, dict[date, float]] = defaultdict(lambda: defaultdict(float))
    for line in FILE.read_text().splitlines():
        if len(fields := line.split()) == 5:
            spent[fields[1]][date.fromisoformat(fields[2])] += float(fields[4])
    return [_buyer(days) for days in spent.values()]


def _buyer(days: dict[date, float]) -> Buyer:
    known = sorted(day for day in days if day <= CUT)
    again = [days[day] for day in known[1:]]
    weeks = [(day - known[0]).days / 7 for day in (known[-1], CUT)]
    return Buyer(len(again), *weeks, sum(again) / len(again) if again else 0.0)
