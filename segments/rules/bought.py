"""What a customer has bought, ever."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from customers.customer import Customer
from customers.orders import Order
from segments.rule import Filter, Rule, Settings, Texts


class Products(Settings, frozen=True):
    """The shop's ids of products: one of `any_of`, or every one of `all_of`."""

    any_of: Texts | None = None
    all_of: Texts | None = None

    def __post_init__(self) -> None:
        """Refuse neither and both."""
        if (self.any_of is None) == (self.all_of is None):
            raise ValueError("Give either `any_of` or `all_of`.")


class Bought(Rule):
    """Looks at the products of all orders that stand."""

    name = "bought"
    summary = "They have bought any, or all, of these products."
    Settings = Products
    settings: Products
    examples: ClassVar[list[dict[str, Any]]] = [{"any_of": ["tea", "mug"]}, {"all_of": ["tea", "kettle"]}]

    def match(self, now: datetime) -> Filter:
        """By the rolled-up profile's list of products."""
        if self.settings.any_of is not None:
            return {"profile.products": {"$in": self.settings.any_of}}
        return {"profile.products": {"$all": self.settings.all_of}}

    def holds(self, customer: Customer, now: datetime, orders: Sequence[Order] = ()) -> bool:
        """By the profile's list of products."""
        bought = set(customer.profile.products)
        if self.settings.any_of is not None:
            return not bought.isdisjoint(self.settings.any_of)
        return bought.issuperset(self.settings.all_of or ())

    def value(self, customer: Customer, now: datetime) -> str:
        """Which of them they bought."""
        asked = self.settings.any_of or self.settings.all_of or []
        bought = [product for product in asked if product in customer.profile.products]
        return f"They have bought {', '.join(bought)}." if bought else "They have bought none of these."
