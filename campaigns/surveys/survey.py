"""A survey, whom it asks, and what they answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec

from common.errors import Invalid

Scale = Literal["0-10", "1-5"]
After = Literal["", "order_delivered", "incident_solved"]
ENDS: dict[Scale, tuple[int, int]] = {"0-10": (0, 10), "1-5": (1, 5)}
# Up to this score an answer is a low one, where the shop has not said otherwise.
LOW: dict[Scale, int] = {"0-10": 4, "1-5": 2}
LONGEST_COMMENT = 2_000


class Survey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """A question, `wait_hours` after what it is about; "" where nobody is asked unless by hand.

    `question` is by language; without any, there are words of ours. Nobody is asked the same again within `every_days`.
    A score of up to `low` opens an incident, None for our own idea of low, and -1 for never.
    """

    id: str
    name: str
    scale: Scale = "0-10"
    after: After = ""
    wait_hours: int = 24
    every_days: int = 90
    low: int | None = None
    question: dict[str, str] = {}
    template: str = "survey"
    brand: str = "default"
    active: bool = True
    created_at: datetime
    version: int = 0

    @property
    def scores(self) -> range:
        """What can be answered."""
        least, most = ENDS[self.scale]
        return range(least, most + 1)

    @property
    def low_until(self) -> int:
        """Up to which score an answer is a low one."""
        return LOW[self.scale] if self.low is None else self.low

    @property
    def waits(self) -> timedelta:
        """How long after what it is about."""
        return timedelta(hours=self.wait_hours)


class Asking(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """One question to one customer: `waiting` until `due_at`, then asked by a message, or not, with the reason."""

    id: str
    survey: str
    customer: str
    due_at: datetime
    order: str = ""
    case: str = ""
    state: Literal["waiting", "asked", "skipped"] = "waiting"
    reason: str = ""
    message: str = ""
    asked_at: datetime | None = None


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"message": "_id"}):
    """What a customer said to a message, once; `via` is the page or a reply."""

    message: str
    survey: str
    customer: str
    score: int
    at: datetime
    comment: str = ""
    via: Literal["page", "reply"] = "page"
    channel: str = ""
    order: str = ""
    low: bool = False


def checked(survey: Survey, score: Any) -> int:
    """The score, if the survey has it; raises Invalid."""
    if not isinstance(score, int) or score not in survey.scores:
        raise Invalid.field("score", f"Must be a number from {survey.scores[0]} to {survey.scores[-1]}.")
    return score


class SurveyStore(Protocol):
    """The surveys as they are kept."""

    def add(self, survey: Survey) -> Survey:
        """Keep a new one; raises Conflict where its id is taken."""
        ...

    def get(self, id: str) -> Survey:
        """One; raises NotFound."""
        ...

    def change(self, survey: Survey, expected_version: int) -> Survey:
        """Keep another definition; raises Stale where the version no longer holds."""
        ...

    def page(self, after: str, limit: int) -> list[Survey]:
        """A page in the order of ids."""
        ...

    def after(self, what: str) -> list[Survey]:
        """The active ones that ask after this."""
        ...


class Askings(Protocol):
    """Whom is asked, as it is kept."""

    def plan(self, askings: Sequence[Asking]) -> None:
        """Keep new ones; those that are there stay as they are."""
        ...

    def due(self, now: datetime, limit: int) -> list[Asking]:
        """Those whose time has come, the oldest first."""
        ...

    def lately(self, survey: str, customer: str, since: datetime) -> bool:
        """Whether a customer was asked this since then."""
        ...

    def move(self, id: str, **changes: Any) -> None:
        """Note what became of one that waits."""
        ...


class Answers(Protocol):
    """The answers as they are kept."""

    def keep(self, answer: Answer) -> bool:
        """Keep an answer, and tell of it; False where the message was answered before."""
        ...

    def get(self, message: str) -> Answer | None:
        """What was answered to a message."""
        ...
