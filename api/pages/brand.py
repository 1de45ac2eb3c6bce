"""A brand's colour made readable: contrast as WCAG 2.2 reckons it."""

import re

from customers.shop import Brand, Shop

DEFAULT = "default"
_HEX = re.compile(r"#[0-9a-fA-F]{6}\Z")
_WHITE = 1.0
_ENOUGH = 4.5
# As the style sheet has it.
DARK_CARD = "#1f1f25"


def brand_of(shop: Shop, name: str = DEFAULT) -> Brand:
    """A brand of the shop by its name; the default one where there is none of that name."""
    return shop.brands.get(name) or shop.brands.get(DEFAULT) or Brand(name=shop.name)


def colours(brand: Brand) -> dict[str, str]:
    """`brand` as it is, `ink` to write on it, and `accent`: the same made dark enough to write with on white.

    `glow` is the same made light enough to write with on a dark card.
    """
    colour = brand.colour if _HEX.match(brand.colour) else Brand().colour
    ink = "#ffffff" if contrast(_luminance(colour), _WHITE) >= _ENOUGH else "#000000"
    accent = colour
    while contrast(_luminance(accent), _WHITE) < _ENOUGH:
        accent = _darker(accent)
    glow = colour
    while contrast(_luminance(glow), _luminance(DARK_CARD)) < _ENOUGH:
        glow = _lighter(glow)
    return {"brand": colour, "ink": ink, "accent": accent, "glow": glow}


def contrast(one: float, other: float) -> float:
    """The contrast ratio of two relative luminances."""
    light, dark = max(one, other), min(one, other)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [value / 255 for value in _channels(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _darker(colour: str) -> str:
    return "#" + "".join(f"{int(value * 0.92):02x}" for value in _channels(colour))


def _lighter(colour: str) -> str:
    return "#" + "".join(
        f"{value + max(1, (255 - value) // 8) if value < 255 else 255:02x}" for value in _channels(colour)
    )


def _channels(colour: str) -> list[int]:
    return [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
