"""Numbers and dates between two limits, for the many rules that ask for that; both limits count as inside."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any

import msgspec

from segments.rule import Filter, Settings

DAY = timedelta(days=1)
MAX_DAYS = 36_500
MAX_NUMBER = 10**12
# Years that shops and their customers live in; sums of days stay within what every server takes for a date.
YEARS = range(1900, 2201)

Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
Days = Annotated[int, msgspec.Meta(ge=0, le=MAX_DAYS)]


class Counts(Settings, frozen=True):
    """A count; at least one limit is given."""

    at_least: Count | None = None
    at_most: Count | None = None

    def __post_init__(self) -> None:
        """Refuse limits that nothing can lie between."""
        check_limits(self.at_least, self.at_most)


class DaysBack(Settings, frozen=True):
    """Whole days, of 24 hours each, since something happened; at least one limit is given."""

    at_least: Days | None = None
    at_most: Days | None = None

    def __post_init__(self) -> None:
        """Refuse limits that nothing can lie between."""
        check_limits(self.at_least, self.at_most)


def check_limits(low: float | None, high: float | None, prefix: str = "") -> None:
    """Raise ValueError unless there is a limit and something can lie between the two; `prefix` of their names."""
    if low is None and high is None:
        raise ValueError(f"Give `{prefix}at_least`, `{prefix}at_most` or both.")
    if low is not None and high is not None and low > high:
        raise ValueError(f"`{prefix}at_least` ({low}) is more than `{prefix}at_most` ({high}).")


def check_window(first: date | None, last: date | None) -> None:
    """Raise ValueError for a day that is out of this world, and for a last one before the first."""
    for day in (first, last):
        if day is not None and day.year not in YEARS:
            raise ValueError(f"{day} is not a day between {YEARS[0]} and {YEARS[-1]}.")
    if first is not None and last is not None and first > last:
        raise ValueError(f"The window ends ({last}) before it begins ({first}).")


def between(low: float | None, high: float | None) -> dict[str, Any]:
    """The operators that hold a field between two limits."""
    bounds = {"$gte": low, "$lte": high}
    return {operator: limit for operator, limit in bounds.items() if limit is not None}


def number_between(field: str, low: float | None, high: float | None, *, absent_is_zero: bool = False) -> Filter:
    """Documents whose number lies between two limits; where it is absent or null, they are out, or it counts as 0."""
    inside: Filter = {field: between(low, high)}
    if absent_is_zero and lies_between(0, low, high):
        return {"$or": [inside, {field: None}]}
    return inside


def lies_between(value: float | None, low: float | None, high: float | None) -> bool:
    """The plain meaning of the above for one value."""
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def days_ago_between(field: str, low: int | None, high: int | None, now: datetime) -> Filter:
    """Documents whose date is so many whole days back; out where it is absent."""
    bounds: dict[str, Any] = {}
    if low is not None:
        bounds["$lte"] = now - low * DAY
    if high is not None:
        bounds["$gt"] = now - (high + 1) * DAY
    return {field: bounds}


def days_since(at: datetime | None, now: datetime) -> int | None:
    """Whole days, of 24 hours each, from an instant until now; negative for one to come."""
    return None if at is None else (now - at) // DAY


def plural(number: float, one: str) -> str:
    """ "1 order", "3 orders"; what is counted is a noun that takes an s."""
    return f"{number:g} {one}" if number == 1 else f"{number:g} {one}s"
