"""One of the three scores: recency, frequency or money."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

import msgspec

from customers.customer import Customer
from segments.ranges import check_limits, lies_between, number_between
from segments.rfm import rfm_of
from segments.rule import NOTHING, Beside, Filter, Rule, Settings

Score = Annotated[int, msgspec.Meta(ge=1, le=5)]
FIELDS = {"recency": "r", "frequency": "f", "money": "m"}


class ScoreRange(Settings, frozen=True):
    """Scores are 1 to 5, 5 the best fifth."""

    score: Literal["recency", "frequency", "money"]
    at_least: Score | None = None
    at_most: Score | None = None

    def __post_init__(self) -> None:
        """Refuse limits that nothing can lie between."""
        check_limits(self.at_least, self.at_most)


class RfmScore(Rule):
    """By the scores as last refreshed; nobody without a score is in."""

    name = "rfm_score"
    group = "outlook"
    summary = "Their score from 1 to 5 for recency, frequency or money lies in this range; 5 is the best fifth."
    Settings = ScoreRange
    settings: ScoreRange
    examples: ClassVar[list[dict[str, Any]]] = [
        {"score": "recency", "at_least": 4},
        {"score": "frequency", "at_most": 2},
        {"score": "money", "at_least": 2, "at_most": 4},
    ]

    def match(self, now: datetime) -> Filter:
        """By the facet `scores`."""
        field = FIELDS[self.settings.score]
        return number_between(f"scores.rfm.{field}", self.settings.at_least, self.settings.at_most)

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the facet `scores`."""
        score = rfm_of(customer).get(FIELDS[self.settings.score])
        return lies_between(score, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The score."""
        score = rfm_of(customer).get(FIELDS[self.settings.score])
        return f"Their score for {self.settings.score} is {score}." if score else "They have no score yet."
