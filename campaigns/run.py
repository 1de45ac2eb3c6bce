"""A run: one launch of a campaign, or one occurrence of its trigger."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from campaigns.campaign import Campaign
from common.ids import derive


class RunState(StrEnum):
    """Planning fills the run with messages, sending works them off, finished means that none is open."""

    PLANNING = "planning"
    SENDING = "sending"
    FINISHED = "finished"


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """One run, with what it was launched with, so that a later change of a template or segment does not reach into it.

    `customer` restricts an event's run to the one it is about; `cursor` is the last customer whose messages are
    all planned; `planned` is set when planning ends. `template_versions` are those of the words by their ids;
    `shares` are a bandit's, by variant, so that the draw can be repeated. `step` is set where it is some people's step
    of a journey, who are none of an audience's; `wave` what runs for one time in several time zones have in common, so
    that who moves from one to another is written to once.
    """

    id: str
    campaign: Campaign
    occurrence: str
    state: RunState = RunState.PLANNING
    rules: dict[str, Any] = {}
    template_version: int = 0
    template_versions: dict[str, int] = {}
    shares: dict[str, float] = {}
    customer: str = ""
    data: dict[str, Any] = {}
    step: int | None = None
    wave: str = ""
    cursor: str = ""
    planned: int = 0
    started_at: datetime
    planned_at: datetime | None = None
    finished_at: datetime | None = None
    rung_at: datetime | None = None


class Runs(Protocol):
    """The runs as they are kept."""

    def open(self, run: Run) -> None:
        """Keep a new run; one that is already there stays as it is."""
        ...

    def get(self, id: str) -> Run:
        """One run; raises NotFound."""
        ...

    def move(self, id: str, origin: RunState, target: RunState, **changes: Any) -> bool:
        """Compare-and-set the state; False where it was not in `origin`. The same state twice only changes fields."""
        ...

    def in_state(self, state: RunState, limit: int) -> list[Run]:
        """Some runs in a state, the oldest first."""
        ...

    def of_campaigns(self, campaigns: Sequence[str]) -> list[Run]:
        """The runs of these campaigns, the oldest first."""
        ...


def run_id(campaign: str, occurrence: str) -> str:
    """The id that follows from what the run is for, so that opening it twice opens one."""
    return derive("run", campaign, occurrence)
