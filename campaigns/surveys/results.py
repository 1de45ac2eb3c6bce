"""What a survey's answers add up to, with how sure that is."""

import math
from collections.abc import Mapping

import msgspec

from campaigns.experiments.intervals import Z_95, Interval, wilson
from campaigns.surveys.survey import Scale

PROMOTERS, DETRACTORS, CONTENT = 9, 6, 4


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """The answers of one day in UTC."""

    day: str
    answers: int
    mean: float


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """Who was asked and who answered what; `nps` of a 0-10 question, -100 to 100, `csat` of a 1-5 one, in percent."""

    asked: int
    answered: int
    distribution: dict[int, int]
    mean: float | None = None
    nps: Interval | None = None
    csat: Interval | None = None
    days: list[Day] = []


def nps(distribution: Mapping[int, int]) -> Interval | None:
    """Share of 9 and 10 less share of 0 to 6, times 100.

    Source of the interval: Rocks (2016), "Interval estimation for the Net Promoter Score", American Statistician 70:
    the adjusted Wald interval, with three quarters of an answer added to each end and half as much again between.
    """
    total = sum(distribution.values())
    if not total:
        return None
    up = sum(count for score, count in distribution.items() if score >= PROMOTERS)
    down = sum(count for score, count in distribution.items() if score <= DETRACTORS)
    many = total + 3
    better, worse = (up + 0.75) / many, (down + 0.75) / many
    middle = better - worse
    half = Z_95 * math.sqrt((better + worse - middle**2) / many)
    low, high = max(-1.0, middle - half), min(1.0, middle + half)
    return Interval(value=100 * (up - down) / total, low=100 * low, high=100 * high)


def csat(distribution: Mapping[int, int]) -> Interval | None:
    """Share of 4 and 5 in percent, with Wilson's interval."""
    total = sum(distribution.values())
    if not total:
        return None
    content = sum(count for score, count in distribution.items() if score >= CONTENT)
    low, high = wilson(content, total)
    return Interval(value=100 * content / total, low=100 * low, high=100 * high)


def results(scale: Scale, asked: int, distribution: Mapping[int, int], days: list[Day]) -> Results:
    """All of it."""
    total = sum(distribution.values())
    return Results(
        asked=asked,
        answered=total,
        distribution=dict(sorted(distribution.items())),
        mean=sum(score * count for score, count in distribution.items()) / total if total else None,
        nps=nps(distribution) if scale == "0-10" else None,
        csat=csat(distribution) if scale == "1-5" else None,
        days=days,
    )
