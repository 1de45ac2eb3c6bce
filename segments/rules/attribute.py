"""A fact of the shop's own about a customer: text, a number, or true and false."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from customers.orders import Order
from segments.ranges import MAX_NUMBER, check_limits, lies_between
from segments.rule import Filter, Rule, Settings

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern="^[A-Za-z][A-Za-z0-9_]*$")]
Value = Annotated[str, msgspec.Meta(max_length=256)] | bool | int | float
Number = Annotated[float, msgspec.Meta(ge=-MAX_NUMBER, le=MAX_NUMBER)]


class Fact(Settings, frozen=True):
    """An attribute by its name, and one question about it: `equals`, a range of numbers, or whether it is `known`."""

    attribute: Name
    equals: Value | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    known: bool | None = None

    def __post_init__(self) -> None:
        """Refuse no question, and two at once."""
        ranged = self.at_least is not None or self.at_most is not None
        if ranged + (self.equals is not None) + (self.known is not None) != 1:
            raise ValueError("Give one of `equals`, `known`, or a range by `at_least` and `at_most`.")
        if ranged:
            check_limits(self.at_least, self.at_most)


class Attribute(Rule):
    """Types count: the text "1" is not the number 1, and neither is true. Lists equal nothing."""

    name = "attribute"
    summary = "A fact that the shop keeps about them equals this, lies in this range, or is known at all."
    Settings = Fact
    settings: Fact
    examples: ClassVar[list[dict[str, Any]]] = [
        {"attribute": "size", "equals": "M"},
        {"attribute": "newsletter", "equals": True},
        {"attribute": "children", "equals": 2},
        {"attribute": "children", "at_least": 1, "at_most": 3},
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
        # Expressions compare across types (any text is more than any number), so the type is asked for first.
        low, high = self.settings.at_least, self.settings.at_most
        limits = [{"$gte": [kept, low]}] if low is not None else []
        limits += [{"$lte": [kept, high]}] if high is not None else []
        return {"$expr": {"$and": [{"$isNumber": kept}, *limits]}}

    def holds(self, customer: Customer, now: datetime, orders: Sequence[Order] = ()) -> bool:
        """By type and value."""
        kept = customer.attributes.get(self.settings.attribute)
        if self.settings.known is not None:
            return (kept is not None) == self.settings.known
        if self.settings.equals is not None:
            return _is_number(kept) == _is_number(self.settings.equals) and _same(kept, self.settings.equals)
        return _is_number(kept) and lies_between(kept, self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The attribute."""
        kept = customer.attributes.get(self.settings.attribute)
        if kept is None:
            return f"Their {self.settings.attribute} is not known."
        return f"Their {self.settings.attribute} is {msgspec.json.encode(kept).decode()}."


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _same(kept: Any, wanted: Any) -> bool:
    return bool(kept == wanted) and (_is_number(wanted) or type(kept) is type(wanted))
