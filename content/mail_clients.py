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
OUTLOOK_WEB = "Outlook on the web"
SAMSUNG = "Samsung Email"


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
    _css(r"border(?:-(?:top|bottom)-(?:left|right))?-radius\s*:", "rounded corners", OUTLOOK),
    _css(r"(?:min|max)-(?:width|height)\s*:", "the least and the most sizes (max-width …)", OUTLOOK),
    _css(r"overflow(?:-[xy])?\s*:", "overflow", OUTLOOK),
    _css(r"z-index\s*:", "z-index", OUTLOOK),
    _css(r"(?:top|right|bottom|left|inset)\s*:", "places by top, left …", OUTLOOK, GMAIL, YAHOO),
    _css(r"visibility\s*:", "visibility", OUTLOOK),
    _css(r"box-sizing\s*:", "box-sizing", OUTLOOK),
    _css(r"background-(?:size|position|repeat|attachment|clip|origin|blend-mode)\s*:", "backgrounds", OUTLOOK),
    _css(r"(?:columns|column-(?:count|width|rule|span))\s*:", "columns", OUTLOOK, GMAIL, YAHOO),
    _css(r"(?:margin|padding)-(?:inline|block)(?:-[a-z]+)?\s*:", "logical margins", OUTLOOK, GMAIL, YAHOO),
    _css(r"(?:inline|block)-size\s*:", "logical sizes", OUTLOOK, GMAIL, YAHOO),
    _css(r"(?:justify|align|place)-(?:content|items|self)\s*:", "alignment in flex and grid", OUTLOOK, YAHOO),
    _css(r"(?:flex|order|grid)(?:-[a-z-]+)?\s*:", "flex and grid", OUTLOOK, YAHOO),
    _css(r"writing-mode\s*:", "writing-mode", OUTLOOK, GMAIL, YAHOO),
    _css(r"hyphens\s*:", "hyphens", OUTLOOK),
    _css(r"text-overflow\s*:", "text-overflow", OUTLOOK, YAHOO),
    _css(r"text-decoration-(?:color|style|thickness)\s*:", "coloured and dotted underlines", OUTLOOK),
    _css(r"text-underline-offset\s*:", "text-underline-offset", OUTLOOK, GMAIL, YAHOO),
    _css(r"text-emphasis(?:-[a-z]+)?\s*:", "text-emphasis", OUTLOOK, GMAIL, YAHOO),
    _css(r"(?:-webkit-)?(?:text-stroke|text-fill-color|background-clip)\s*:", "outlined letters", OUTLOOK, GMAIL),
    _css(r"(?:-webkit-)?line-clamp\s*:", "line-clamp", OUTLOOK, GMAIL, YAHOO),
    _css(r"border-image(?:-[a-z]+)?\s*:", "border-image", OUTLOOK, GMAIL, YAHOO),
    _css(r"outline(?:-[a-z]+)?\s*:", "outline", OUTLOOK),
    _css(r"cursor\s*:", "cursor", OUTLOOK),
    _css(r"(?:mask|perspective|will-change|isolation)(?:-[a-z]+)?\s*:", "masks and perspective", OUTLOOK, GMAIL, YAHOO),
    _css(r"(?:scroll|overscroll)-[a-z-]+\s*:", "scrolling", OUTLOOK, GMAIL, YAHOO),
    _css(r"content-visibility\s*:|contain\s*:", "containment", OUTLOOK, GMAIL, YAHOO),
    _css(r"(?:accent-color|color-scheme|caret-color)\s*:", "the system's colours", OUTLOOK, GMAIL),
    _css(r"list-style-(?:image|position)\s*:", "pictures and places of list marks", OUTLOOK),
    _css(r"caption-side\s*:|empty-cells\s*:", "captions and empty cells of tables", OUTLOOK),
    _css(r"(?:counter-(?:reset|increment|set)|quotes)\s*:", "counters", OUTLOOK, GMAIL, YAHOO),
    _css(
        r"font-(?:feature-settings|variation-settings|kerning|stretch|palette)\s*:",
        "fine settings of fonts",
        OUTLOOK,
        GMAIL,
        YAHOO,
    ),
    _css(r"[a-z-]+\s*:[^;]*\b(?:min|max|clamp)\s*\(", "min(), max(), clamp()", OUTLOOK, YAHOO, SAMSUNG),
    _css(r"[a-z-]+\s*:[^;]*\benv\s*\(", "env()", OUTLOOK, GMAIL, YAHOO),
    _css(r"[a-z-]+\s*:[^;]*\b(?:rgba|hsla?)\s*\(", "see-through colours and hsl()", OUTLOOK),
    _css(r"[a-z-]+\s*:[^;]*#(?:[0-9a-f]{8}|[0-9a-f]{4})\b", "colours of 4 or 8 digits", OUTLOOK, GMAIL, YAHOO),
    _css(
        r"[a-z-]+\s*:[^;]*\b(?:lab|lch|oklab|oklch|hwb|color|color-mix|light-dark)\s*\(",
        "newer colours",
        OUTLOOK,
        GMAIL,
        YAHOO,
        SAMSUNG,
    ),
    _css(r"[a-z-]+\s*:[^;]*\b(?:fit-content|min-content|max-content)\b", "sizes by the content", OUTLOOK, GMAIL, YAHOO),
    _css(r"[a-z-]+\s*:[^;]*\b(?:unset|revert|initial)\b", "initial, unset, revert", OUTLOOK, YAHOO),
    _css(r"[a-z-]+\s*:[^;]*\d(?:svh|svw|dvh|dvw|lvh|lvw|cqw|cqh|ch|ex|lh)\b", "newer units", OUTLOOK, GMAIL, YAHOO),
)
# What stands around styles, in mj-style alone: which of them apply.
SELECTORS = (
    Feature(re.compile(r"@media\b", re.IGNORECASE), "@media", (OUTLOOK, GMAIL_APPS)),
    Feature(re.compile(r"prefers-color-scheme", re.IGNORECASE), "colours for the dark", (OUTLOOK, GMAIL, YAHOO)),
    Feature(re.compile(r"prefers-reduced-motion", re.IGNORECASE), "prefers-reduced-motion", (OUTLOOK, GMAIL, YAHOO)),
    Feature(re.compile(r"@supports\b", re.IGNORECASE), "@supports", (OUTLOOK, GMAIL, YAHOO)),
    Feature(
        re.compile(r"@(?:container|layer|property|scope)\b", re.IGNORECASE),
        "newer rules (@container …)",
        (OUTLOOK, GMAIL, YAHOO, SAMSUNG),
    ),
    Feature(re.compile(r"@keyframes\b", re.IGNORECASE), "@keyframes", (OUTLOOK, GMAIL, YAHOO)),
    Feature(re.compile(r"@font-face\b", re.IGNORECASE), "fonts of one's own", (OUTLOOK, GMAIL, YAHOO, OUTLOOK_WEB)),
    Feature(
        re.compile(r":(?:hover|focus|active|visited|target|checked)\b"),
        "what changes under the pointer",
        (OUTLOOK, GMAIL_APPS),
    ),
    Feature(
        re.compile(r"::?(?:before|after|first-letter|first-line|marker|placeholder)\b"),
        "words and marks by CSS",
        (OUTLOOK, GMAIL, YAHOO),
    ),
    Feature(
        re.compile(r":(?:not|is|where|has|nth-[a-z-]+|first-child|last-child|only-child|empty|root)\b"),
        "choosing by place (:first-child …)",
        (OUTLOOK, GMAIL),
    ),
    Feature(
        re.compile(r"\[[a-z-]+(?:[~|^$*]?=[^\]]*)?\]\s*[{,.:+~\s]", re.IGNORECASE),
        "choosing by attributes",
        (OUTLOOK, GMAIL, OUTLOOK_WEB),
    ),
    Feature(
        re.compile(r"[a-z0-9_-]\s*[+~]\s*[.#a-z][^{};]*\{", re.IGNORECASE),
        "choosing by neighbours (+ ~)",
        (OUTLOOK, GMAIL_APPS),
    ),
)
_LOST_IMAGES = {
    ".webp": ("WebP pictures", (OUTLOOK, YAHOO)),
    ".avif": ("AVIF pictures", (OUTLOOK, GMAIL, YAHOO)),
    ".svg": ("SVG pictures", (GMAIL, OUTLOOK, YAHOO)),
    ".svgz": ("SVG pictures", (GMAIL, OUTLOOK, YAHOO)),
    ".apng": ("moving PNG pictures", (OUTLOOK,)),
    ".heic": ("HEIC pictures", (OUTLOOK, GMAIL, YAHOO)),
    ".heif": ("HEIC pictures", (OUTLOOK, GMAIL, YAHOO)),
    ".jxl": ("JPEG XL pictures", (OUTLOOK, GMAIL, YAHOO)),
    ".tif": ("TIFF pictures", (OUTLOOK_WEB, GMAIL, YAHOO)),
    ".tiff": ("TIFF pictures", (OUTLOOK_WEB, GMAIL, YAHOO)),
    ".mp4": ("films", (OUTLOOK, GMAIL, YAHOO)),
    ".webm": ("films", (OUTLOOK, GMAIL, YAHOO)),
    ".mov": ("films", (OUTLOOK, GMAIL, YAHOO)),
}


def lost_styles(style: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What of a style is lost somewhere: its name, and the programs that lose it."""
    yield from ((feature.name, feature.lost_in) for feature in STYLES if feature.pattern.search(style))


def lost_selectors(sheet: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """What of a style sheet's rules is lost somewhere, whatever stands in them."""
    yield from ((feature.name, feature.lost_in) for feature in SELECTORS if feature.pattern.search(sheet))


def lost_image(address: str) -> tuple[str, tuple[str, ...]] | None:
    """The kind of picture that an address ends in, and who does not show it; None where all do."""
    path = address.partition("?")[0].lower()
    return next((lost for ending, lost in _LOST_IMAGES.items() if path.endswith(ending)), None)
