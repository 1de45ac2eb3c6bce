"""Who agreed to be written to, about what, over which channel; and who must never be written to again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

Purpose = Literal["marketing", "service", "transactional"]
Word = Literal["granted", "denied"]


class Consent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One word of a customer: yes or no, when, how it was given, and where it came from."""

    state: Word
    at: datetime
    how: str = ""
    wording: str = ""
    source: str = ""


class Suppressions(Protocol):
    """Addresses never to be written to, as keyed hashes, so that they outlive the erasure of a customer.

    A suppression covers one purpose or, with purpose "all", everything.
    """

    def add(self, channel: str, address: str, purpose: str, reason: str, at: datetime) -> None:
        """Suppress an address; the first reason stays."""
        ...

    def lift(self, channel: str, address: str, reason: str) -> None:
        """Lift what was suppressed for this reason (a START after a STOP)."""
        ...

    def among(self, channel: str, addresses: Sequence[str], purpose: str) -> dict[str, str]:
        """Which of these addresses are suppressed for this purpose, with the reason, in one read."""
        ...
