"""Codes that people can read out, type and not guess: an own alphabet without look-alikes, and a check character.

The alphabet leaves out every letter that is taken for another sign (O, I, L, Z, S, B, U), so that what is typed
in its place can only mean one thing. It has 29 signs, a prime, and the check character is the weighted sum of the
others modulo 29, which finds every single wrong sign and every two neighbours that changed places
(the construction of ISBN-10; see J. Verhoeff, Error Detecting Decimal Codes, 1969).
"""

from collections.abc import Callable, Iterable, Mapping

from common.errors import NotFound
from common.ids import number

ALPHABET = "0123456789ACDEFGHJKMNPQRTVWXY"
LENGTH = 12
# 29**11 codes: with a million of them given out, one guess in twelve thousand million is right.
_BODY = LENGTH - 1
_VALUE = {sign: value for value, sign in enumerate(ALPHABET)}
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8", "U": "V"})
_BETWEEN = str.maketrans(dict.fromkeys("-_. \t\u00a0\u2010\u2011\u2012\u2013\u2014\u202f"))
# Two sources that come to one code are told apart by a salt; a second one is needed once in 10**10.
_SALTS = 4
# Whoever sends more than this never read it off one of our messages.
_LONGEST_TYPED = 64


def make(key: str, *parts: str | int) -> str:
    """The code that follows from these parts; nobody without the key can work it out."""
    rest = number(key.encode(), "code", *parts)
    body = []
    for _ in range(_BODY):
        rest, value = divmod(rest, len(ALPHABET))
        body.append(ALPHABET[value])
    return "".join(body) + _check("".join(body))


def parse(typed: str, kind: str = "voucher") -> str:
    """The code that was meant: any case, spaces or hyphens anywhere, look-alikes put right.

    Raises NotFound for what cannot be one of ours, without asking the database.
    """
    meant = typed.upper().translate(_BETWEEN).translate(_MEANT) if len(typed) <= _LONGEST_TYPED else ""
    ours = len(meant) == LENGTH and all(sign in _VALUE for sign in meant)
    if not ours or _check(meant[:-1]) != meant[-1]:
        raise NotFound(kind, typed[:_LONGEST_TYPED])
    return meant


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
    total = sum(weight * _VALUE[sign] for weight, sign in enumerate(body, start=2))
    return ALPHABET[total % len(ALPHABET)]
