"""The picture of how long counts take as a shop grows."""

from pathlib import Path

from bench._svg import Line, Panel, draw
from storage.mongo import Document


def growth(place: Path, known: list[Document]) -> None:
    """Milliseconds by customers, and by people found, of every run in the file; the last of each size counts."""
    runs = [one for _, one in sorted({one["customers"]: one for one in known}.items())]
    names = [row["rule"] for row in runs[-1]["counts"]]
    found = {
        name: [(run["customers"], row) for run in runs for row in run["counts"] if row["rule"] == name]
        for name in names
    }
    indexed = {name: any(row["index"] for _, row in rows) for name, rows in found.items()}
    panels = [
        Panel(
            title=f"Counts {'found by an index' if by_index else 'that look at every customer'}",
            across="customers in the shop",
            up="milliseconds",
            lines=[
                Line(name, [(size, row["ours"] * 1e3) for size, row in rows])
                for name, rows in found.items()
                if indexed[name] == by_index
            ],
            logarithmic=True,
        )
        for by_index in (True, False)
    ]
    about = "; ".join(f"{name}: {rows[-1][1]['ours'] * 1e3:.0f} ms at {rows[-1][0]:,}" for name, rows in found.items())
    draw(place, "How long a preview's count takes as the shop grows", about, panels)
