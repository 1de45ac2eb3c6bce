"""What the letters of a request have in common, and what is each one's own.

A provider that substitutes tags can carry a thousand letters in one request. The long texts are the frame that all
letters of one template share (content/letters.py); of its slots, those that say the same to everybody become text too,
and the others tags. Filling the skeleton gives back each letter, character for character. A letter without a frame is
one slot from end to end.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence

import msgspec

from content.letters import Frame
from messaging.message import Rendered

Slots = Mapping[str, Sequence[str]]

# A tag is so long, about: "-", a word, ".", a number, "-".
TAG = 17


class Skeleton(msgspec.Struct, frozen=True, kw_only=True):
    """The common parts with tags in them, and for each letter the text of every tag."""

    parts: dict[str, str]
    slots: list[dict[str, str]]


def frame_of(rendered: Rendered, parts: Sequence[str]) -> Frame:
    """What a letter shares with others; letters whose frames have one id may share a skeleton."""
    if rendered.frame is not None:
        return rendered.frame
    named = [part for part in parts if rendered.parts.get(part)]
    return Frame(id=" ".join(named), fixed=dict.fromkeys(named, ("", "")))


def slots_of(rendered: Rendered, parts: Sequence[str]) -> Slots:
    """What a letter says in each slot of its frame."""
    if rendered.frame is not None:
        return rendered.slots
    return {part: [rendered.parts[part]] for part in parts if rendered.parts.get(part)}


def size(slots: Slots) -> int:
    """The bytes that a letter's own texts take with their tags, at most."""
    texts = [text for part in slots.values() for text in part]
    whole = "".join(texts)
    return TAG * len(texts) + (len(whole) if whole.isascii() else len(whole.encode("utf-8", "surrogatepass")))


def draw() -> str:
    """A random word."""
    return secrets.token_hex(6)


def extract(frame: Frame, letters: Sequence[Slots], draw: Callable[[], str] = draw) -> Skeleton:
    """The skeleton of letters that have one frame. One letter alone is all skeleton.

    Tags are made of a word that is drawn until it stands in none of the letters.
    """
    mark = _mark(frame, letters, draw)
    tags: dict[tuple[str, ...], str] = {}
    parts = {
        name: _common(fixed, zip(*(slots[name] for slots in letters), strict=True), mark, tags)
        for name, fixed in frame.fixed.items()
    }
    names = list(tags.values())
    own = [dict(zip(names, texts, strict=True)) for texts in zip(*tags, strict=True)] if tags else [{}] * len(letters)
    return Skeleton(parts=parts, slots=own)


def _common(fixed: Sequence[str], columns: "zip[tuple[str, ...]]", mark: str, tags: dict[tuple[str, ...], str]) -> str:
    """One part with its tags; what differs in the same way in two places (a name, say) is one tag."""
    skeleton = [fixed[0]]
    for column, after in zip(columns, fixed[1:], strict=True):
        first = column[0]
        if all(text == first for text in column):
            skeleton += [first, after]
            continue
        start = _common_start(column)
        own = tuple([text[len(start) :] for text in column]) if start else column
        skeleton += [start, tags.setdefault(own, f"-{mark}.{len(tags)}-"), after]
    return "".join(skeleton)


def _common_start(texts: Sequence[str]) -> str:
    """The first and the last in order differ wherever any two do."""
    first, last = min(texts), max(texts)
    differ = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(differ, min(len(first), len(last)))]


def _mark(frame: Frame, letters: Sequence[Slots], draw: Callable[[], str]) -> str:
    """A word that stands in none of the texts, so that no tag can be met by chance or on purpose."""
    common = [text for fixed in frame.fixed.values() for text in fixed]
    own = (text for slots in letters for texts in slots.values() for text in texts)
    everything = "\0".join([*common, *own])
    while (mark := draw()) in everything:
        continue
    return mark
