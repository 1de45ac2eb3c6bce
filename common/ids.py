"""Identifiers: new ones that sort by time, and derived ones that come out the same when the work is done twice."""

import base64
import hashlib
import hmac

from ulid import ULID


def new_id() -> str:
    """A new identifier: 26 lower-case letters and digits, later ones sort after earlier ones (a ULID)."""
    return str(ULID()).lower()


def derive(*parts: str | int) -> str:
    """The same 26 letters and digits for the same parts, on every machine and for ever.

    Each part is framed by its length, so that ("ab", "c") and ("a", "bc") differ.
    """
    return _letters(hashlib.sha256(_framed(parts)).digest(), 26)


def keyed(key: bytes, *parts: str | int) -> str:
    """Like `derive`, but nobody without the key can work it out or test a guess (HMAC-SHA-256)."""
    return _letters(hmac.digest(key, _framed(parts), "sha256"), 26)


def _framed(parts: tuple[str | int, ...]) -> bytes:
    texts = [str(part).encode() for part in parts]
    return b"".join(len(text).to_bytes(4, "big") + text for text in texts)


def _letters(digest: bytes, length: int) -> str:
    return base64.b32encode(digest).decode().lower()[:length]
