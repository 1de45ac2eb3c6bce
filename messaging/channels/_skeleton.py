"""What many letters have in common, and what is each one's own, found by comparing them piece by piece.

A provider that substitutes tags can then carry a thousand letters in one request. Nothing is known of
templates here: letters are cut into lines and HTML tags, pieces equal in all letters form the skeleton,
and the others become tags. Filling the skeleton gives back each letter, character for character.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence

import msgspec

Parts = Mapping[str, str]

# A piece ends after a line's end and before and after an HTML tag; joined, the pieces are the text again. The
# pattern consumes what it matches: one made of look-arounds, tried at every character, took five times as long.
_PIECE = re.compile(r"<?[^<>\n]*[>\n]?")


class Skeleton(msgspec.Struct, frozen=True, kw_only=True):
    """The common parts with tags in them, and for each letter the text of every tag."""

    parts: dict[str, str]
    slots: list[dict[str, str]]


def pieces(text: str) -> list[str]:
    """A text cut up; `"".join` undoes it."""
    return _PIECE.findall(text)


def shape(parts: Parts) -> tuple[tuple[str, int], ...]:
    """What letters must share to share a skeleton: the names of their parts and into how many pieces each falls."""
    return tuple((name, len(pieces(text))) for name, text in sorted(parts.items()))


def draw() -> str:
    """A random word."""
    return secrets.token_hex(6)


def extract(letters: Sequence[Parts], draw: Callable[[], str] = draw) -> Skeleton:
    """The skeleton of letters that have one shape. One letter alone is all skeleton.

    Tags are made of a word that is drawn until it stands in none of the letters.
    """
    mark = _mark(letters, draw)
    tags: dict[tuple[str, ...], str] = {}
    parts = {name: _common([letter[name] for letter in letters], mark, tags) for name in letters[0]}
    slots = [{tag: texts[number] for texts, tag in tags.items()} for number in range(len(letters))]
    return Skeleton(parts=parts, slots=slots)


def _common(texts: Sequence[str], mark: str, tags: dict[tuple[str, ...], str]) -> str:
    """One part with its tags; what differs in the same way in two places (a name, say) is one tag."""
    skeleton: list[str] = []
    for column in zip(*(pieces(text) for text in texts), strict=True):
        if len(set(column)) == 1:
            skeleton.append(column[0])
            continue
        start, own, end = _trimmed(column)
        tag = tags.setdefault(tuple(own), f"-{mark}.{len(tags)}-")
        skeleton += [start, tag, end]
    return "".join(skeleton)


def _trimmed(column: Sequence[str]) -> tuple[str, list[str], str]:
    start = _common_start(column)
    rest = [text[len(start) :] for text in column]
    end = _common_start([text[::-1] for text in rest])[::-1]
    return start, [text[: len(text) - len(end)] for text in rest], end


def _common_start(texts: Sequence[str]) -> str:
    """The first and the last in order differ wherever any two do."""
    first, last = min(texts), max(texts)
    differ = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(differ, min(len(first), len(last)))]


def _mark(letters: Sequence[Parts], draw: Callable[[], str]) -> str:
    """A word that stands in none of the texts, so that no tag can be met by chance or on purpose."""
    while True:
        mark = draw()
        if not any(mark in text for letter in letters for text in letter.values()):
            return mark
