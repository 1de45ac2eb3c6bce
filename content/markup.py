"""HTML with Jinja2 in it: taken apart so that HTML tools may work on it, and checked for what mail must not hold.

Every `{{ … }}` becomes a mark that survives any HTML parser as text; every `{% … %}` a mark in a comment, which
may also stand between the rows of a table. Afterwards the marks become Jinja2 again.
"""

import re
from html.parser import HTMLParser

from content.allowlist import kind_of_output
from content.syntax import NotAllowed, tokens
from content.vocabulary import Kind

_OPEN, _CLOSE = "\ue000", "\ue001"  # private use: no text of anybody's means something by these
MARK = re.compile(f"(?:<!--)?{_OPEN}(\\d+){_CLOSE}(?:-->)?")
# Rows right below a table, statements between them or not: a parser would put a <tbody> into the loop.
_BARE_ROWS = re.compile(f"(<table\\b[^>]*>)(?=(?:\\s|<!--{_OPEN}\\d+{_CLOSE}-->)*<tr\\b)", re.IGNORECASE)
BLOCK_MARK = re.compile(f"<!--({_OPEN}\\d+{_CLOSE})-->")

_FOR = re.compile(r"\A\{%[-+]?\s*for\s+(\w+)\s+in\s+([\w.]+)")

_TAGS = (
    "a abbr b blockquote br center code del div em h1 h2 h3 h4 h5 h6 hr i img ins li ol p pre s small span strong "
    "sub sup table tbody td tfoot th thead tr u ul"
)
TAGS = frozenset(_TAGS.split())
FRAME_TAGS = TAGS | {"html", "head", "body", "meta", "title", "style"}
_ATTRIBUTE_NAMES = (
    "align alt bgcolor border cellpadding cellspacing class colspan dir height href id lang name role rowspan src "
    "style target title valign width"
)
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
_OF_MJML = ("xmlns", "xmlns:v", "xmlns:o", "http-equiv", "type", "media", "vertical-align")
_FRAME_ATTRIBUTES = _ATTRIBUTES | {"content", "charset", *_OF_MJML}
ELEMENTS_LIMIT = 2_000
_VOID = frozenset({"br", "hr", "img", "meta"})
_ENDS_BY_ITSELF = frozenset({"p", "li", "tbody"})
_ADDRESSES = frozenset({"href", "src"})
_SCHEMES = {"href": ("https://", "http://", "mailto:", "tel:"), "src": ("https://", "http://")}
BAD_STYLE = re.compile(r"url\s*\(|expression|@import|javascript|behavior|-moz-binding|[\\<>]", re.IGNORECASE)


class Held:
    """A source whose Jinja2 is held back behind marks."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._loops: frozenset[tuple[str, str]] = frozenset()

    def hold(self, source: str, *, comments: bool = True) -> str:
        """The source with a mark for each piece of Jinja2; without `comments` blocks too are marked as text."""
        out: list[str] = []
        piece: list[str] = []
        for line, kind, text in tokens(source):
            foreign = re.search(f"[{_OPEN}{_CLOSE}]", text)
            if foreign:
                at = line + text.count("\n", 0, foreign.start())
                raise NotAllowed(at, "The characters U+E000 and U+E001 mean nothing and are not allowed.")
            if kind.startswith("comment"):
                continue
            if kind == "data" and not piece:
                out.append(text)
                continue
            piece.append(text)
            if kind in {"variable_end", "block_end"}:
                out.append(self._mark("".join(piece), block=comments and kind == "block_end"))
                piece = []
        return _BARE_ROWS.sub(r"\1<tbody>", "".join(out))

    def restore(self, held: str) -> str:
        """Jinja2 again in place of its marks."""
        return MARK.sub(lambda mark: self.pieces[int(mark[1])], held)

    def kind(self, mark: str) -> Kind | None:
        """The kind of what a marked `{{ … }}` writes."""
        return kind_of_output(self.restore(mark), self._loops)

    def is_block(self, mark: str) -> bool:
        """Whether a mark stands for a statement."""
        return self.restore(mark).startswith("{%")

    def _mark(self, piece: str, *, block: bool) -> str:
        self.pieces.append(piece)
        self._loops |= frozenset(_FOR.findall(piece))
        mark = f"{_OPEN}{len(self.pieces) - 1}{_CLOSE}"
        return f"<!--{mark}-->" if block else mark


def check_markup(held: str, pieces: Held, *, frame: bool = False, strict: bool = False) -> None:
    """Refuse what a mail must not hold (scripts, forms, foreign addresses …); raises NotAllowed with the line.

    With `frame`, the whole document around a fragment is expected: it is checked once more as a browser's own
    parser reads it, so that no difference between two parsers opens a door. With `strict`, every tag is closed.
    """
    guard = _Guard(held, pieces, frame, strict)
    guard.feed(held)
    guard.finish()


class _Guard(HTMLParser):
    """Goes through the tags of a held source."""

    def __init__(self, held: str, pieces: Held, frame: bool, strict: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._held = held
        self._pieces = pieces
        self._open: list[str] = []
        self._elements = 0
        self._frame = frame
        self._strict = strict
        self._tags = FRAME_TAGS if frame else TAGS
        self._attributes = _FRAME_ATTRIBUTES if frame else _ATTRIBUTES

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        self._elements += 1
        if self._elements > ELEMENTS_LIMIT and not self._frame:
            raise self._no(f"A message may hold {ELEMENTS_LIMIT:,} HTML tags; this one holds more.")
        if tag not in self._tags:
            raise self._no(f"<{tag[:40]}> is not allowed in a message. {_hint(tag)}".strip())
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """A tag closes; whatever stands in it closes with it."""
        if tag not in self._open and tag not in _VOID:
            raise self._no(f"</{tag[:40]}> closes what was not opened.")
        while tag in self._open and (inner := self._open.pop()) != tag:
            if self._strict:
                raise self._no(f"<{inner}> is never closed.")

    def finish(self) -> None:
        """The end of the source: what is still open would swallow what comes after it."""
        if "<" in self.rawdata:
            raise self._no("This tag is never finished.")
        self.close()
        for tag in self._open:
            if tag not in _ENDS_BY_ITSELF:
                raise self._no(f"<{tag}> is never closed.")

    def handle_comment(self, data: str) -> None:
        """A comment: ours, or nobody's."""
        if not (self._frame or re.fullmatch(f"{_OPEN}\\d+{_CLOSE}", data)):
            raise self._no("HTML comments are not allowed; write {# … #}, which nobody receives.")

    def handle_decl(self, decl: str) -> None:
        """A doctype."""
        if not self._frame:
            raise self._no("Write only what stands in the message; the document around it is added.")

    def unknown_decl(self, data: str) -> None:
        """CDATA and the like."""
        raise self._no("<![…]> is not allowed in a message.")

    def handle_pi(self, data: str) -> None:
        """A processing instruction."""
        raise self._no("<?…> is not allowed in a message.")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name not in self._attributes and not re.fullmatch(r"aria-[a-z]+", name):
            raise self._no(f"The attribute {_plain(name)!r} of <{tag}> is not allowed in a message.")
        if "<!--" in value:
            raise self._no("A {% … %} may not stand within a tag; write the tag twice, or {{ … if … else … }}.")
        if name in _ADDRESSES:
            self._address(name, value)
        if name == "style":
            self._style(value)

    def _address(self, name: str, value: str) -> None:
        address = value.strip()
        first = MARK.match(address)
        if first:
            if self._pieces.kind(first[0]) != Kind.URL:
                piece = self._pieces.restore(first[0])
                raise self._no(f"{name} must start with https:// or with a variable that is a url, not {piece[:60]}.")
        elif not address.lower().startswith(_SCHEMES[name]):
            raise self._no(f"{name} must start with https://; this one starts {_plain(address)[:20]!r}.")

    def _style(self, value: str) -> None:
        if BAD_STYLE.search(value):
            raise self._no("A style may not load or compute anything.")
        for mark in MARK.finditer(value):
            if self._pieces.kind(mark[0]) != Kind.COLOUR:
                raise self._no("Within a style only a colour, such as brand.colour, can be a variable.")

    def _no(self, why: str) -> NotAllowed:
        return NotAllowed(line_at(self._held, self._pieces, self.getpos()), why)


def line_at(held: str, pieces: Held, place: tuple[int, int]) -> int:
    """The line, as it was written, of a row and column in a held source."""
    row, column = place
    lines = held.split("\n")
    before = "\n".join([*lines[: row - 1], lines[row - 1][:column]])
    return pieces.restore(before).count("\n") + 1


def _hint(tag: str) -> str:
    if tag in {"html", "head", "body", "meta", "title", "style", "link"}:
        return "Write only what stands in the message; the document around it is added."
    return ""


def _plain(text: str) -> str:
    return MARK.sub("{{…}}", text)[:40]
