"""A channel's form of words: which parts it has, and how they are checked and made ready."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

import msgspec

from content.errors import Empty
from content.render import OUTPUT_LIMIT, Piece, clean, context_for
from customers.consent import Purpose

Parts = Mapping[str, str]
# What has a meaning in an address stays as it was written.
_OF_AN_ADDRESS = "%/:=&?~#+!$,;'@()*[]"


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel's content is made of.

    `check(part, source)` raises NotAllowed; `compile(parts, locale, purpose)` gives what is rendered, which may be
    more parts than were written. Of the parts in `either` exactly one is written. `lines` are parts of one line each,
    a mail header among them; `limits` are the most characters a part may come out with; a `droppable` one that comes
    out empty is left out. `addresses` are parts that are a web address each, in which what was filled in is written as
    an address takes it. `tidy` is done to each part that is no line of its own. `check_new(part, source)` raises
    NotAllowed for what is not taken any more; what is kept from before is sent as it always was.
    """

    channel: str
    required: frozenset[str]
    either: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    check: Callable[[str, str], None]
    compile: Callable[[Parts, str, Purpose], dict[str, Piece]]
    lines: frozenset[str] = frozenset()
    limits: dict[str, int] = {}
    droppable: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    tidy: Callable[[str], str] = str
    check_new: Callable[[str, str], None] = lambda part, source: None


class Compiled(msgspec.Struct, frozen=True, kw_only=True):
    """A channel's content in one language, ready for any number of receivers."""

    form: Form
    locale: str
    pieces: dict[str, Piece]
    names: frozenset[str]

    def render(self, values: Mapping[str, object]) -> dict[str, str]:
        """The parts as one receiver gets them, from values by the vocabulary's paths.

        `values["time_zone"]` and `values["locale"]` decide how days and figures are written. Raises MissingValue,
        TooLarge or Empty: then nothing can be written for this receiver, and nothing half-written goes out.
        """
        context = context_for(self.names, values, self.locale)
        parts = {}
        for part, piece in self.pieces.items():
            text = piece.render(context, self.form.limits.get(part, OUTPUT_LIMIT))
            words = clean(text) if part in self.form.lines else self.form.tidy(text).strip()
            if words:
                parts[part] = quote(words, safe=_OF_AN_ADDRESS) if part in self.form.addresses else words
            elif part not in self.form.droppable:
                raise Empty(part)
        return parts
