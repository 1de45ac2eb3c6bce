"""Tags and statements must nest: what an `if` or a `for` opens, it closes, so that a letter is whole whatever it says.

A branch that is left out, or an item that stands three times, takes its tags along; half a pair of them would leave
the rest of the letter in another's box.
"""

import re
from html.parser import HTMLParser

from content.markup import MARK, Held, line_at
from content.syntax import BETWEEN, CLOSING, OPENING, NotAllowed

_STATEMENT = re.compile(r"\{%[-+]?\s*(\w+)")
_VOID = frozenset({"br", "hr", "img", "meta"})
# What HTML closes by itself where the next of its kind begins, or what holds it ends.
_ENDS_BY_ITSELF = frozenset({"p", "li", "tr", "td", "th", "thead", "tbody", "tfoot"})


def check_blocks(source: str) -> None:
    """Refuse an `if`'s branch or a `for` that opens a tag and does not close it, or closes another's; raises NotAllowed
    with the line and the tag. `source` is HTML or MJML that may stand otherwise.
    """
    held = Held()
    kept = held.hold(source)
    reader = _Reader(kept, held)
    reader.feed(kept)
    reader.close()


class _Reader(HTMLParser):
    """Goes through tags and statements together; `_floors` are the tags open where each block around began."""

    def __init__(self, held: str, pieces: Held) -> None:
        super().__init__(convert_charrefs=True)
        self._held = held
        self._pieces = pieces
        self._open: list[tuple[str, int]] = []
        self._floors: list[int] = []
        self._blocks: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        if tag not in _VOID:
            self._open.append((tag, self._line()))

    def handle_endtag(self, tag: str) -> None:
        """A tag closes, and what stands in it; both within the same block."""
        if tag in _VOID or not self._blocks:
            self._close(tag, 0)
            return
        if not self._close(tag, self._floors[-1]):
            raise NotAllowed(
                self._line(), f"</{tag}> closes, within {self._blocks[-1]}, what was opened outside of it."
            )

    def handle_comment(self, data: str) -> None:
        """A statement."""
        piece = self._pieces.restore(data)
        found = _STATEMENT.match(piece) if MARK.fullmatch(data) else None
        word = found[1] if found else ""
        if word in CLOSING | BETWEEN and self._blocks:
            self._settle()
        if word in CLOSING and self._blocks:
            self._floors.pop()
            self._blocks.pop()
        elif word in OPENING:
            self._floors.append(len(self._open))
            self._blocks.append(piece[:60])
        elif word in BETWEEN and self._blocks:
            self._blocks[-1] = piece[:60]

    def _close(self, tag: str, floor: int) -> bool:
        """Close the innermost such tag above the floor; whether there is one."""
        for at in range(len(self._open) - 1, floor - 1, -1):
            if self._open[at][0] == tag:
                del self._open[at:]
                return True
        return False

    def _settle(self) -> None:
        """A branch ends: what it opened is closed."""
        for tag, line in self._open[self._floors[-1] :]:
            if tag not in _ENDS_BY_ITSELF:
                raise NotAllowed(line, f"<{tag}> is not closed within {self._blocks[-1]}, where it opens.")
        del self._open[self._floors[-1] :]

    def _line(self) -> int:
        return line_at(self._held, self._pieces, self.getpos())
