"""A cart was filled, and nothing came of it."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

import msgspec

from campaigns.occasion import Look, Occasion
from campaigns.watch import Watch, parts
from customers.customer import Customer


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`after_minutes`: so long after the cart was last touched, if nothing was ordered since."""

    after_minutes: Annotated[int, msgspec.Meta(ge=5, le=7 * 24 * 60)] = 240


class CartLeft(Watch):
    """A message to each customer who left a cart; once for each time that they filled it."""

    name: ClassVar[str] = "cart_left"
    summary: ClassVar[str] = "Goes to a customer some time after they left a cart, if they have not ordered since."
    Settings: ClassVar[type[msgspec.Struct]] = Settings
    speaks_of: ClassVar[frozenset[str]] = frozenset({"cart"})
    looks_every: ClassVar[float] = 120.0
    reach: ClassVar[timedelta] = timedelta(hours=1)

    def found(self, look: Look) -> Iterator[Sequence[Occasion]]:
        """By the cart that the site told of last."""
        after = timedelta(minutes=self.settings.after_minutes)
        days = min(365, (look.now - look.start + after).days + 1)
        rules = {"rule": "cart_left", "hours": self.settings.after_minutes // 60, "days": days}
        return parts(
            Occasion(customer=one.id, key=f"cart of {at.isoformat()}", since=at, data={"event": _told(one)})
            for one in look.search.customers(rules)
            if look.start < (at := _at(one)) + after <= look.now
        )


def _at(customer: Customer) -> datetime:
    """The rule lets nobody through who has no cart."""
    at: datetime = customer.engagement["cart_at"]
    return at


def _told(customer: Customer) -> dict[str, list[str]]:
    return {"products": list(customer.engagement.get("cart", {}).get("products", []))}
