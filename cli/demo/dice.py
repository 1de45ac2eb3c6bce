"""Draws that come out the same on every machine: each follows from a seed and from what it is drawn for."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


def share(*about: str | int) -> float:
    """A number from 0 up to, but not with, 1, evenly spread over whatever it is drawn for."""
    digest = hashlib.sha256("\x1f".join(str(part) for part in about).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def pick(options: Sequence[T], *about: str | int) -> T:
    """One of these, each as likely as the others."""
    return options[int(share(*about) * len(options))]


def weighted(weights: Mapping[T, float], *about: str | int) -> T:
    """One of these, each as likely as its weight; the weights sum to 1."""
    drawn = share(*about)
    for option, weight in weights.items():
        drawn -= weight
        if drawn < 0:
            return option
    return next(reversed(list(weights)))
