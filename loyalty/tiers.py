"""Tiers: what a customer earned or spent in a moving window of days says which one they hold.

Up at once; down only after a grace, from the day on which the window says less. All of it follows from the days
alone, so that a judgement that comes late comes to the same.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal

import msgspec

from common.errors import Invalid, NotFound
from loyalty.points_account import Day, Tiers
from loyalty.points_expiry import months_later

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Level(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A tier from `threshold` on (points, or minor units); `benefits` is plain data for the shop and its messages."""

    name: Name
    threshold: Annotated[int, msgspec.Meta(ge=1, le=10**12)]
    benefits: dict[str, Any] = {}


class TierRules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """By what tiers are held.

    `by`: points earned or money spent, within the last `window_months`. Who has fallen below keeps the tier for
    `grace_days`, and then falls to what the window says ("fall") or by one level, with a grace again ("step").
    """

    by: Literal["points", "spend"] = "points"
    window_months: Annotated[int, msgspec.Meta(ge=1, le=60)] = 12
    grace_days: Annotated[int, msgspec.Meta(ge=0, le=730)] = 30
    downgrade: Literal["fall", "step"] = "fall"
    levels: list[Level] = []

    def named(self, name: str) -> Level:
        """One of the levels; raises NotFound."""
        level = next((level for level in self.levels if level.name == name), None)
        if level is None:
            raise NotFound("tier", name)
        return level


class Next(msgspec.Struct, frozen=True, kw_only=True):
    """The next tier, and what is missing to it: points, or minor units."""

    name: str
    missing: int


def checked(rules: TierRules) -> TierRules:
    """The rules, if they make sense; raises Invalid naming the field that does not."""
    names = [level.name for level in rules.levels]
    if len(set(names)) < len(names):
        raise Invalid.field("tiers.levels", "Two levels have one name.")
    thresholds = [level.threshold for level in rules.levels]
    if thresholds != sorted(set(thresholds)):
        raise Invalid.field("tiers.levels", "From the lowest threshold to the highest, no two alike.")
    return rules


def measure(days: Sequence[Day], rules: TierRules, today: date) -> int:
    """What counts on a day: the sum of the days that have not left the window."""
    return sum(
        day.points if rules.by == "points" else day.money
        for day in days
        if months_later(day.day, rules.window_months) > today
    )


def level_of(name: str, rules: TierRules) -> int:
    """The place of a tier among the levels; -1 for none."""
    return next((place for place, level in enumerate(rules.levels) if level.name == name), -1)


def next_level(held: str, measured: int, rules: TierRules) -> Next | None:
    """The next tier above the one that is held, None at the top."""
    above = rules.levels[level_of(held, rules) + 1 :]
    return Next(name=above[0].name, missing=max(0, above[0].threshold - measured)) if above else None


def judge(standing: Tiers, days: Sequence[Day], rules: TierRules, today: date) -> Tiers:
    """Where a customer stands today, going day by day through what has changed since it was last judged."""
    judged = min(standing.judged or today, today)
    while True:
        at = min((day for day in _turns(standing, days, rules) if judged < day < today), default=today)
        standing = _on(standing, measure(days, rules, at), rules, at)
        if at == today:
            return msgspec.structs.replace(standing, judged=today)
        judged = at


def next_turn(standing: Tiers, days: Sequence[Day], rules: TierRules, today: date) -> date | None:
    """The next day on which it may be judged otherwise though nothing happens; None where there is none."""
    if level_of(standing.tier, rules) < 0:
        return None
    return min((day for day in _turns(standing, days, rules) if day > today), default=None)


def _turns(standing: Tiers, days: Sequence[Day], rules: TierRules) -> list[date]:
    leaving = [months_later(day.day, rules.window_months) for day in days]
    return leaving + ([standing.grace_until] if standing.grace_until else [])


def _on(standing: Tiers, measured: int, rules: TierRules, at: date) -> Tiers:
    """Where they stand on a day with this measure."""
    held = level_of(standing.tier, rules)
    earned = max((place for place, level in enumerate(rules.levels) if level.threshold <= measured), default=-1)
    if earned >= held:
        return _at(standing, earned, rules, at)
    grace = timedelta(days=rules.grace_days)
    until = standing.grace_until or at + grace
    while until <= at:
        held = earned if rules.downgrade == "fall" else held - 1
        if held <= earned:
            return _at(standing, earned, rules, at)
        # A level down, and a grace again from the day on which the last one ended.
        standing, until = _at(standing, held, rules, at), until + max(grace, timedelta(days=1))
    return msgspec.structs.replace(_at(standing, held, rules, at), grace_until=until)


def _at(standing: Tiers, place: int, rules: TierRules, at: date) -> Tiers:
    name = rules.levels[place].name if place >= 0 else ""
    if name == standing.tier:
        return msgspec.structs.replace(standing, grace_until=None)
    return Tiers(tier=name, since=at if name else None, judged=standing.judged)
