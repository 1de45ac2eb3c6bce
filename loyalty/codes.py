"""Codes that people can read out, type and not guess: an own alphabet without look-alikes, and a check character.

The alphabet leaves out every letter that is taken for another sign (O, I, L, Z, S, B, U), so that what is typed
in its place can only mean one thing. It has 29 signs, a prime, and the check character is the weighted sum of the
others modulo 29, which finds every single wrong sign and every two neighbours that changed places
(the construction of ISBN-10; see J. Verhoeff, Error Detecting Decimal Codes, 1969).

A shop's own codes (loyalty/own_codes.py) are any letters and digits. They are kept as they are `written` here, so that
case, spaces and hyphens do not matter, and found by what they look `alike` where that means only one of them.
"""

import unicodedata
from collections.abc import Callable, Iterable, Mapping

from common.errors import NotFound
from common.ids import number

ALPHABET = "0123456789ACDEFGHJKMNPQRTVWXY"
LENGTH = 12
# 29**11 codes: with a million of them given out, one guess in twelve thousand million is right.
_BODY = LENGTH - 1
_BODIES = len(ALPHABET) ** _BODY
_VALUE = {sign: value for value, sign in enumerate(ALPHABET)}
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8", "U": "V"})
# What people put between signs, and what a copied text brings along unseen.
_BETWEEN = str.maketrans(
    dict.fromkeys("-_. \t\r\n\u00a0\u00ad\u200b\u200c\u200d\u2010\u2011\u2012\u2013\u2014\u202f\u2060\ufeff")
)
# Two sources that come to one code are told apart by a salt; a second one is needed once in 10**10.
_SALTS = 4
# Whoever sends more than this never read it off one of our messages.
_LONGEST_TYPED = 64
# Of the shop's own codes. A shorter one would be guessed.
SHORTEST, LONGEST = 4, 40

# Why something is no code; part of the API, so a word never changes its meaning.
EMPTY, TOO_SHORT, TOO_LONG, CHARACTERS, MISTYPED, UNKNOWN = (
    "empty", "too_short", "too_long", "characters", "mistyped", "unknown_code",
)  # fmt: skip
REASONS = {
    EMPTY: "There is no sign in the code.",
    TOO_SHORT: f"A code has at least {SHORTEST} letters and digits.",
    TOO_LONG: f"A code has at most {LONGEST} letters and digits.",
    CHARACTERS: "A code has letters and digits, with spaces or hyphens between them, and nothing else.",
    MISTYPED: "The code was mistyped: its last character does not fit the others.",
    UNKNOWN: "There is no such code.",
}


def make(key: str, *parts: str | int) -> str:
    """The code that follows from these parts; nobody without the key can work it out."""
    rest = number(key.encode(), "code", *parts) % _BODIES  # so small a number is soon divided
    body = ""
    for _ in range(_BODY):
        rest, value = divmod(rest, len(ALPHABET))
        body += ALPHABET[value]
    return body + _check(body)


def parse(typed: str, kind: str = "voucher") -> str:
    """The code that was meant: any case, spaces or hyphens anywhere, look-alikes put right.

    Raises NotFound, with one of REASONS, for what cannot be one of ours, without asking the database.
    """
    plain = written(typed)
    meant = alike(plain)
    if why := fault(plain, typed):
        raise none(kind, typed, why)
    if len(meant) != LENGTH or any(sign not in _VALUE for sign in meant):
        raise none(kind, typed, UNKNOWN)
    if not is_ours(meant):
        raise none(kind, typed, MISTYPED)
    return meant


def written(typed: str) -> str:
    """A code without what does not matter: capitals, in Unicode's compatible form, nothing between the signs.

    Empty where it is longer than anybody types.
    """
    if len(typed) > _LONGEST_TYPED:
        return ""
    return unicodedata.normalize("NFKC", typed.translate(_BETWEEN)).upper().translate(_BETWEEN)


def alike(plain: str) -> str:
    """What looks the same: each letter that is taken for another sign as that sign."""
    return plain.translate(_MEANT)


def is_ours(plain: str) -> bool:
    """Whether it could be a code made here: the length, the alphabet, the check character."""
    known = len(plain) == LENGTH and all(sign in _VALUE for sign in plain)
    return known and _check(plain[:-1]) == plain[-1]


def fault(plain: str, typed: str) -> str:
    """Why nobody's code is written like this, as one of REASONS; empty where one may be."""
    if len(typed) > _LONGEST_TYPED or len(plain) > LONGEST:
        return TOO_LONG
    if not plain:
        return EMPTY
    if not all(sign.isalnum() for sign in plain):
        return CHARACTERS
    return TOO_SHORT if len(plain) < SHORTEST else ""


def none(kind: str, typed: str, why: str) -> NotFound:
    """The error for what is no code, with its reason and so much of it as anybody wants to read."""
    return NotFound(kind, typed[:_LONGEST_TYPED], why, f"There is no {kind} {typed[:_LONGEST_TYPED]!r}. {REASONS[why]}")


def reason_of(plain: str) -> str:
    """Why a code that may be somebody's, but was not found, is none: mistyped, or simply unknown."""
    meant = alike(plain)
    like_ours = len(meant) == LENGTH and all(sign in _VALUE for sign in meant)
    return MISTYPED if like_ours and not is_ours(meant) else UNKNOWN


def distinct(sources: Iterable[str], key: str, keep: Callable[[Mapping[str, str]], set[str]]) -> dict[str, str]:
    """A code for each source, the same each time.

    `keep` is given sources by their codes, keeps the new ones, and returns the codes that somebody else has.
    """
    chosen: dict[str, str] = {}
    left = list(sources)
    for salt in range(_SALTS):
        tried = {make(key, source, salt): source for source in left}
        clashes = keep(tried)
        chosen.update({source: code for code, source in tried.items() if code not in clashes})
        left = [source for source in left if source not in chosen]
        if not left:
            return chosen
    raise RuntimeError(f"{_SALTS} codes in a row belong to others; these codes' key cannot be right.")


def candidates(source: str, key: str) -> list[str]:
    """The codes that a source may have, the likeliest first."""
    return [make(key, source, salt) for salt in range(_SALTS)]


def _check(body: str) -> str:
    total = sum([weight * _VALUE[sign] for weight, sign in enumerate(body, start=2)])
    return ALPHABET[total % len(ALPHABET)]
