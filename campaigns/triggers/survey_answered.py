"""Somebody has answered a survey: thanked, asked for more, or invited to bring a friend."""

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec

from campaigns.trigger import Trigger
from common.errors import Invalid
from common.events import Event

Score = Annotated[int, msgspec.Meta(ge=0, le=10)]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`survey`: only that one, "" for any; a score of `at_least` and `at_most`, both included."""

    survey: Annotated[str, msgspec.Meta(max_length=64)] = ""
    at_least: Score | None = None
    at_most: Score | None = None


class SurveyAnswered(Trigger):
    """A message to each customer who answers."""

    name: ClassVar[str] = "survey_answered"
    summary: ClassVar[str] = "Goes to a customer when they have answered a survey, by their score."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    event: ClassVar[str] = "survey_answered"
    each_counts: ClassVar[bool] = True

    def next_at(self, after: datetime) -> datetime | None:
        """Never by the clock."""
        return None

    def accepts(self, event: Event) -> bool:
        """The survey that is wanted, and a score within."""
        own = self.settings
        if event.type != self.event or own.survey not in ("", event.data.get("survey")):
            return False
        score = event.data.get("score")
        low = 0 if own.at_least is None else own.at_least
        high = 10 if own.at_most is None else own.at_most
        return isinstance(score, int) and low <= score <= high

    def proof(self) -> None:
        """Refuse what nobody can answer."""
        own = self.settings
        if own.at_least is not None and own.at_most is not None and own.at_least > own.at_most:
            raise Invalid.field("trigger.at_most", "Must not be less than at_least.")
