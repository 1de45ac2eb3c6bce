"""Identifiers: new ones that sort by time, and derived ones that come out the same when the work is done twice."""

import hashlib
import re
import secrets

from ulid import ULID

from common.macs import mac

# What a shop may call its things: 1 to 64 characters that can be seen, no "/", no invisible or text-turning ones, and
# neither a space at an end nor a dot at the start, so that an id survives a path. Both Python and ECMA 262 read it.
SHOP_ID_LENGTH = 64
_HIDDEN = r"/\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff0-\uffff"
SHOP_ID_PATTERN = rf"^[^\s.{_HIDDEN}](?:[^{_HIDDEN}]*[^\s{_HIDDEN}])?$"
_SHOP_ID = re.compile(SHOP_ID_PATTERN)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [one + other for one in _ALPHABET for other in _ALPHABET]
_SHIFTS = range(120, -1, -10)


def new_id() -> str:
    """A new identifier: 26 lower-case letters and digits, later ones sort after earlier ones (a ULID)."""
    return str(ULID()).lower()


def new_seed() -> str:
    """A new secret, of 128 bits, for what is derived from it with `keyed` or `number`."""
    return secrets.token_hex(16)


def is_shop_id(text: str) -> bool:
    """Whether this can be the shop's own id of something."""
    return 1 <= len(text) <= SHOP_ID_LENGTH and text == text.strip() and _SHOP_ID.match(text) is not None


def derive(*parts: str | int) -> str:
    """The same 26 letters and digits for the same parts, on every machine and for ever.

    Each part is framed by its length, so that ("ab", "c") and ("a", "bc") differ.
    """
    return _letters(hashlib.sha256(_framed(parts)).digest())


def keyed(key: bytes, *parts: str | int) -> str:
    """Like `derive`, but nobody without the key can work it out or test a guess (HMAC-SHA-256)."""
    return _letters(mac(key, _framed(parts)))


def number(key: bytes, *parts: str | int) -> int:
    """Like `keyed`, as a whole number below 2**256, for whoever has an alphabet of their own."""
    return int.from_bytes(mac(key, _framed(parts)))


def _framed(parts: tuple[str | int, ...]) -> bytes:
    framed = b""
    for part in parts:  # a few short ones: cheaper than a list that is joined
        text = str(part).encode()
        framed += len(text).to_bytes(4, "big") + text
    return framed


def _letters(digest: bytes) -> str:
    """The first 130 bits in the letters and digits of RFC 4648's base 32, in lower case: 26 of them, two at a time."""
    bits = int.from_bytes(digest[:17]) >> 6
    return "".join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])
