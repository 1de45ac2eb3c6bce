"""A bundle: several codes that are held or used on one order together, all of them or none."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, Protocol

import msgspec

# `open` while it is being put together; the moves from there on are what decides about all its codes at once.
BundleState = Literal["open", "reserved", "redeemed", "dropped"]

STILL_OPEN: tuple[BundleState, ...] = ("open", "reserved")


class Bundle(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """One call for several codes: what it has decided holds for all redemptions that name it as theirs.

    `basket` says what they were reckoned on.
    """

    id: str
    order: str
    customer: str
    codes: list[str]
    basket: str
    state: BundleState
    at: datetime
    until: datetime


class Bundles(Protocol):
    """The bundles as they are kept."""

    def add(self, bundle: Bundle) -> bool:
        """Keep a new one; False where another of the same order is open."""
        ...

    def get(self, id: str) -> Bundle | None:
        """One bundle."""
        ...

    def move(self, id: str, states: Collection[BundleState], target: BundleState, at: datetime) -> bool:
        """Move it on, if it is in one of these states still."""
        ...

    def left_open(self, before: datetime, limit: int) -> Sequence[Bundle]:
        """Those that somebody began to put together before this, and never ended."""
        ...

    def at_work(self, order: str) -> Bundle | None:
        """The one that is being put together for an order."""
        ...
