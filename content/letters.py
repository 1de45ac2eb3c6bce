"""Letters written from one template: the long texts that all of them share are kept once, each has its own slots."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256

import msgspec

from content.errors import Empty
from content.form import Compiled, Parts
from content.links import Wrap
from content.render import Piece, context_for
from content.slots import woven, wrap_links, wrap_spelt
from content.templates import compile_template
from customers.consent import Purpose


class Frame(msgspec.Struct, frozen=True, kw_only=True, rename={"id": "_id"}):
    """What letters of one template have in common: by part, the texts around the slots, one more than there are slots.

    Nothing of any person stands in it. `id` follows from the texts.
    """

    id: str
    fixed: Mapping[str, Sequence[str]]


class Written(msgspec.Struct, frozen=True):
    """A letter: all of its parts, whole, and the slots of those that stand in the frame."""

    parts: dict[str, str]
    slots: dict[str, list[str]]


class Letters:
    """Writes one channel's content in one language, for any number of receivers."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._framed = {name: piece for name, piece in compiled.pieces.items() if _is_long(compiled, name)}
        short = {name: piece for name, piece in compiled.pieces.items() if name not in self._framed}
        names: frozenset[str] = frozenset().union(*(piece.names for piece in short.values()))
        self._short = msgspec.structs.replace(compiled, pieces=short, names=names)
        self.names = compiled.names
        self.frame = _frame({name: piece.fixed for name, piece in self._framed.items()}) if self._framed else None

    def write(self, values: Mapping[str, object], wrap: Wrap, mark: Wrap = str) -> Written:
        """The letter for these values, each web address that a link leads to put as `wrap` says; in the text part,
        where people see the address itself, as `mark` says.

        Raises MissingValue, TooLarge or Empty, as `Compiled.render`.
        """
        parts = self._short.render(values)
        if not self._framed:
            return Written(parts, {})
        context = context_for(self.names, values, self._compiled.locale)
        slots = {}
        for name, piece in self._framed.items():
            slots[name] = piece.fill(context)
            wrap_links(slots[name], piece.links, piece.loose, wrap)
            wrap_spelt(slots[name], piece.spelt, mark)
            parts[name] = _whole(name, piece, slots[name])
        return Written(parts, slots)


def letters_of(parts: Parts, channel: str, locale: str, purpose: Purpose) -> Letters:
    """The writer of these parts, made once; raises Invalid as `compile_template`."""
    return _letters(channel, locale, purpose, tuple(sorted(parts.items())))


@lru_cache(maxsize=256)
def _letters(channel: str, locale: str, purpose: Purpose, parts: tuple[tuple[str, str], ...]) -> Letters:
    return Letters(compile_template(dict(parts), channel, locale, purpose))


def _is_long(compiled: Compiled, name: str) -> bool:
    """Whether a part has no limit of its own: the letter itself, not what stands on its envelope."""
    return name not in compiled.form.limits and name not in compiled.form.lines


def _frame(fixed: Mapping[str, Sequence[str]]) -> Frame:
    return Frame(id=sha256(msgspec.json.encode(fixed)).hexdigest()[:26], fixed=fixed)


def _whole(name: str, piece: Piece, slots: Sequence[str]) -> str:
    text = woven(piece.fixed, slots)
    if not text or text.isspace():
        raise Empty(name)
    return text
