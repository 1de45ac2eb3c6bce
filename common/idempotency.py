"""A request that may be sent twice, and the answer kept so that the second sending gets the first one's."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as it was given: the HTTP status, the headers worth keeping, the body (sealed where it is kept).

    `fingerprint` is of the request that it answers; another request with the same key does not get it.
    """

    fingerprint: str
    status: int
    headers: dict[str, str]
    body: bytes


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """The right to carry a request out; another claim can be had once the lease of this one ran out."""

    id: str
    token: str


class InFlight(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody else is carrying the request out; `fingerprint` is empty while its body is still being read."""

    fingerprint: str


class Answers(Protocol):
    """The answers to requests that carried a key."""

    def claim(self, id: str, fingerprint: str, lease: float) -> Claim | Answer | InFlight:
        """Take a request on for `lease` seconds, or say what is already known of it."""
        ...

    def renew(self, claim: Claim, lease: float) -> None:
        """Go on holding a claim for `lease` seconds from now."""
        ...

    def keep(self, claim: Claim, answer: Answer, people: Sequence[str] = ()) -> None:
        """Keep the answer, and the ids of whom it is about, unless the claim was lost meanwhile."""
        ...

    def release(self, claim: Claim) -> None:
        """Give a claim up without an answer, so that the next sending is carried out."""
        ...

    def sweep(self, limit: int) -> int:
        """Remove up to so many answers that are past their time; returns how many."""
        ...
