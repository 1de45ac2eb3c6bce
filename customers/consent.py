"""Who agreed to be written to, about what, over which channel; and who must never be written to again."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

Purpose = Literal["marketing", "service", "transactional"]
Word = Literal["granted", "denied", "pending"]


class Consent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One word of a customer: yes or no, when, how it was given, to what wording, and where it came from.

    `by` is who passed it on: the id of an API key, or "customer" where they said it to Encore themselves. "pending"
    is a yes that waits to be confirmed by a double opt-in, and allows nothing.
    """

    state: Word
    at: datetime
    how: str = ""
    wording: str = ""
    source: str = ""
    by: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename={"id": "_id"}):
    """A word as the log keeps it."""

    id: str
    channel: str
    purpose: str
    word: Consent


# Who says a word on one of our own pages, or by a reply.
CUSTOMER = "customer"
# Where a word came from that nobody dated: it yields to every word that somebody gave.
IMPORTED = "import"


def yields(known: Consent | None, word: Consent) -> bool:
    """Whether what is known gives way to a word: a later one wins, but a file's word only over nothing or a file's.

    Nobody dated what a file says, and an old file may be sent again: so a file's yes never undoes a no, not even a
    file's.
    """
    if known is None:
        return True
    if word.source == IMPORTED:
        return known.source == IMPORTED and known.state != word.state and word.state == "denied"
    return known.source == IMPORTED or known.at < word.at


class Suppressions(Protocol):
    """Addresses never to be written to, as keyed hashes, so that they outlive the erasure of a customer.

    A suppression covers one purpose or, with purpose "all", everything.
    """

    def add(self, channel: str, address: str, purpose: str, reason: str, at: datetime) -> None:
        """Suppress an address; each reason stands until it is lifted, and the first one is the one told."""
        ...

    def lift(self, channel: str, address: str, reason: str) -> None:
        """Lift what was suppressed for this reason (a START after a STOP)."""
        ...

    def among(self, channel: str, addresses: Sequence[str], purpose: str) -> dict[str, str]:
        """Which of these addresses are suppressed for this purpose, with the reason, in one read."""
        ...

    def since(self, channel: str, addresses: Sequence[str], reason: str) -> Mapping[str, Mapping[str, datetime]]:
        """Since when these addresses are suppressed for this reason: address -> purpose -> instant."""
        ...


class SuppressionWord(msgspec.Struct, frozen=True, kw_only=True):
    """Why an address is suppressed, or was: for a purpose or "all", since when; who did it and why, if a person."""

    purpose: str
    reason: str
    at: datetime
    by: str = ""
    note: str = ""


class SuppressionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for an address now, and what was lifted by hand: of these, when, by whom and why it was lifted."""

    standing: list[SuppressionWord] = []
    lifted: list[SuppressionWord] = []


# The reason of what a person suppressed.
BY_HAND = "by_hand"
