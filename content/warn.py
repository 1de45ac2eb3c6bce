"""A warning: what is unwise about a message, where, and why."""

import msgspec


class Warn(msgspec.Struct, frozen=True, kw_only=True):
    """A warning about one part: `code` is a stable word for programs, `message` a sentence for the writer.

    `line` is that of the part as it was written, from 1; 0 where it is about the whole of it.
    """

    code: str
    part: str
    message: str
    line: int = 0
