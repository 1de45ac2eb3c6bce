"""What mail programs do not show as it was meant: a table of our own, of what widely used programs are known to drop.

It names what a letter may hold here and still loses somewhere; what no letter may hold is refused at save (markup.py).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

OUTLOOK = "Outlook on Windows"
GMAIL = "Gmail"
GMAIL_APPS = "Gmail's apps with other accounts"
YAHOO = "Yahoo Mail"


class Feature(NamedTuple):
    """Something of CSS or HTML: how it is found, what it is called, and where it is lost."""

    pattern: re.Pattern[str]
    name: str
    lost_in: tuple[str, ...]


def _css(pattern: str, name: str, *lost_in: str) -> Feature:
    return Feature(re.compile(rf"(?:^|[;{{\s\"']){pattern}", re.IGNORECASE), name, lost_in)


STYLES = (
    _css(r"display\s*:\s*(?:inline-)?flex", "display: flex", OUTLOOK),
    _css(r"display\s*:\s*(?:inline-)?grid", "display: grid", OUTLOOK, YAHOO),
    _css(r"position\s*:\s*(?:absolute|fixed|sticky|relative)", "position", OUTLOOK, GMAIL, YAHOO),
    _css(r"float\s*:\s*(?:left|right)", "float", OUTLOOK),
    _css(r"(?:margin|margin-[a-z]+)\s*:[^;]*-\d", "a negative margin", GMAIL, OUTLOOK, YAHOO),
    _css(r"[a-z-]+\s*:[^;]*\bcalc\s*\(", "calc()", OUTLOOK, YAHOO),
    _css(r"[a-z-]+\s*:[^;]*\bvar\s*\(", "var()", OUTLOOK, GMAIL, YAHOO),
    _css(r"[a-z-]+\s*:[^;]*\b(?:linear|radial|conic)-gradient\s*\(", "a gradient", OUTLOOK),
    _css(r"(?:animation|transition|transform)(?:-[a-z]+)?\s*:", "movement and transforms", OUTLOOK, GMAIL),
    _css(r"(?:box|text)-shadow\s*:", "a shadow", OUTLOOK, GMAIL_APPS),
    _css(r"object-fit\s*:", "object-fit", OUTLOOK, YAHOO),
    _css(r"(?:column-|row-)?gap\s*:", "gap", OUTLOOK, YAHOO),
    _css(r"(?:filter|backdrop-filter|mix-blend-mode|clip-path)\s*:", "filters and clipping", OUTLOOK, GMAIL),
    _css(r"aspect-ratio\s*:", "aspect-ratio", OUTLOOK, YAHOO),
    _css(r"[a-z-]+\s*:[^;]*\d(?:vw|vh|vmin|vmax)\b", "sizes by the window (vw, vh)", OUTLOOK, YAHOO),
    _css(r"[a-z-]+\s*:[^;]*\d(?:\.\d+)?rem\b", "rem", OUTLOOK),
    _css(r"opacity\s*:", "opacity", OUTLOOK),
)
_LOST_IMAGES = {
    ".webp": ("WebP pictures", (OUTLOOK, YAHOO)),
    ".avif": ("AVIF pictures", (OUTLOOK, GMAIL, YAHOO)),
    ".svg": ("SVG pictures", (GMAIL, OUTLOOK, YAHOO)),
}


def lost_styles(style: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What of a style is lost somewhere: its name, and the programs that lose it."""
    yield from ((feature.name, feature.lost_in) for feature in STYLES if feature.pattern.search(style))


def lost_image(address: str) -> tuple[str, tuple[str, ...]] | None:
    """The kind of picture that an address ends in, and who does not show it; None where all do."""
    path = address.partition("?")[0].lower()
    return next((lost for ending, lost in _LOST_IMAGES.items() if path.endswith(ending)), None)
