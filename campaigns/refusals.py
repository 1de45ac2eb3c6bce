"""Who was not let into a campaign, and why: each is written down, so that nothing that was told is lost unsaid."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from common.ids import derive

# They are on their way and one at a time; another occasion came after it and counts for both; they were in it once, or
# not long ago; another campaign with this kind of trigger let them in; not of the segment; it was paused; a loop.
Reason = Literal[
    "inside", "overtaken", "never_again", "too_soon", "too_often", "not_in_segment", "paused", "trigger_loop",
]  # fmt: skip

# Nobody has so many reasons in a day, about one order or about none: a message that brings its own trigger about does.
LOOP = 10
# Nor so many about different orders.
LOOP_OF_ALL = 100
DAY = timedelta(days=1)


class Refusal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """Why an occasion (`key`) did not let a customer into a campaign; `at` is when that was last so."""

    id: str
    campaign: str
    customer: str
    key: str
    at: datetime
    reason: Reason


class Refusals(Protocol):
    """The refusals as they are kept."""

    def keep(self, refusals: Sequence[Refusal]) -> None:
        """Keep these; what was refused for the same reason before stays as it is."""
        ...

    def forget(self, ids: Collection[str]) -> None:
        """These were let in after all."""
        ...


def refusal_id(campaign: str, customer: str, key: str) -> str:
    """There is one for an occasion, however often it is told."""
    return derive("refusal", campaign, customer, key)


def refused(campaign: str, customer: str, key: str, reason: Reason, at: datetime) -> Refusal:
    """A refusal."""
    id_ = refusal_id(campaign, customer, key)
    return Refusal(id=id_, campaign=campaign, customer=customer, key=key, at=at, reason=reason)


def is_loop(before: Sequence[tuple[datetime, str]], order: str, now: datetime) -> bool:
    """Whether another one would be one too many in a day, after those `before`: when, and about which order if any."""
    lately = [about for at, about in before if at > now - DAY]
    return len(lately) >= LOOP_OF_ALL or lately.count(order) >= LOOP
