"""Draws docs/img/packages.svg: the flow, and the packages with who imports whom, read from the packages as they are.

A package's words are its own docstring, its row comes from the law in setup.cfg, its lines from the import graph.
"""

import ast
import configparser
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import grimp

from docs.flow import flow, text

REPOSITORY = Path(__file__).resolve().parent.parent
PICTURE = REPOSITORY / "docs" / "img" / "packages.svg"
Rows = Sequence[Sequence[str]]
Imports = Mapping[str, frozenset[str]]

WIDTH, LEFT, RIGHT, TOP = 1080, 32, 690, 500
GAP, LINE = 18, 17
LANES, LANE = 714, 15
ASIDE = 908
# Dark enough to be told from the ground as a thin line, and unlike their neighbours.
COLOURS = (
    *("#5a6780", "#2563a8", "#0b7f86", "#7b6a58", "#2f7d45", "#b84a1f"),
    *("#94690c", "#a63a76", "#6d4bb0", "#bf3341", "#1f7a64", "#4a4f58"),
)
READING = (
    "Follow a line to the right and down: each dot is a package it imports. No line leads up.",
    "Above, a box has the colour of the package behind it.",
)
STYLE = """
text { font: 13px -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif }
text { fill: #3d434d }
.head { font-size: 19px; font-weight: 600; fill: #1d2129 }
.name { font-size: 14.5px; font-weight: 600; fill: #1d2129 }
.label { font-size: 12.5px; fill: #59606b }
.middle { text-anchor: middle }
.light { fill: #fff }
.own { fill: none; stroke-width: 1.4 }
.into { fill: none; stroke: #b9b3a5 }
.flow { fill: none; stroke: #59606b; stroke-width: 1.4 }
"""


class Box(NamedTuple):
    """A package in its place; `covered` when a peer stands between it and the lines on the right."""

    says: Sequence[str]
    colour: str
    x: int
    y: int
    width: int
    height: int
    covered: bool

    @property
    def into(self) -> int:
        """The height at which the line from its importers arrives."""
        return self.y - GAP // 2 if self.covered else self.y + self.height // 3

    @property
    def out(self) -> int:
        """The height at which its own line leaves: below the other, so that the two never cross."""
        return self.y + self.height + GAP // 2 if self.covered else self.y + self.height * 2 // 3


def rows() -> Rows:
    """The layers from the top; the module beside the packages stands where docs/architecture.md puts it."""
    law = configparser.ConfigParser()
    law.read(REPOSITORY / "setup.cfg")
    layers = law["importlinter:contract:law"]["layers"].split("\n")
    found = [[name.strip() for name in layer.split("|")] for layer in layers if layer.strip()]
    doors = found.index(["api"])
    return [*found[:doors], ["api", "worker"], *found[doors + 1 :]]


def answer(name: str) -> str:
    """The first sentence of a package's or module's docstring."""
    return (ast.get_docstring(_parsed(name)) or "").split("\n")[0].partition(". ")[0].rstrip(".").replace("->", "→")


def imports(names: Sequence[str]) -> Imports:
    """Who imports whom among these: packages by their import graph, single modules by their own import lines."""
    packages = [name for name in names if _source(name).name == "__init__.py"]
    graph = grimp.build_graph(*packages, include_external_packages=True, cache_dir=None)
    found = {name: set(_imported(name)) for name in names}
    for module in graph.modules:
        known = {other.partition(".")[0] for other in graph.find_modules_directly_imported_by(module)}
        found.setdefault(module.partition(".")[0], set()).update(known)
    return {name: frozenset(found[name] & set(names) - {name}) for name in names}


def _source(name: str) -> Path:
    package = REPOSITORY / name / "__init__.py"
    return package if package.exists() else REPOSITORY / f"{name}.py"


def _parsed(name: str) -> ast.Module:
    return ast.parse(_source(name).read_text(encoding="utf-8"))


def _imported(name: str) -> Iterator[str]:
    for node in ast.walk(_parsed(name)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def places(layers: Rows) -> dict[str, Box]:
    """Each package's box, row under row; rows are as high as the words in them."""
    found: dict[str, Box] = {}
    top = TOP
    for row in layers:
        width = (RIGHT - LEFT - GAP * (len(row) - 1)) // len(row)
        says = {name: _wrapped(answer(name), 78 if len(row) == 1 else 44) for name in row}
        lines = max(map(len, says.values())) + (len(row) > 1)
        height = 20 + LINE * lines
        for column, name in enumerate(row):
            x, covered = LEFT + column * (width + GAP), column < len(row) - 1
            found[name] = Box(says[name], COLOURS[len(found) % len(COLOURS)], x, top, width, height, covered)
        top += height + GAP
    return found


def _wrapped(words: str, most: int) -> list[str]:
    """As few lines as it takes, of about the same length."""
    lines = len(textwrap.wrap(words, most))
    return next(even for width in range(8, most + 1) if len(even := textwrap.wrap(words, width)) <= lines)


def _boxes(boxes: Mapping[str, Box]) -> Iterator[str]:
    for name, box in boxes.items():
        yield _frame(box.x, box.y, box.width, box.height)
        yield f'<rect x="{box.x}" y="{box.y + 6}" width="4" height="{box.height - 12}" rx="2" fill="{box.colour}"/>'
        alone = box.width == RIGHT - LEFT
        first = box.y + 23
        middle = box.y + box.height / 2 + 5
        yield text(name, box.x + 18, middle if alone else first, "name")
        for number, line in enumerate(box.says, start=not alone):
            yield text(line, box.x + (128 if alone else 18), first + LINE * number)


def _frame(x: int, y: int, width: int, height: int, more: str = "") -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="7" fill="#fff" stroke="#d3cdbf"{more}/>'


def _lines(boxes: Mapping[str, Box], known: Imports) -> Iterator[str]:
    """An importer's line leaves its box, turns down in a lane of its own, and ends at the lowest package it imports."""
    importers = sorted((name for name in boxes if known[name]), key=lambda name: -boxes[name].out)
    lanes = {name: LANES + LANE * number for number, name in enumerate(importers)}
    for name, box in boxes.items():
        if reached := [lanes[other] for other in importers if name in known[other]]:
            yield _into(box, max(reached))
    for name, lane in lanes.items():
        box, ends = boxes[name], [boxes[other] for other in sorted(known[name])]
        start = f"M{box.x + box.width - 40} {box.y + box.height}V{box.out}" if box.covered else f"M{RIGHT} {box.out}"
        down = f"H{lane - 6}Q{lane} {box.out} {lane} {box.out + 6}V{max(end.into for end in ends)}"
        yield f'<path class="own" stroke="{box.colour}" d="{start}{down}"/>'
        yield from (f'<circle cx="{lane}" cy="{end.into}" r="3.4" fill="{box.colour}"/>' for end in ends)


def _into(box: Box, start: int) -> str:
    end = f"H{box.x + box.width - 40}V{box.y - 1}" if box.covered else f"H{RIGHT + 1}"
    return f'<path class="into" d="M{start} {box.into}{end}" marker-end="url(#into)"/>'


def _aside(name: str) -> Iterator[str]:
    """What stands apart, and how to read the lines."""
    words = textwrap.wrap(answer(name), 19)
    height = 46 + LINE * len(words)
    yield _frame(ASIDE, TOP, WIDTH - LEFT - ASIDE, height, ' stroke-dasharray="5 4"')
    yield text(name, ASIDE + 14, TOP + 26, "name")
    yield from (text(line, ASIDE + 14, TOP + 48 + LINE * number) for number, line in enumerate(words))
    top = TOP + height + 40
    for told in READING:
        lines = textwrap.wrap(told, 20)
        yield from (text(line, ASIDE + 14, top + LINE * number, "label") for number, line in enumerate(lines))
        top += LINE * len(lines) + 10


def _described(layers: Rows, known: Imports) -> str:
    told = [f"{name} imports {', '.join(sorted(known[name])) or 'none of them'}." for row in layers for name in row]
    return " ".join(
        [
            "The shop, marketers and customers come to the API, which keeps everything in MongoDB and rings Redis.",
            "Redis wakes the workers, who hand letters to providers.",
            "Those write to customers, and report back to the API.",
            "Below, the packages, higher above lower:",
            *told,
        ]
    )


def _arrow(name: str, colour: str) -> str:
    shape = f'<path d="M0 0L8 4L0 8z" fill="{colour}"/>'
    place = 'markerWidth="8" markerHeight="8" refX="6" refY="4" orient="auto" markerUnits="userSpaceOnUse"'
    return f'<marker id="{name}" {place}>{shape}</marker>'


def picture() -> str:
    """The whole SVG; the same for the same packages."""
    layers, apart = rows(), "sandbox"
    boxes, known = places(layers), imports([name for row in layers for name in row])
    height = max(box.y + box.height for box in boxes.values()) + LEFT
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    ground = f'<rect x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="14" fill="#faf8f3" stroke="#dcd6c8"/>'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title desc">',
        '<title id="title">Encore: the flow, and the packages behind it</title>',
        f'<desc id="desc">{_described(layers, known)}</desc>',
        f"<style>{STYLE}</style><defs>{_arrow('flow', '#59606b')}{_arrow('into', '#8f897b')}</defs>{ground}",
        text("The flow", LEFT, 50, "head"),
        *flow({name: box.colour for name, box in boxes.items()}),
        text("The packages, and who imports whom", LEFT, TOP - 22, "head"),
        *_lines(boxes, known),
        *_boxes(boxes),
        *_aside(apart),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
