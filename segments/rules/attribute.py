"""A fact of the shop's own about a customer: text, a number, yes or no, a date, or a list of texts."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from segments.ranges import DAY, MAX_NUMBER, Days, check_limits, check_window, lies_between
from segments.rule import NOTHING, Beside, Filter, Rule, Settings, Texts

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern="^[A-Za-z][A-Za-z0-9_]*$")]
Value = Annotated[str, msgspec.Meta(max_length=256)] | bool | int | float
Number = Annotated[float, msgspec.Meta(ge=-MAX_NUMBER, le=MAX_NUMBER)]
# What a caller may ask; the parts of one question stand together.
QUESTIONS = [
    ("equals",),
    ("any_of",),
    ("known",),
    ("at_least", "at_most"),
    ("since", "until"),
    ("days_ago_at_least", "days_ago_at_most"),
]


class Fact(Settings, frozen=True):
    """An attribute by its name, and one question about it.

    `equals` a text, a number, yes or no; `any_of` these texts, or a list with one of them; a number of `at_least` and
    `at_most`; a date from the day `since` to the day `until`; or so many `days_ago`; or whether it is `known`.
    """

    attribute: Name
    equals: Value | None = None
    any_of: Texts | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    since: date | None = None
    until: date | None = None
    days_ago_at_least: Days | None = None
    days_ago_at_most: Days | None = None
    known: bool | None = None

    def __post_init__(self) -> None:
        """Refuse no question, two at once, and limits that nothing can lie between."""
        asked = [names for names in QUESTIONS if any(getattr(self, name) is not None for name in names)]
        if len(asked) != 1:
            raise ValueError("Ask one thing: " + ", or ".join(" and ".join(names) for names in QUESTIONS) + ".")
        if "at_least" in asked[0]:
            check_limits(self.at_least, self.at_most)
        if "days_ago_at_least" in asked[0]:
            check_limits(self.days_ago_at_least, self.days_ago_at_most, "days_ago_")
        check_window(self.since, self.until)


class Attribute(Rule):
    """Types count: the text "1" is not the number 1, and neither is true; a list equals nothing, and holds texts."""

    name = "attribute"
    summary = "A fact that the shop keeps about them equals this, is one of these, lies in this range, or is known."
    Settings = Fact
    settings: Fact
    examples: ClassVar[list[dict[str, Any]]] = [
        {"attribute": "size", "equals": "M"},
        {"attribute": "newsletter", "equals": True},
        {"attribute": "children", "equals": 2},
        {"attribute": "size", "any_of": ["M", "L"]},
        {"attribute": "children", "at_least": 1, "at_most": 3},
        {"attribute": "wedding", "since": "2025-06-01", "until": "2026-03-02"},
        {"attribute": "wedding", "days_ago_at_least": 30, "days_ago_at_most": 400},
        {"attribute": "size", "known": True},
        {"attribute": "children", "known": False},
    ]

    def match(self, now: datetime) -> Filter:
        """By an expression, since the name, which a caller chose, must not become part of a path."""
        kept = {"$getField": {"field": {"$literal": self.settings.attribute}, "input": "$attributes"}}
        if self.settings.known is not None:
            return {"$expr": {"$ne" if self.settings.known else "$eq": [{"$ifNull": [kept, None]}, None]}}
        if self.settings.equals is not None:
            return {"$expr": {"$eq": [kept, {"$literal": self.settings.equals}]}}
        if self.settings.any_of is not None:
            texts = {"$literal": self.settings.any_of}
            among = {"$gt": [{"$size": {"$setIntersection": [kept, texts]}}, 0]}
            return {"$expr": {"$cond": [{"$isArray": [kept]}, among, {"$in": [kept, texts]}]}}
        # Expressions compare across types (any text is more than any number), so the type is asked for first.
        start, end = self._dates(now)
        if start is not None or end is not None:
            return _within(kept, {"$eq": [{"$type": kept}, "date"]}, {"$gte": start, "$lt": end})
        return _within(kept, {"$isNumber": kept}, {"$gte": self.settings.at_least, "$lte": self.settings.at_most})

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By type and value."""
        kept = customer.attributes.get(self.settings.attribute)
        if self.settings.known is not None:
            return (kept is not None) == self.settings.known
        if self.settings.equals is not None:
            return _is_number(kept) == _is_number(self.settings.equals) and _same(kept, self.settings.equals)
        if self.settings.any_of is not None:
            return any(one in self.settings.any_of for one in (kept if isinstance(kept, list) else [kept]))
        start, end = self._dates(now)
        if start is not None or end is not None:
            return isinstance(kept, datetime) and (start is None or start <= kept) and (end is None or kept < end)
        return _is_number(kept) and lies_between(kept, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The attribute."""
        kept = customer.attributes.get(self.settings.attribute)
        if kept is None:
            return f"The attribute {self.settings.attribute} is not known of them."
        return f"Their {self.settings.attribute} is {msgspec.json.encode(kept).decode()}."

    def _dates(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """From when and until before when the date must be, None for no limit; both None where no date is asked for."""
        asked = self.settings
        start, end = _midnight(asked.since), _midnight(asked.until)
        if asked.days_ago_at_most is not None:
            # so many whole days back: a millisecond, the grain of dates that are kept, later than a day more
            start = now - (asked.days_ago_at_most + 1) * DAY + DAY / 86_400_000
        if asked.days_ago_at_least is not None:
            return start, now - asked.days_ago_at_least * DAY + DAY / 86_400_000
        return start, end + DAY if end else None


def _within(kept: Any, typed: Filter, limits: dict[str, Any]) -> Filter:
    bounds = [{operator: [kept, limit]} for operator, limit in limits.items() if limit is not None]
    return {"$expr": {"$and": [typed, *bounds]}}


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same(kept: Any, wanted: Any) -> bool:
    return bool(kept == wanted) and (_is_number(wanted) or type(kept) is type(wanted))
