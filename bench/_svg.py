"""Line charts as SVG, small enough to be read in a diff: panels side by side, each with axes, lines and their names."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import msgspec

COLOURS = ("#8a2846", "#2b6a74", "#a8741a", "#59606b", "#5a4a8a", "#3f7d3a", "#b3542d", "#1f4f8f", "#1d2129")
LEFT, TOP, WIDTH, HEIGHT, APART, BELOW = 64, 70, 330, 240, 96, 74
ROW = 18
STYLE = (
    'text{font:12.5px -apple-system,BlinkMacSystemFont,"Segoe UI","Noto Sans",Helvetica,Arial,sans-serif;fill:#3d434d}'
    ".head{font-size:17px;font-weight:600;fill:#1d2129}.name{font-size:14px;font-weight:600;fill:#1d2129}"
    ".middle{text-anchor:middle}.end{text-anchor:end}.grid{stroke:#e4dfd3}.line{fill:none;stroke-width:2}"
)


class Line(msgspec.Struct, frozen=True):
    """A line's name and its points; `dashed` for what others are measured against."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A chart: what it shows, the names of its axes, its lines; `logarithmic` on both axes."""

    title: str
    across: str
    up: str
    lines: Sequence[Line]
    logarithmic: bool = False


class _Axis(msgspec.Struct, frozen=True):
    """From values to places on paper."""

    low: float
    high: float
    start: float
    length: float
    logarithmic: bool

    def at(self, value: float) -> float:
        """Where a value stands."""
        low, high, here = (math.log10(one) if self.logarithmic else one for one in (self.low, self.high, value))
        return self.start + (here - low) / (high - low) * self.length

    def ticks(self) -> list[float]:
        """Round values to name."""
        if self.logarithmic:
            powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
            return [10.0**power for power in powers if self.low <= 10.0**power <= self.high]
        step = 10.0 ** math.floor(math.log10(self.high - self.low))
        step = next(size * step for size in (0.1, 0.2, 0.5, 1, 2) if (self.high - self.low) / (size * step) <= 6)
        return [round(number * step, 10) for number in range(int(self.high / step) + 1)]


def draw(place: Path, title: str, about: str, panels: Sequence[Panel]) -> None:
    """Write the picture; `about` is for those who cannot see it."""
    legend = max(len(panel.lines) for panel in panels) * ROW
    width = LEFT + len(panels) * (WIDTH + APART) - APART + 40
    height = TOP + HEIGHT + BELOW + legend
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'role="img" aria-labelledby="title desc">',
        f'<title id="title">{escape(title)}</title><desc id="desc">{escape(about)}</desc><style>{STYLE}</style>',
        f'<rect x=".5" y=".5" width="{width - 1}" height="{height - 1}" rx="14" fill="#faf8f3" stroke="#dcd6c8"/>',
        _text(title, 24, 34, "head"),
        *(part for number, panel in enumerate(panels) for part in _panel(panel, LEFT + number * (WIDTH + APART))),
        "</svg>",
    ]
    place.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _panel(panel: Panel, left: float) -> Iterator[str]:
    points = [point for line in panel.lines for point in line.points]
    across, up = (
        _axis(panel, [x for x, _ in points], left, WIDTH),
        _axis(panel, [y for _, y in points], TOP + HEIGHT, -HEIGHT),
    )
    yield _text(panel.title, left, TOP - 10, "name")
    for tick in across.ticks():
        yield f'<path class="grid" d="M{across.at(tick):.1f} {TOP}v{HEIGHT}"/>'
        yield _text(_short(tick), across.at(tick), TOP + HEIGHT + 17, "middle")
    for tick in up.ticks():
        yield f'<path class="grid" d="M{left} {up.at(tick):.1f}h{WIDTH}"/>'
        yield _text(_short(tick), left - 7, up.at(tick) + 4, "end")
    yield _text(f"{panel.across}  →        ↑  {panel.up}", left + WIDTH / 2, TOP + HEIGHT + 38, "middle")
    for number, line in enumerate(panel.lines):
        colour, row = COLOURS[number % len(COLOURS)], TOP + HEIGHT + 58 + number * ROW
        dashes = ' stroke-dasharray="5 4"' if line.dashed else ""
        path = "L".join(f"{across.at(x):.1f} {up.at(y):.1f}" for x, y in line.points)
        yield f'<path class="line" stroke="{colour}"{dashes} d="M{path}"/>'
        yield f'<path class="line" stroke="{colour}"{dashes} d="M{left} {row}h26"/>'
        yield _text(line.name, left + 34, row + 4)


def _axis(panel: Panel, values: Sequence[float], start: float, length: float) -> _Axis:
    if panel.logarithmic:
        low, high = 10 ** math.floor(math.log10(min(values))), 10 ** math.ceil(math.log10(max(values)))
        return _Axis(low, max(high, low * 10), start, length, True)
    return _Axis(0.0, max(values) * 1.02, start, length, False)


def _text(words: str, x: float, y: float, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named}>{escape(words)}</text>'


def _short(number: float) -> str:
    if number >= 1_000:
        return f"{number / 1_000:g} k" if number < 1e6 else f"{number / 1e6:g} M"
    return f"{number:g}"
