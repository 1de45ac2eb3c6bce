"""What is unwise about a letter's HTML or MJML: pictures without words, weak contrast, what mail programs drop."""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

import lxml.html

from content.colours import contrast, read_colour
from content.mail_clients import lost_image, lost_selectors, lost_styles
from content.warn import Warn

# WCAG 2.2, 1.4.3: for text, and for large text, which is 24 CSS pixels or more.
CONTRAST, CONTRAST_LARGE, LARGE = 4.5, 3.0, 24.0
FEW_WORDS = 25
MANY_IMAGES = 12
_SIZE = re.compile(r"([0-9.]+)px")


def lint_written(part: str, source: str) -> list[Warn]:
    """What shows in the letter as it was written, by its line."""
    reader = _Reader(part)
    reader.feed(source)
    return list(dict.fromkeys(reader.warnings))


class _Reader(HTMLParser):
    """Looks at the pictures, links and styles that the writer wrote."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self.warnings: list[Warn] = []
        self._part = part
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        given = {name: value or "" for name, value in attrs}
        self._in_style = tag == "mj-style"
        if tag in {"img", "mj-image"}:
            self._picture(given)
        if tag in {"a", "mj-button", "mj-image"} and given.get("href", "").strip().lower().startswith("http://"):
            self._warn("plain_http", f"The link {given['href']} is not https.")
        self._style(given.get("style", ""))

    def handle_data(self, data: str) -> None:
        """Text, which is a style within mj-style."""
        if self._in_style:
            self._lost(lost_selectors(data))
            self._style(data)

    def handle_endtag(self, tag: str) -> None:
        """A tag closes."""
        self._in_style = False

    def _picture(self, given: Mapping[str, str]) -> None:
        source = given.get("src", "").strip()
        if "alt" not in given:
            self._warn("no_alt", f"The image {source} has no alt text for who cannot see it.")
        if source.lower().startswith("http://"):
            self._warn("plain_http", f"The image {source} is not https.")
        if lost := lost_image(source):
            self._warn("not_shown", f"{lost[0]} are not shown by {_listed(lost[1])}.")

    def _style(self, style: str) -> None:
        self._lost(lost_styles(style))

    def _lost(self, found: Iterator[tuple[str, tuple[str, ...]]]) -> None:
        for name, clients in found:
            self._warn("not_shown", f"{name} is dropped by {_listed(clients)}.")

    def _warn(self, code: str, message: str) -> None:
        self.warnings.append(Warn(code=code, part=self._part, message=message, line=self.getpos()[0]))


def lint_rendered(part: str, html: str, words: int) -> Iterator[Warn]:
    """What shows only in the letter as somebody gets it, with so many words: contrast, and how much is pictures."""
    body = lxml.html.document_fromstring(html).find("body")
    if body is None:
        return
    # One pixel is no picture: it is how an opening is told.
    images = sum(bool(str(one.get("src", "")).strip()) and one.get("width") != "1" for one in body.iter("img"))
    if images and words < FEW_WORDS:
        text = f"{images} pictures and {words} words: many people see no pictures at first, and filters distrust it."
        yield Warn(code="mostly_pictures", part=part, message=text)
    if images > MANY_IMAGES:
        yield Warn(code="many_pictures", part=part, message=f"{images} pictures have to be loaded on a phone.")
    seen: set[tuple[str, str]] = set()
    for colour, ground, size, text in _said(body, "#000000", "#ffffff", 16.0):
        ratio = contrast(colour, ground)
        if ratio < (CONTRAST_LARGE if size >= LARGE else CONTRAST) and (colour, ground) not in seen:
            seen.add((colour, ground))
            text = f"“{text[:40]}” is {colour} on {ground}, a contrast of {ratio:.1f}; people read well from 4.5 on."
            yield Warn(code="low_contrast", part=part, message=text)


def _said(
    element: lxml.html.HtmlElement, colour: str, ground: str, size: float
) -> Iterator[tuple[str, str, float, str]]:
    """Every text with its colour, what it stands on, and its size in pixels."""
    if not isinstance(element.tag, str):
        return
    style = _declared(str(element.get("style", "")))
    if style.get("display") == "none":
        return
    colour = read_colour(style.get("color", "")) or colour
    ground = read_colour(style.get("background-color", "") or style.get("background", "")) or ground
    ground = read_colour(str(element.get("bgcolor", ""))) or ground
    if found := _SIZE.search(style.get("font-size", "")):
        size = float(found[1])
    if element.text and element.text.strip():
        yield colour, ground, size, element.text.strip()
    for child in element:
        yield from _said(child, colour, ground, size)
        if child.tail and child.tail.strip():
            yield colour, ground, size, child.tail.strip()


def _declared(style: str) -> dict[str, str]:
    pairs = (one.partition(":") for one in style.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if value.strip()}


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
