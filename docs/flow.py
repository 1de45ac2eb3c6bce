"""The upper half of the picture: who comes to Encore, and what happens then. A table, and a few lines that draw it."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import NamedTuple


class Stop(NamedTuple):
    """A box of the flow; `package` lends it its colour, and one without is somebody outside."""

    name: str
    says: str
    x: int
    y: int
    width: int
    height: int
    package: str = ""


class Way(NamedTuple):
    """An arrow along an SVG path, with a word beside it at x, y."""

    path: str
    label: str
    x: int
    y: int


STOPS = (
    Stop("the shop", "", 32, 114, 124, 40),
    Stop("marketers", "", 32, 176, 124, 40),
    Stop("customers", "", 32, 238, 124, 40),
    Stop("API", "the door in", 278, 110, 150, 172, "api"),
    Stop("Redis", "the doorbell", 508, 110, 150, 58, "storage"),
    Stop("scheduler", "rings again, sweeps", 508, 224, 150, 58, "worker"),
    Stop("workers", "as many as you like", 738, 110, 150, 172, "worker"),
    Stop("providers", "", 948, 176, 100, 40),
    Stop("MongoDB", "the truth: all that must not be lost", 278, 336, 610, 52, "storage"),
)
WAYS = (
    Way("M156 134H272", "orders, stock", 214, 127),
    Way("M156 196H272", "campaigns", 214, 189),
    Way("M156 258H272", "pages, links", 214, 251),
    Way("M428 139H502", "rings", 466, 132),
    Way("M658 139H732", "wakes", 696, 132),
    Way("M583 224V174", "", 0, 0),
    Way("M888 196H942", "letters", 915, 189),
    Way("M353 282V330", "keeps", 330, 311),
    Way("M583 282V330", "asks", 565, 311),
    Way("M813 282V330", "claims, records", 764, 311),
    Way("M998 176V92Q998 82 988 82H363Q353 82 353 92V104", "webhooks: receipts and replies", 675, 75),
    Way("M998 216V404Q998 414 988 414H104Q94 414 94 404V284", "e-mail and text messages", 583, 432),
)


def text(words: str, x: float, y: float, kind: str = "") -> str:
    """Words at a place, in a class of the picture's style."""
    return f'<text x="{x:g}" y="{y:g}"{f" class={kind!r}" if kind else ""}>{escape(words, quote=False)}</text>'


def flow(colours: Mapping[str, str]) -> Iterator[str]:
    """The elements of the flow; `colours` are those of the packages."""
    for way in WAYS:
        yield f'<path class="flow" d="{way.path}" marker-end="url(#flow)"/>'
        if way.label:
            yield text(way.label, way.x, way.y, "label middle")
    for stop in STOPS:
        yield from _stop(stop, colours.get(stop.package, ""))


def _stop(stop: Stop, colour: str) -> Iterator[str]:
    middle, centre = stop.x + stop.width / 2, stop.y + stop.height / 2
    paint = f'rx="9" fill="{colour}"' if colour else 'rx="20" fill="#fff" stroke="#8b919b"'
    yield f'<rect x="{stop.x}" y="{stop.y}" width="{stop.width}" height="{stop.height}" {paint}/>'
    tone = " light" if colour else ""
    yield text(stop.name, middle, centre + (-3 if stop.says else 5), f"name middle{tone}")
    if stop.says:
        yield text(stop.says, middle, centre + 16, f"middle{tone}")
