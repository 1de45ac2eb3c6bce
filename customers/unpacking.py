"""A file as it came, gzip or not and in any encoding -> its text in UTF-8, as a stream of flat memory.

What is no text in the encoding becomes a byte that UTF-8 never has, so that the row it stands in is refused, and
no other.
"""

import codecs
import zlib
from collections.abc import Iterable, Iterator

from common.errors import Invalid

PIECE = 256 * 1024
GZIP_MAGIC = b"\x1f\x8b"
UTF8 = "utf-8"

# What spreadsheets and shops write; anything else is better saved again than guessed at.
ENCODINGS = (
    UTF8, "utf-16", "utf-16-le", "utf-16-be", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1257", "cp437",
    "cp850", "cp852", "latin-1", "iso8859-2", "iso8859-15", "mac-roman", "koi8-r", "shift_jis", "euc-jp", "euc-kr",
    "gb18030", "big5",
)  # fmt: skip
# A table of a shop packs into a tenth, and what is all alike into a thousandth: that is a bomb.
MAX_RATIO = 100
FREE = 64 * 1024 * 1024

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NEVER_UTF8 = b"\xff"
_MARK = "\ufffd"


def encoding_named(name: str) -> str:
    """An encoding as it is called here; raises Invalid where it is none that is taken."""
    try:
        python = codecs.lookup(name.strip()).name
    except (LookupError, ValueError):
        python = ""
    for known in ENCODINGS:
        if codecs.lookup(known).name == python:
            return known
    raise Invalid.field("encoding", f"Must be one of {', '.join(ENCODINGS)}.")


def encoding_marked(head: bytes) -> str:
    """The encoding that a file's first bytes declare (a byte order mark); "" where they declare none."""
    if head.startswith(codecs.BOM_UTF8):
        return UTF8
    return "utf-16" if head.startswith(_UTF16) else ""


class Gunzip:
    """Unpacks gzip as it comes, of any number of members; a file that is not packed passes as it is."""

    def __init__(self, packed: bool) -> None:
        self._packed = packed
        self._member = zlib.decompressobj(wbits=31)
        self._begun = False
        self._in = 0
        self._out = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What these bytes unpack to, in pieces. Raises Invalid where it is no gzip, or far more than a table gives."""
        if not self._packed:
            yield data
            return
        self._in += len(data)
        while data:
            piece = self._unpacked(data)
            data = self._member.unconsumed_tail
            if self._member.eof:
                data = self._member.unused_data
                self._member, self._begun = zlib.decompressobj(wbits=31), False
                # Some writers fill the last block with zeros.
                data = b"" if not data.strip(b"\0") else data
            self._out += len(piece)
            if self._out > FREE + MAX_RATIO * self._in:
                raise Invalid.field("file", f"It unpacks to more than {MAX_RATIO} times its size; send it unpacked.")
            if piece:
                yield piece

    def close(self) -> None:
        """Raise Invalid where the file ends in the middle."""
        if self._packed and self._begun:
            raise Invalid.field("file", "The gzip file is cut off: its end is missing. Send it again.")

    def _unpacked(self, data: bytes) -> bytes:
        self._begun = True
        try:
            return self._member.decompress(data, PIECE)
        except zlib.error as error:
            raise Invalid.field("file", f"This is not a whole gzip file ({error}). Pack and send it again.") from None


class Recode:
    """Brings text into UTF-8 as it comes; UTF-8 passes as it is."""

    def __init__(self, encoding: str) -> None:
        self._decoder = None if encoding == UTF8 else codecs.getincrementaldecoder(encoding)("replace")

    def feed(self, data: bytes, *, last: bool = False) -> bytes:
        """The same text in UTF-8. Raises Invalid for UTF-16 that does not say which of the two it is."""
        if self._decoder is None:
            return data
        try:
            recoded = self._decoder.decode(data, last).encode("utf-8", "replace")
        except UnicodeError:  # bad bytes are replaced: this is about the mark
            raise Invalid.field(
                "encoding", "The file has no mark at its beginning; say utf-16-le or utf-16-be."
            ) from None
        return recoded.replace(_MARK.encode(), _NEVER_UTF8)


def unpacked(pieces: Iterable[bytes], *, gzip: bool, encoding: str, offset: int = 0) -> Iterator[bytes]:
    """A file's text in UTF-8 from a byte of that text on. `pieces` are the file's from its beginning."""
    gunzip, recode = Gunzip(gzip), Recode(encoding)
    left = offset
    for plain in _plain(pieces, gunzip, recode):
        if left >= len(plain):
            left -= len(plain)
        elif plain:
            yield plain[left:]
            left = 0


def _plain(pieces: Iterable[bytes], gunzip: Gunzip, recode: Recode) -> Iterator[bytes]:
    for piece in pieces:
        for plain in gunzip.feed(piece):
            yield recode.feed(plain)
    yield recode.feed(b"", last=True)


class Watch:
    """Looks at every line of a text that should be UTF-8, and says at the end what it found. Flat memory."""

    def __init__(self) -> None:
        self.good = 0
        self.bad = 0
        self.first_bad = 0
        self.example = b""
        self._line = 0
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Look at some bytes."""
        block = self._rest + data
        end = block.rfind(b"\n") + 1
        if not end and len(block) > 2 * PIECE:
            end = len(block) - 4
        self._rest = block[end:]
        self._look(block[:end])

    def close(self) -> None:
        """Look at what is left."""
        self._look(self._rest)
        self._rest = b""

    def _look(self, block: bytes) -> None:
        if not block.isascii():
            if _is_utf8(block):
                self.good += 1
            else:
                self._look_closely(block)
        self._line += block.count(b"\n")

    def _look_closely(self, block: bytes) -> None:
        for number, line in enumerate(block.split(b"\n"), self._line + 1):
            if line.isascii():
                continue
            if _is_utf8(line):
                self.good += 1
            else:
                self.bad += 1
                if not self.first_bad:
                    self.first_bad, self.example = number, line

    def check(self) -> None:
        """Raise Invalid where the whole text is in another encoding; single bad lines are left to their rows."""
        if not self.bad or self.good:
            return
        raise Invalid.field("encoding", f"Line {self.first_bad} is not UTF-8: {_readings(self.example)}")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _readings(line: bytes) -> str:
    """What a line would say in the likeliest encodings, around its first byte that is not ASCII."""
    at = next((index for index, byte in enumerate(line) if byte > 127), 0)
    part = line[max(0, at - 8) : at + 8]
    said: dict[str, str] = {}
    for encoding in ("cp1252", "cp1250", "cp1251", "cp850", "mac-roman"):
        text = part.decode(encoding, "replace").strip()
        said.setdefault(text, encoding)
    readings = "; ".join(f"{encoding} reads {text!r}" for text, encoding in said.items())
    return f"{readings}. Say which is right with encoding=… (or save the file in UTF-8)."
