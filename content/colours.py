"""Colours as CSS writes them, and how well one reads on another."""

import re
from colorsys import hls_to_rgb

from content.colour_names import COLOUR_NAMES

_HEX = re.compile(r"#([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b")
_FUNCTION = re.compile(r"\b(rgb|hsl)a?\(([^()]*)\)")
_FIGURE = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(%|deg|turn|rad)?")
_WORD = re.compile(r"[a-z]+")
_TURN = {"": 360.0, "deg": 360.0, "turn": 1.0, "rad": 6.283185307179586}
# What is less opaque shows mostly what lies behind it, which nobody here knows.
_OPAQUE = 0.5


def read_colour(value: str) -> str:
    """The first colour in a CSS value (`lightgray`, `rgb(9 9 9)`, `1px solid #ccc`) as #rrggbb, "" where there is none
    that stands for itself: `transparent`, `inherit`, a gradient of names, one that is mostly see-through.
    """
    text = value.lower()
    if found := _FUNCTION.search(text):
        return _computed(found[1], _FIGURE.findall(found[2]))
    if found := _HEX.search(text):
        digits = found[1] if len(found[1]) > 4 else "".join(2 * digit for digit in found[1])
        opaque = len(digits) == 6 or int(digits[6:], 16) / 255 >= _OPAQUE
        return f"#{digits[:6]}" if opaque else ""
    return next((COLOUR_NAMES[word] for word in _WORD.findall(text) if word in COLOUR_NAMES), "")


def _computed(name: str, figures: list[tuple[str, str]]) -> str:
    """rgb() and hsl(), in the old way of writing and the new."""
    if len(figures) not in {3, 4}:
        return ""
    if len(figures) == 4 and _share(*figures[3]) < _OPAQUE:
        return ""
    if name == "rgb":
        parts = [float(figure) / (100 if unit == "%" else 255) for figure, unit in figures[:3]]
    else:
        (hue, unit), *others = figures[:3]
        full, light = (min(1.0, max(0.0, float(figure) / 100)) for figure, _ in others)
        parts = list(hls_to_rgb(float(hue) / _TURN.get(unit, 360.0) % 1.0, light, full))
    return "#" + "".join(f"{round(min(1.0, max(0.0, part)) * 255):02x}" for part in parts)


def _share(figure: str, unit: str) -> float:
    return float(figure) / (100 if unit == "%" else 1)


def luminance(colour: str) -> float:
    """How light a colour, #rrggbb, is: 0 for black, 1 for white (relative luminance, WCAG 2.2)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, #rrggbb, from 1 to 21 (WCAG 2.2, 1.4.3)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)
