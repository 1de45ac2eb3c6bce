"""What a customer has spent in one currency."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from customers.orders import Order
from segments.ranges import Count, check_limits, lies_between
from segments.rule import Filter, Rule, Settings

Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", min_length=3, max_length=3)]


class Spend(Settings, frozen=True):
    """Limits in minor units (1250 is 12.50) of a currency, by its ISO 4217 code."""

    currency: Currency
    at_least: Count | None = None
    at_most: Count | None = None

    def __post_init__(self) -> None:
        """Refuse limits that nothing can lie between."""
        check_limits(self.at_least, self.at_most)


class ProfileSpend(Rule):
    """Adds up the totals of the orders that stand, over all time; other currencies are left aside."""

    name = "profile_spend"
    summary = "They have spent so much in a currency, in minor units (1250 is 12.50)."
    Settings = Spend
    settings: Spend
    examples: ClassVar[list[dict[str, Any]]] = [
        {"currency": "EUR", "at_least": 10_000},
        {"currency": "USD", "at_most": 5_000},
        {"currency": "EUR", "at_least": 1, "at_most": 20_000},
    ]

    def match(self, now: datetime) -> Filter:
        """By an expression, since the currency, which a caller chose, must not become part of a path."""
        spent = {"$getField": {"field": {"$literal": self.settings.currency}, "input": "$profile.spend"}}
        amount = {"$ifNull": [spent, 0]}
        low, high = self.settings.at_least, self.settings.at_most
        limits = [{"$gte": [amount, low]}] if low is not None else []
        limits += [{"$lte": [amount, high]}] if high is not None else []
        return {"$expr": {"$and": limits}}

    def holds(self, customer: Customer, now: datetime, orders: Sequence[Order] = ()) -> bool:
        """By the profile's sum; nothing spent is 0."""
        return lies_between(self._spent(customer), self.settings.at_least, self.settings.at_most)

    def value(self, customer: Customer, now: datetime) -> str:
        """The sum."""
        return f"They have spent {self._spent(customer)} {self.settings.currency} (minor units)."

    def _spent(self, customer: Customer) -> int:
        return customer.profile.spend.get(self.settings.currency, 0)
