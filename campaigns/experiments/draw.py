"""Who gets which: by a hash of what is drawn for and of the customer, so that a draw can be repeated and audited.

The same on every machine and every time; nothing is kept. SHA-256 of a word, an id and the customer's id, its first
64 bits read as a share of one.
"""

import hashlib
from collections.abc import Sequence
from typing import Protocol, TypeVar


class Drawn(Protocol):
    """What can be drawn: it has a share in percent."""

    @property
    def share(self) -> float:
        """So many in a hundred."""
        ...


Kind = TypeVar("Kind", bound=Drawn)


def position(what: str, id: str, customer: str) -> float:
    """Where a customer stands in a draw, from 0 up to 1; evenly spread, and unrelated between draws."""
    digest = hashlib.sha256(f"{what}\0{id}\0{customer}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def held_out(campaign: str, customer: str, percent: float) -> bool:
    """Whether the draw holds this customer out of a campaign: `percent` in a hundred."""
    return percent > 0 and position("holdout", campaign, customer) < percent / 100


def held_out_of_all(draw: str, customer: str, percent: float) -> bool:
    """Whether this customer gets no marketing at all; another name of the `draw` draws others."""
    return percent > 0 and position("shop-holdout", draw, customer) < percent / 100


def pick(draw: str, customer: str, variants: Sequence[Kind]) -> Kind:
    """Which variant a customer gets: by its share of what all shares come to.

    Unrelated to who is held out, so that each arm's holdout would be the same people.
    """
    whole = sum(variant.share for variant in variants)
    left = position("variant", draw, customer) * whole
    for variant in variants:
        left -= variant.share
        if left < 0:
            return variant
    return next(variant for variant in reversed(variants) if variant.share)  # rounding ate the last hair
