"""MJML: a letter in building blocks that look the same in every mail program, checked by place, then turned into HTML.

The library that turns it passes over tags it does not know and tells no line, so every tag, attribute and text is
looked at here first; what comes out is looked at once more with the eyes of a browser's parser (markup.py).
"""

import re
from collections.abc import Iterator, Mapping
from html import escape

from mjml import mjml2html

from content.markup import BAD_STYLE, MARK, Held
from content.syntax import NotAllowed
from content.vocabulary import Kind

_BLOCKS = frozenset({"mj-text", "mj-button", "mj-image", "mj-divider", "mj-spacer", "mj-table"})
_ROWS = frozenset({"mj-section", "mj-wrapper"})
# Which tags may stand in which.
_CHILDREN: dict[str, frozenset[str]] = {
    "": frozenset({"mjml"}),
    "mjml": frozenset({"mj-head", "mj-body"}),
    "mj-head": frozenset({"mj-attributes", "mj-style", "mj-breakpoint"}),
    "mj-attributes": frozenset({"mj-all", "mj-class", "mj-body", "mj-column", "mj-group", *_ROWS, *_BLOCKS}),
    "mj-body": _ROWS,
    "mj-wrapper": frozenset({"mj-section"}),
    "mj-section": frozenset({"mj-column", "mj-group"}),
    "mj-group": frozenset({"mj-column"}),
    "mj-column": _BLOCKS,
}
_KNOWN = frozenset().union(*_CHILDREN.values())
# Tags that hold words: what each becomes where the letter is read without its looks.
_WORDS = {"mj-text": "div", "mj-button": "p", "mj-table": "table"}
_HINTS = {
    "mj-include": "Other files cannot be put in.",
    "mj-font": "A font would be loaded from elsewhere for each reader; name one that every device has.",
    "mj-title": "The subject is the title.",
    "mj-preview": "Write it as the part `preheader`.",
    "mj-raw": "Write HTML inside mj-text.",
    "mj-social": "Its pictures lie with others; use mj-image.",
    "mj-hero": "Mail programs show pictures behind words differently; use mj-image.",
}
_SIDES = ("", "-top", "-right", "-bottom", "-left")
_ATTRIBUTE_NAMES = (
    "align alt border-color border-radius border-style border-width cellpadding cellspacing css-class direction "
    "fluid-on-mobile font-family font-size font-style font-weight full-width height href inner-border "
    "inner-border-radius inner-padding letter-spacing line-height mj-class name role src table-layout text-align "
    "text-decoration text-transform title vertical-align width"
)
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split()) | {
    f"{name}{side}" for name in ("border", "padding") for side in _SIDES
}
_COLOURS = frozenset({"color", "background-color", "container-background-color", "inner-background-color"})
_SAID = frozenset({"alt", "title", "name"})
_ADDRESSES = frozenset({"href", "src"})
_TAG = re.compile(r"<(/?)(mj[a-z-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\s*([a-zA-Z-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_STATEMENT = re.compile("<!--\ue000\\d+\ue001-->")
# The library writes what it takes for unprintable as Rust would, so marks are letters and digits while it works.
_LETTERED = re.compile("q0x([0-9]+)x0q")
_ESCAPED = re.compile(r"\\u\{([0-9a-f]{2,6})\}")
_POSITION = re.compile(r"at position (\d+)")
_BODY_END = re.compile(r"</mj-body\s*>", re.IGNORECASE)
_BODY = re.compile(r"<body[^>]*>")
_LANGUAGE = 'lang="und" dir="auto"'
_FOOT = (
    '<mj-section background-color="transparent" padding="8px 0 24px"><mj-column><mj-text align="center" '
    'color="#625b53" font-family="Helvetica, Arial, sans-serif" font-size="13px" font-style="normal" '
    'font-weight="normal" line-height="22px">{}</mj-text></mj-column></mj-section>'
)


def words_of(source: str, held: Held) -> str:
    """The letter without its looks, as a fragment of HTML with as many lines; raises NotAllowed with the line.

    `source` is held; a fragment like this is what the text part and the checks of plain HTML are made from.
    """
    return "".join(_Walk(source, held).fragment())


def as_html(source: str, held: Held, *, title: str, locale: str, direction: str, preheader: str, foot: str) -> str:
    """The whole document of a held source that `words_of` took, its marks in place; raises NotAllowed.

    `title`, `preheader` and `foot` are held HTML too.
    """
    if letters := _LETTERED.search(source):
        line = held.restore(source[: letters.start()]).count("\n") + 1
        raise NotAllowed(line, "The letters q0x…x0q mean something to Encore; write them in another way.")
    ends = list(_BODY_END.finditer(source))
    whole = f"{source[: ends[-1].start()]}{_FOOT.format(foot)}{source[ends[-1].start() :]}"
    lettered = MARK.sub(lambda mark: mark[0].replace("\ue000", "q0x").replace("\ue001", "x0q"), whole)
    try:
        html = mjml2html(lettered, fonts={})
    except ValueError as error:
        at = _POSITION.search(str(error))
        place = len(lettered[: int(at[1])].split("\n")) if at else 1
        raise NotAllowed(place, f"This MJML cannot be read: {str(error)[:200]}.") from None
    html = _ESCAPED.sub(_character, _LETTERED.sub("\ue000\\1\ue001", html))
    html = html.replace(_LANGUAGE, f'lang="{escape(locale)}" dir="{direction}"')
    html = html.replace("<title></title>", f"<title>{title}</title>", 1)
    return _BODY.sub(lambda body: body[0] + preheader, html, count=1)


def _character(escaped: re.Match[str]) -> str:
    """A character beyond ASCII that was written as its number; one of ASCII is the writer's own text."""
    number = int(escaped[1], 16)
    return chr(number) if 0x7F < number <= 0x10FFFF else escaped[0]


class _Walk:
    """Goes through a held source tag by tag."""

    def __init__(self, source: str, held: Held) -> None:
        self._source = source
        self._held = held
        self._open: list[str] = []
        self._bodies = 0

    def fragment(self) -> Iterator[str]:
        """The same in plain HTML."""
        at = 0
        for tag in _TAG.finditer(self._source):
            yield self._between(at, tag.start())
            at = tag.end()
            made = self._closed(tag) if tag[1] else self._opened(tag)
            yield made + "\n" * (tag[0].count("\n") - made.count("\n"))
        yield self._between(at, len(self._source))
        if self._open:
            raise self._no(len(self._source), f"<{self._open[-1]}> is never closed.")
        if self._bodies != 1:
            raise self._no(0, "MJML is <mjml><mj-body>…</mj-body></mjml>, with an <mj-head> before the body if wanted.")

    def _between(self, start: int, end: int) -> str:
        text = self._source[start:end]
        within = self._open[-1] if self._open else ""
        if within in _WORDS:
            return text
        if within == "mj-style":
            if MARK.search(text) or BAD_STYLE.search(text):
                raise self._no(start, "A style may not load or compute anything, nor hold a variable.")
            return "\n" * text.count("\n")
        stray = _STATEMENT.sub(lambda mark: " " * len(mark[0]), text)
        if stray.strip():
            at = start + len(stray) - len(stray.lstrip())
            words = MARK.sub("{{…}}", stray.split()[0])[:40]
            raise self._no(at, f"{words!r} stands between tags; words stand in mj-text, mj-button or mj-table.")
        return text

    def _opened(self, tag: re.Match[str]) -> str:
        name, itself = tag[2].lower(), tag[3].rstrip().endswith("/")
        parent = self._open[-1] if self._open else ""
        if name not in _CHILDREN.get(parent, frozenset()):
            raise self._no(tag.start(), self._misplaced(name, parent))
        if itself and name in {"mjml", "mj-body", *_WORDS} and parent != "mj-attributes":
            raise self._no(tag.start(), f"<{name}/> holds nothing: write <{name}>…</{name}>.")
        given = self._attributes(tag)
        self._bodies += name == "mj-body" and parent == "mjml"
        if not itself:
            self._open.append(name)
        if name == "mj-image" and parent != "mj-attributes":
            return _picture(given)
        if name not in _WORDS or parent == "mj-attributes":
            return ""
        return f"<{_WORDS[name]}>" + (_link(given) if name == "mj-button" else "")

    def _closed(self, tag: re.Match[str]) -> str:
        name = tag[2].lower()
        if not self._open or self._open[-1] != name:
            inner = f"; <{self._open[-1]}> is open" if self._open else ""
            raise self._no(tag.start(), f"</{name}> closes what was not opened here{inner}.")
        self._open.pop()
        return _closing(name) if name in _WORDS and "mj-attributes" not in self._open else ""

    def _misplaced(self, name: str, parent: str) -> str:
        if name in _HINTS:
            return f"<{name}> is not allowed. {_HINTS[name]}"
        if name not in _KNOWN:
            return f"<{name}> is not known; there are {', '.join(sorted(_KNOWN))}."
        if not parent:
            return f"<{name}> stands in no <mjml>."
        may = ", ".join(sorted(_CHILDREN.get(parent, ()))) or "HTML only"
        return f"<{name}> may not stand in <{parent}>; there may stand {may}."

    def _attributes(self, tag: re.Match[str]) -> dict[str, str]:
        text = tag[3].rstrip().removesuffix("/")
        given: dict[str, str] = {}
        at = 0
        while match := _ATTRIBUTE.match(text, at):
            name, value = match[1].lower(), match[2] if match[2] is not None else match[3]
            if name in given:
                raise self._no(tag.start(3) + at, f"The attribute {name[:40]!r} of <{tag[2]}> stands twice.")
            self._attribute(tag.start(3) + match.start(1), tag[2].lower(), name, value)
            given[name] = value
            at = match.end()
        if text[at:].strip():
            raise self._no(tag.start(3) + at, f'<{tag[2]}>: write each attribute as name="value".')
        return given

    def _attribute(self, at: int, tag: str, name: str, value: str) -> None:
        if name not in _ATTRIBUTES | _COLOURS:
            raise self._no(at, f"The attribute {name[:40]!r} of <{tag}> is not allowed.")
        if re.search(r"[\"\\<>]", value) or "&quot;" in value:
            raise self._no(at, f'{name} may not hold ", \\, < or >; quotation marks “ ” may stand.')
        if name in _ADDRESSES | _SAID:
            return
        if BAD_STYLE.search(value):
            raise self._no(at, f"{name} may not load or compute anything.")
        for mark in MARK.finditer(value):
            if name not in _COLOURS or self._held.kind(mark[0]) != Kind.COLOUR:
                raise self._no(at, "Within looks only a colour, such as brand.colour, can be a variable.")

    def _no(self, at: int, why: str) -> NotAllowed:
        return NotAllowed(self._held.restore(self._source[:at]).count("\n") + 1, why)


def _link(given: Mapping[str, str]) -> str:
    return f'<a class="button" href="{given["href"]}">' if "href" in given else '<a class="button">'


def _closing(name: str) -> str:
    # An empty line after each, which a text part shows and a letter does not.
    return "</a></p>" if name == "mj-button" else f"</{_WORDS[name]}><br>"


def _picture(given: Mapping[str, str]) -> str:
    alt = f' alt="{given["alt"]}"' if "alt" in given else ""
    picture = f'<img src="{given.get("src", "")}"{alt}>'
    return f'<p><a href="{given["href"]}">{picture}</a></p>' if "href" in given else picture
