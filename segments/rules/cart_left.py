"""A cart that was filled and not bought."""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar

import msgspec

from customers.customer import Customer
from segments.rule import NOTHING, Beside, Filter, Rule, Settings


class Left(Settings, frozen=True):
    """The cart was last touched `hours` ago or earlier, but not longer ago than `days`."""

    hours: Annotated[int, msgspec.Meta(ge=0, le=8_760)] = 4
    days: Annotated[int, msgspec.Meta(ge=1, le=365)] = 7

    def __post_init__(self) -> None:
        """Refuse a time that there is not."""
        if self.hours >= self.days * 24:
            raise ValueError("`hours` must be less than `days`.")


class CartLeft(Rule):
    """By the facet `engagement`, which the site's events keep; an order since then takes the cart away."""

    name = "cart_left"
    group = "site"
    summary = "They had a cart some hours ago, and have not ordered since."
    Settings = Left
    settings: Left
    examples: ClassVar[list[dict[str, Any]]] = [{}, {"hours": 1, "days": 60}, {"hours": 48, "days": 365}]

    def match(self, now: datetime) -> Filter:
        """By two dates of the customer, of which the later decides; a null sorts below every date."""
        start, end = self._window(now)
        since = {"$gt": ["$engagement.cart_at", "$profile.last_at"]}
        return {"engagement.cart_at": {"$gte": start, "$lte": end}, "$expr": since}

    def holds(self, customer: Customer, now: datetime, beside: Beside = NOTHING) -> bool:
        """By the same two dates."""
        at, last = customer.engagement.get("cart_at"), customer.profile.last_at
        start, end = self._window(now)
        return at is not None and start <= at <= end and (last is None or at > last)

    def value(self, customer: Customer, now: datetime) -> str:
        """When they last had a cart, and when they last ordered."""
        at, last = customer.engagement.get("cart_at"), customer.profile.last_at
        if at is None:
            return "They have had no cart."
        ordered = f"they last ordered at {last:%Y-%m-%d %H:%M}" if last else "they have not ordered yet"
        return f"They last had a cart at {at:%Y-%m-%d %H:%M} UTC, and {ordered}."

    def _window(self, now: datetime) -> tuple[datetime, datetime]:
        return now - timedelta(days=self.settings.days), now - timedelta(hours=self.settings.hours)
