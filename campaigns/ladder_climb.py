"""A person's climb: what was decided for them in a ladder campaign, each time with its reason, and what came of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from campaigns.ladder import HOLDOUT
from common.ids import derive


class Outcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person did within the attribution window: minor units; `gain` is the margin less what their code cost and
    what the message did (`letter`, at the provider's price)."""

    orders: int = 0
    revenue: int = 0
    cost: int = 0
    letter: int = 0
    gain: int = 0


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was decided for a person in a run: a `rung`, the holdout, or "" for nothing, and the `reason`.

    `id` is the message's. `step` counts the messages without an order before it, `cell` names the kind of person that
    it goes by, `share` is how likely this rung was to be drawn, in percent. All money is in minor units: `worth` is the
    margin that the person brings in a year if they come back, `expected` what the rung earned a head beyond those who
    got nothing, None while that is not known, `promised` counts against the caps. `ends_at` is when its code can no
    longer be used, None for never; `kept` says that the promise was cut down to what was used.
    """

    id: str
    run: str
    at: datetime
    rung: str = ""
    reason: str
    step: int = 0
    cell: str = ""
    share: float = 0.0
    worth: int = 0
    expected: float | None = None
    promised: int = 0
    ends_at: datetime | None = None
    kept: bool = False
    outcome: Outcome | None = None

    @property
    def taken(self) -> bool:
        """Whether the person is in the comparison: written to, or held out of it."""
        return bool(self.rung)

    def due(self, window: timedelta) -> datetime | None:
        """When something is to be looked up of it, orders counting for so long; None for never again."""
        over = self.at + window if self.taken and self.outcome is None else None
        promise = self.ends_at if self.promised and not self.kept else None
        return min(filter(None, (over, promise)), default=None)


class Climb(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """All decisions about one person in one campaign, the oldest first.

    A change is a compare-and-set on `version`, signed `by` a token. Until the latest decision stands, its money taken
    from the campaign's purse, `pending` holds the token; while `back` of it is given back, `returning` does.
    """

    id: str
    campaign: str
    customer: str
    decisions: list[Decision] = []
    due_at: datetime | None = None
    version: int = 0
    by: str = ""
    pending: str = ""
    returning: str = ""
    back: int = 0
    marked_at: datetime | None = None

    @property
    def latest(self) -> Decision | None:
        """The last time that the person was taken in."""
        return next((one for one in reversed(self.decisions) if one.taken), None)

    def promised(self, since: datetime) -> int:
        """What was promised to them from then on."""
        return sum(one.promised for one in self.decisions if one.at >= since)

    def of_run(self, run: str) -> Decision | None:
        """What was decided in a run, if it was."""
        return next((one for one in self.decisions if one.run == run), None)

    def due(self, window: timedelta) -> datetime | None:
        """When the first of them is to be looked at, orders counting for so long."""
        return min(filter(None, (one.due(window) for one in self.decisions)), default=None)


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What the shop's other ladders did for a person: when one took them in last, and what they promised in a time."""

    at: datetime | None = None
    promised: int = 0


def beside(climbs: Sequence[Climb], since: datetime) -> Beside:
    """What these climbs, of other campaigns than the one that asks, come to; promises count from `since` on."""
    taken = [latest.at for climb in climbs if (latest := climb.latest)]
    return Beside(at=max(taken, default=None), promised=sum(climb.promised(since) for climb in climbs))


def climb_id(campaign: str, customer: str) -> str:
    """The id that follows from whose climb it is."""
    return derive("climb", campaign, customer)


def together(climbs: Sequence[Climb]) -> Climb:
    """The climbs of people who became one, as one to go by."""
    first = climbs[0]
    every = sorted((one for climb in climbs for one in climb.decisions), key=lambda one: one.at)
    return msgspec.structs.replace(first, decisions=every)


def is_holdout(decision: Decision) -> bool:
    """Whether it was to get nothing, to compare with."""
    return decision.rung == HOLDOUT


class Climbs(Protocol):
    """The climbs as they are kept."""

    def of(self, customers: Sequence[str]) -> dict[str, list[Climb]]:
        """The climbs of these people, in whatever campaign."""
        ...

    def write(self, changed: Sequence[Climb], by: str) -> list[Climb]:
        """Keep those that still are of the version that they were read in; which were kept."""
        ...

    def confirm(self, token: str) -> None:
        """What is pending under this token stands."""
        ...

    def undo(self, token: str, only: Sequence[str] = ()) -> None:
        """What is pending under this token was never decided; of climbs with these ids `only`, if any are named."""
        ...

    def finish(self, token: str, into: str = "") -> int:
        """What is being given back under this token has been; or goes on `into` another. How much it is."""
        ...


class Purses(Protocol):
    """What all codes of a campaign promise together; each call is one update of one document, and exact."""

    def take(self, campaign: str, token: str, amount: int, most: int | None) -> bool:
        """Take an amount, once a token, unless more than `most` would be promised or the token is fenced off."""
        ...

    def give(self, campaign: str, token: str, amount: int) -> bool:
        """Give an amount back, once a token, unless it is fenced off."""
        ...

    def fence(self, campaign: str, token: str) -> bool:
        """See to it that the token can do nothing from now on; False where it has already taken or given."""
        ...

    def close(self, campaign: str, token: str) -> None:
        """What the token did is written everywhere."""
        ...

    def promised(self, campaign: str) -> int:
        """What is promised at this moment, minor units."""
        ...
