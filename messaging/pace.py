"""A campaign's send rate: so many messages a minute or an hour, over all workers together."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from messaging.gate import Go, Verdict, Wait

MINUTE, HOUR = 60.0, 3_600.0
# What is due within so long goes together, so that a second's worth is one request and not a hundred.
TOGETHER = 1.0
WAITS = "send_rate"


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """At most so many messages in any minute, and in any hour; None for no end."""

    per_minute: int | None = None
    per_hour: int | None = None

    @property
    def none(self) -> bool:
        """Whether it limits nothing."""
        return self.per_minute is None and self.per_hour is None

    @property
    def apart(self) -> float:
        """How far apart messages go, in seconds.

        A minute holds what is due in it, and what is due within `TOGETHER` after it and goes early: the two come to
        `per_minute`.
        """
        limits = ((self.per_minute, MINUTE), (self.per_hour, HOUR))
        return max(((period + TOGETHER) / most for most, period in limits if most), default=0.0)

    @property
    def group(self) -> int:
        """How many go together."""
        return max(1, int(TOGETHER / self.apart)) if self.apart else 0


class Granted(msgspec.Struct, frozen=True):
    """So many may go `now`; the others had best ask again after so many seconds, one group after the other."""

    now: int
    again: float


class Paces(Protocol):
    """Who may go when, of a campaign: one queue for all workers, by one clock."""

    def grant(self, campaign: str, letters: int, apart: float, together: float) -> Granted:
        """Let as many of these letters go as are due within `together` seconds, each `apart` seconds after the last."""
        ...


def paced(
    campaign: str, verdicts: dict[str, Verdict], order: Sequence[str], pace: Pace, paces: Paces, now: datetime
) -> dict[str, Verdict]:
    """The gate's verdicts with those made to wait that the campaign's rate has no room for yet, in this order."""
    going = [id_ for id_ in order if isinstance(verdicts[id_], Go)]
    if pace.none or not going:
        return verdicts
    granted = paces.grant(campaign, len(going), pace.apart, TOGETHER)
    later = dict(verdicts)
    for place, id_ in enumerate(going[granted.now :]):
        group = place // pace.group
        until = now + timedelta(seconds=granted.again + group * pace.group * pace.apart)
        later[id_] = Wait(reason=WAITS, until=until)
    return later
