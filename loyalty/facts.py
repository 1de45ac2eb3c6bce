"""What an offer may ask beyond what the checkout said; each thing is found out only where an offer asks for it."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from customers.catalogue import Products
from customers.orders import Order
from customers.shop import Shop
from loyalty.basket import Basket
from loyalty.history import History
from loyalty.offer import Offer
from loyalty.points_earning import Bill, items_of, shares
from loyalty.points_programme import PointsProgramme
from loyalty.stacking import Beside


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants to use a code, for which order; with `until`, to hold it.

    `segments` are those that the checkout knows the person to be in; None where that is to be found out. `bundle` is
    the call for several codes that this is part of.
    """

    customer: str
    basket: Basket
    until: datetime | None = None
    segments: Collection[str] | None = None
    bundle: str = ""


class Facts:
    """Finds out. `in_segments(customer, segments)` says which of these segments a customer is in."""

    def __init__(
        self,
        history: History,
        products: Products,
        shop: Callable[[], Shop],
        programme: Callable[[], PointsProgramme],
        in_segments: Callable[[str, Sequence[str]], Collection[str]],
    ) -> None:
        self._history = history
        self._products = products
        self._shop = shop
        self._programme = programme
        self._in_segments = in_segments

    def local(self, offer: Offer, now: datetime) -> datetime:
        """Now in the shop's time zone; in UTC where the offer has nothing to do with days and hours."""
        dated = offer.conditions.hours or offer.budget.periods or offer.gives.asks_points
        return now.astimezone(ZoneInfo(self._shop().time_zone)) if dated else now.astimezone(UTC)

    def basket(self, offer: Offer, asked: Asked, beside: Sequence[Beside], local: datetime) -> Basket:
        """The basket with all that the offer asks for, and what the codes beside took off it."""
        basket, kind = asked.basket, offer.gives
        wanted = kind.asks(basket) | (basket.products if offer.conditions.asks_categories else frozenset())
        if beside:
            basket = replace(
                basket,
                taken=sum(one.discount for one in beside),
                shipping_taken=sum(one.of_shipping for one in beside),
            )
        if kind.asks_points:
            wanted |= basket.products
        if wanted:
            basket = replace(basket, known=self._products.get(sorted(wanted)))
        return self._with_points(basket, asked.customer, local) if kind.asks_points else basket

    def earlier_orders(self, offer: Offer, asked: Asked) -> int:
        """How many standing orders the customer has but this one, if the offer asks."""
        return self._history.earlier_orders(asked.customer, asked.basket.id) if offer.conditions.first_order else 0

    def segments(self, offer: Offer, asked: Asked) -> Collection[str]:
        """Which of the offer's segments the customer is in."""
        wanted = [*offer.conditions.segments, *offer.conditions.not_segments]
        if not wanted or asked.segments is not None:
            return asked.segments or ()
        return self._in_segments(asked.customer, wanted)

    def _with_points(self, basket: Basket, customer: str, local: datetime) -> Basket:
        """What the order would earn by the shop's rules for what is still to be paid."""
        programme = self._programme()
        if not programme.earns(local):
            return replace(basket, worth=programme.worth)
        order = Order(
            id=basket.id,
            customer_id=customer,
            placed_at=local,
            currency=basket.total.currency,
            total=basket.left,
            lines=basket.lines,
        )
        items = items_of(order, {product.id: product.categories for product in basket.known.values()})
        earned = sum(shares(programme.rules, Bill(at=local, currency=order.currency, items=items)))
        return replace(basket, earned=earned, worth=programme.worth)
