"""What a code is held against: one order as the checkout sees it."""

import re
from collections.abc import Mapping

import msgspec

from common.errors import Invalid
from common.ids import derive
from common.money import UNKNOWN_CURRENCY, Money, known_currencies
from customers.catalogue import Product
from customers.orders import Line
from loyalty.points_programme import Worth
from loyalty.selection import Selection

_CURRENCY = re.compile(r"[A-Z]{3}")


class Basket(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An order under the shop's own id, before any discount; `shipping` is the part of `total` that is for shipping.

    What the checkout does not say is found out where an offer asks for it: the products that are `known`, what the
    order has `earned` in points by the shop's rules, and what points are `worth`. `taken` is what other codes on the
    same order have taken off before, `shipping_taken` the part of it that is for shipping.
    """

    id: str
    total: Money
    lines: list[Line] = []
    shipping: int = 0
    channel: str = ""
    known: Mapping[str, Product] = {}
    earned: int = 0
    worth: Worth | None = None
    taken: int = 0
    shipping_taken: int = 0

    def __post_init__(self) -> None:
        """Refuse what could not be reckoned with; raises Invalid naming the field."""
        if not _CURRENCY.fullmatch(self.total.currency):
            raise Invalid.field("order.total.currency", "Must be an ISO 4217 code, like EUR.", "no_currency")
        if self.total.currency not in known_currencies():
            raise Invalid.field("order.total.currency", "There is no such currency.", UNKNOWN_CURRENCY)
        if self.total.amount < 0:
            raise Invalid.field("order.total.amount", "Must not be negative.", "negative")
        if not 0 <= self.shipping <= self.total.amount:
            raise Invalid.field("order.shipping", "Must be a part of the total.", "more_than_total")

    @property
    def products(self) -> frozenset[str]:
        """The ids of the products in it."""
        return frozenset(line.product_id for line in self.lines)

    @property
    def left(self) -> int:
        """What is still to be paid."""
        return self.total.amount - self.taken

    @property
    def mark(self) -> str:
        """What the checkout said of it, as a word that is the same for the same."""
        lines = [f"{line.product_id}\0{line.quantity}\0{line.unit_price}" for line in self.lines]
        return derive("basket", self.total.currency, self.total.amount, self.shipping, self.channel, *lines)

    def capped(self, amount: int) -> Money:
        """An amount off this basket: never less than nothing, never more than what is left, in its currency."""
        return Money(max(0, min(amount, self.left)), self.total.currency)

    def chosen(self, only: Selection | None) -> list[Line]:
        """The lines that are meant; all where nothing is said."""
        return [line for line in self.lines if only is None or only.takes(line, self.known)]

    def worth_of(self, only: Selection | None) -> int:
        """What is still to be paid for what is meant: never more than what is left of the whole."""
        if only is None:
            return self.left
        return min(self.left, sum(line.quantity * line.unit_price for line in self.chosen(only)))


class Unsummed(Invalid):
    """The parts of an order do not come to its total."""

    reason = "basket_sum"


def check_sum(basket: Basket) -> Basket:
    """The basket, if its lines and the shipping come to its total; one without lines says nothing of them.

    Raises Invalid naming the total.
    """
    lines = sum(line.quantity * line.unit_price for line in basket.lines)
    if basket.lines and lines + basket.shipping != basket.total.amount:
        said = f"the lines come to {lines} and shipping to {basket.shipping}, which is not {basket.total.amount}"
        raise Unsummed.field("order.total.amount", f"Does not sum: {said}.")
    return basket
