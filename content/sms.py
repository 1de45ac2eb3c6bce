"""Text messages: what they may be made of, and how many segments they cost.

Counting after 3GPP TS 23.038: in the GSM 7-bit alphabet a message holds 160 septets, or 153 in each part of a
longer one; a single character outside the alphabet makes it UCS-2, with 70 and 67 16-bit units.
"""

import unicodedata
from collections.abc import Mapping
from itertools import pairwise
from typing import Literal

import msgspec

from content.allowlist import check
from content.form import Form
from content.render import Piece, compiled
from content.wording import wording
from customers.consent import Purpose

# What Twilio, and most of the others, take as one message.
TEXT_LIMIT = 1_600
# The variable that leads to the page that says why a message came.
WHY = "links.why"

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Spaces that hold figures and their signs together; to the eye they are spaces, and one would make a text UCS-2.
# So would the sign that ends a text which was cut.
_PLAIN = str.maketrans(dict.fromkeys("\u00a0\u202f\u2009", " ") | {"…": "..."})
_EXTENDED = frozenset("\f^{}\\[~]|€")  # an escape before each: two septets


class SmsCount(msgspec.Struct, frozen=True, kw_only=True):
    """What a text costs: `units` are septets in GSM-7 and 16-bit units in UCS-2; `left` fit into the last segment.

    `unicode` are the characters that make it UCS-2, in the order in which they appear.
    """

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    segments: int
    left: int
    unicode: list[str] = []


def segments(text: str) -> SmsCount:
    """How many segments a text is sent in."""
    foreign = list(dict.fromkeys(char for char in text if char not in _BASIC and char not in _EXTENDED))
    if foreign:
        sizes = [len(char.encode("utf-16-be")) // 2 for char in text]
        return _count("UCS-2", sizes, single=70, part=67, unicode=foreign)
    return _count("GSM-7", [2 if char in _EXTENDED else 1 for char in text], single=160, part=153, unicode=[])


def _count(
    encoding: Literal["GSM-7", "UCS-2"], sizes: list[int], *, single: int, part: int, unicode: list[str]
) -> SmsCount:
    units = sum(sizes)
    if units <= single:
        return SmsCount(encoding=encoding, units=units, segments=1, left=single - units, unicode=unicode)
    starts = [*_starts(sizes, part), len(sizes)]
    left = part - sum(sizes[starts[-2] :])
    return SmsCount(encoding=encoding, units=units, segments=len(list(pairwise(starts))), left=left, unicode=unicode)


def _starts(sizes: list[int], part: int) -> list[int]:
    """Where each part starts; a character of two units is never cut in two, so a part may end one unit short."""
    starts, filled = [0], 0
    for at, size in enumerate(sizes):
        if filled + size > part:
            starts.append(at)
            filled = 0
        filled += size
    return starts


def cheap(text: str) -> str:
    """Without the accents that no GSM alphabet has, as people write texts: one of them would double the cost."""
    return "".join(one if segments(one).encoding == "GSM-7" else _bare(one) for one in text)


def _bare(letter: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", letter) if not unicodedata.combining(one))


def check_part(_part: str, source: str) -> None:
    """Raises NotAllowed where a text holds what a template must not."""
    check(source)


def compile_parts(parts: Mapping[str, str], locale: str, purpose: Purpose) -> dict[str, Piece]:
    """The text, ready to be rendered; below marketing stand the way out and the page that says why, unless the text
    names them itself. Its addresses become short links before it goes out, and are counted so.
    """
    text, words = parts["text"].strip(), wording(locale)
    if purpose == "marketing":
        stop = "" if "STOP" in text else words.stop
        why = "" if WHY in text else f"{words.why_short} {{{{ {WHY} }}}}"
        text = "\n".join(filter(None, [text, stop, why]))
    return {"text": compiled(check(text), html=False)}


FORM = Form(
    channel="sms",
    required=frozenset({"text"}),
    check=check_part,
    compile=compile_parts,
    limits={"text": TEXT_LIMIT},
    tidy=lambda text: text.translate(_PLAIN),
)
