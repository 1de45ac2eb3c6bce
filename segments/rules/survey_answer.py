"""What a customer said in a survey."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

import msgspec

from segments.beside import COUNT, DAWN, EVENTS, OverRows, Rows
from segments.ranges import MAX_DAYS, MAX_NUMBER, check_limits, plural
from segments.rule import Beside, Filter, Row, Settings, Text

EVENT = "survey_answered"
Score = Annotated[float, msgspec.Meta(ge=-MAX_NUMBER, le=MAX_NUMBER)]


class Said(Settings, frozen=True):
    """In a survey or in any; with a score in a range if need be; within so many days or ever."""

    survey: Text | None = None
    at_least: Score | None = None
    at_most: Score | None = None
    days: Annotated[int, msgspec.Meta(ge=1, le=MAX_DAYS)] | None = None

    def __post_init__(self) -> None:
        """Refuse limits that nothing can lie between."""
        if self.at_least is not None or self.at_most is not None:
            check_limits(self.at_least, self.at_most)


class SurveyAnswer(OverRows):
    """By the events `survey_answered`, which say the survey and, where it asks for one, the score."""

    name = "survey_answer"
    group = "messages"
    summary = "They answered a survey, with a score in this range if need be."
    Settings = Said
    settings: Said
    examples: ClassVar[list[dict[str, Any]]] = [
        {},
        {"survey": "delivery", "at_most": 2},
        {"at_least": 3, "at_most": 5},
        {"survey": "delivery", "days": 90},
    ]

    @property
    def rows(self) -> Rows:
        """The events."""
        return EVENTS

    def wanted(self, now: datetime) -> Filter:
        """Answers of this survey, with this score."""
        wanted: Filter = {"at": {"$gte": self._since(now)}, "type": {"$eq": EVENT}}
        if self.settings.survey:
            wanted["data.survey"] = {"$eq": self.settings.survey}
        limits = {"$gte": self.settings.at_least, "$lte": self.settings.at_most}
        given = {operator: limit for operator, limit in limits.items() if limit is not None}
        return wanted | ({"data.score": given} if given else {})

    def counts(self, row: Row, now: datetime, beside: Beside) -> bool:
        """An answer of this survey, with this score."""
        data, low, high = row.get("data", {}), self.settings.at_least, self.settings.at_most
        score = data.get("score")
        scored = isinstance(score, int | float) and (low is None or score >= low) and (high is None or score <= high)
        return (
            row["type"] == EVENT
            and row["at"] >= self._since(now)
            and self.settings.survey in (None, data.get("survey"))
            and (scored or low is high is None)
        )

    def words(self, found: dict[str, int]) -> str:
        """How often."""
        return f"They gave {plural(found[COUNT], 'such answer')}."

    def _since(self, now: datetime) -> datetime:
        return now - timedelta(days=self.settings.days) if self.settings.days else DAWN
