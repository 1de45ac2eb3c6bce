"""From a template's text to its syntax tree, with every measure taken before Jinja2 gets to see a bomb.

Jinja2's parser calls itself for every bracket and every block, and its lexer turns any number of digits into an
integer. So the tokens are counted first: what is too long, too deep or no tag of ours is refused by its line.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from jinja2 import Environment, TemplateSyntaxError, nodes

SOURCE_LIMIT = 100_000
TAGS_LIMIT = 500
LITERAL_LIMIT = 2_000
DIGITS_LIMIT = 12
TOKENS_IN_A_TAG = 100
BRACKETS_DEEP = 8
BLOCKS_DEEP = 12

OPENING = frozenset({"if", "for"})
CLOSING = frozenset({"endif", "endfor"})
BETWEEN = frozenset({"elif", "else"})
_QUIET = frozenset({"whitespace", "comment", "comment_begin", "comment_end", "data"})

Token = tuple[int, str, str]


class NotAllowed(ValueError):
    """Something a template may not hold: the line it stands in (from 1), and what is wrong, for a person."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"Line {line}: {why}")
        self.line = line
        self.why = why


@cache
def _jinja() -> Environment:
    return Environment(autoescape=True)  # only reads; what runs is made in render.py


def tokens(source: str) -> Iterator[Token]:
    """The line, kind and text of each token; put together again they are the source. Raises NotAllowed."""
    try:
        yield from _jinja().lexer.tokeniter(source, None)
    except TemplateSyntaxError as error:
        raise NotAllowed(error.lineno, error.message or "This cannot be read.") from None


class Measure(NamedTuple):
    """How much a source may hold: characters, and tags of Jinja2."""

    characters: int = SOURCE_LIMIT
    tags: int = TAGS_LIMIT


WRITTEN = Measure()


def parse(source: str, measure: Measure = WRITTEN) -> nodes.Template:
    """The syntax tree of a template that is small and shallow enough; raises NotAllowed."""
    if len(source) > measure.characters:
        raise NotAllowed(1, f"A part may hold {measure.characters:,} characters; this one has {len(source):,}.")
    _check_measures(source, measure)
    try:
        return _jinja().parse(source)
    except TemplateSyntaxError as error:
        raise NotAllowed(error.lineno, error.message or "This cannot be read.") from None


def _check_measures(source: str, measure: Measure) -> None:
    gauge = _Gauge(measure.tags)
    for line, kind, text in tokens(source):
        if kind not in _QUIET:
            gauge.take(line, kind, text)


class _Gauge:
    """Counts tokens, brackets and blocks on the way through the source."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._tags = 0
        self._in_tag = 0
        self._brackets = 0
        self._blocks = 0
        self._names_tag = False

    def take(self, line: int, kind: str, text: str) -> None:
        """The next token; raises NotAllowed when a measure is full."""
        if kind.endswith("_begin"):
            self._begin(line, kind)
        elif self._names_tag:
            self._tag(line, text)
        self._in_tag += 1
        if self._in_tag > TOKENS_IN_A_TAG:
            raise NotAllowed(line, f"One tag may hold {TOKENS_IN_A_TAG} words and signs; this one holds more.")
        if kind == "operator":
            self._bracket(line, text)
        _literal(line, kind, text)

    def _begin(self, line: int, kind: str) -> None:
        if kind == "raw_begin":
            raise NotAllowed(line, "{% raw %} is not allowed.")
        self._tags += 1
        if self._tags > self._most:
            raise NotAllowed(
                line, f"A part may hold {self._most:,} tags, {{{{ … }}}} and {{% … %}}; this one holds more."
            )
        self._in_tag = self._brackets = 0
        self._names_tag = kind == "block_begin"

    def _tag(self, line: int, name: str) -> None:
        self._names_tag = False
        if name not in OPENING | CLOSING | BETWEEN:
            raise NotAllowed(line, f"The tag {name[:40]!r} is not allowed; there are if, elif, else and for.")
        self._blocks += (name in OPENING) - (name in CLOSING)
        if self._blocks > BLOCKS_DEEP:
            raise NotAllowed(line, f"Blocks may stand {BLOCKS_DEEP} deep in one another; these stand deeper.")

    def _bracket(self, line: int, sign: str) -> None:
        self._brackets += (sign in "([{") - (sign in ")]}")
        if self._brackets > BRACKETS_DEEP:
            raise NotAllowed(line, f"Brackets may stand {BRACKETS_DEEP} deep in one another; these stand deeper.")


def _literal(line: int, kind: str, text: str) -> None:
    if kind == "string" and len(text) > LITERAL_LIMIT:
        raise NotAllowed(line, f"A text in quotes may hold {LITERAL_LIMIT:,} characters; this one has {len(text):,}.")
    if kind in {"integer", "float"} and len(text) > DIGITS_LIMIT:
        raise NotAllowed(line, f"A number may have {DIGITS_LIMIT} digits; this one has {len(text):,}.")
