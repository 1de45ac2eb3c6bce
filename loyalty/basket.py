"""What a code is held against: one order as the checkout sees it."""

import re

import msgspec

from common.errors import Invalid
from common.money import Money
from customers.orders import Line

_CURRENCY = re.compile(r"[A-Z]{3}")


class Basket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order under the shop's own id, before any discount; `shipping` is the part of `total` that is for shipping."""

    id: str
    total: Money
    lines: list[Line] = []
    shipping: int = 0

    def __post_init__(self) -> None:
        """Refuse what could not be reckoned with; raises Invalid naming the field."""
        if not _CURRENCY.fullmatch(self.total.currency):
            raise Invalid.field("order.total.currency", "Must be an ISO 4217 code, like EUR.")
        if self.total.amount < 0:
            raise Invalid.field("order.total.amount", "Must not be negative.")
        if not 0 <= self.shipping <= self.total.amount:
            raise Invalid.field("order.shipping", "Must be a part of the total.")

    @property
    def products(self) -> frozenset[str]:
        """The ids of the products in it."""
        return frozenset(line.product_id for line in self.lines)

    def capped(self, amount: int) -> Money:
        """An amount off this basket: never less than nothing, never more than its total, in its currency."""
        return Money(max(0, min(amount, self.total.amount)), self.total.currency)
