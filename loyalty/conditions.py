"""Whether a code may be used for this basket by this person now, and exactly why not.

Each condition is one small function that gives a Refusal or nothing; they are asked in the order of CONDITIONS, and
the first refusal is the answer. None of them reads anything: what they need to know is in the Use.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from enum import StrEnum

import msgspec

from common.errors import Conflict
from common.money import Money
from loyalty.basket import Basket
from loyalty.offer import Offer
from loyalty.voucher import Voucher


class Reason(StrEnum):
    """Why a code cannot be used; part of the API, so a word never changes its meaning."""

    INACTIVE = "inactive"
    CANCELLED = "cancelled"
    DISABLED = "disabled"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    OTHER_CUSTOMER = "other_customer"
    CURRENCY = "currency"
    MINIMUM = "minimum"
    PRODUCTS = "products"
    FIRST_ORDER = "first_order"
    SPENT = "spent"
    CUSTOMER_LIMIT = "customer_limit"
    BUDGET_USES = "budget_uses"
    BUDGET_MONEY = "budget_money"
    ROLLED_BACK = "rolled_back"
    BUSY = "busy"


SENTENCES = {
    Reason.INACTIVE: "The offer is not active.",
    Reason.CANCELLED: "This code was cancelled.",
    Reason.DISABLED: "This code is switched off.",
    Reason.NOT_YET_VALID: "The offer has not begun yet.",
    Reason.EXPIRED: "The code is no longer valid.",
    Reason.OTHER_CUSTOMER: "This code belongs to another customer.",
    Reason.CURRENCY: "The offer cannot be used with this order's currency.",
    Reason.MINIMUM: "The order does not reach the offer's minimum.",
    Reason.PRODUCTS: "The order holds none of the products that the offer is for.",
    Reason.FIRST_ORDER: "The offer is for a first order only.",
    Reason.SPENT: "This code has been used already.",
    Reason.CUSTOMER_LIMIT: "This customer has used the offer as often as it allows.",
    Reason.BUDGET_USES: "The offer has been used as often as it allows.",
    Reason.BUDGET_MONEY: "What is left of the offer's budget does not cover this order.",
    Reason.ROLLED_BACK: "This order's use of the code was rolled back; use it with another order id.",
    Reason.BUSY: "Too many others are using this offer just now; try again.",
}


class Refused(Conflict):
    """A code cannot be used; `reason` is a Reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(SENTENCES[reason], reason.value)


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to use a code: all that the conditions may look at.

    `earlier_orders` counts the customer's standing orders but this one, where the offer asks for it; `taken`
    holds the places that are taken already.
    """

    offer: Offer
    voucher: Voucher
    customer: str
    basket: Basket
    discount: Money
    now: datetime
    earlier_orders: int = 0
    full: Collection[str] = ()


def active(use: Use) -> Reason | None:
    """Neither the offer nor the code was switched off."""
    if not use.offer.active:
        return Reason.INACTIVE
    return None if use.voucher.state == "active" else Reason(use.voucher.state)


def owner(use: Use) -> Reason | None:
    """A personal code is used by its owner."""
    return Reason.OTHER_CUSTOMER if use.voucher.customer not in ("", use.customer) else None


def dates(use: Use) -> Reason | None:
    """Between the offer's beginning and the earlier of both ends, which is itself too late."""
    if use.offer.valid_from and use.now < use.offer.valid_from:
        return Reason.NOT_YET_VALID
    ends = [end for end in (use.offer.valid_until, use.voucher.valid_until) if end]
    return Reason.EXPIRED if ends and use.now >= min(ends) else None


def currency(use: Use) -> Reason | None:
    """The basket is in the offer's currency, if that has one."""
    return Reason.CURRENCY if use.offer.currencies - {use.basket.total.currency} else None


def minimum(use: Use) -> Reason | None:
    """The basket reaches the minimum."""
    least = use.offer.conditions.minimum
    return Reason.MINIMUM if least and use.basket.total.amount < least.amount else None


def products(use: Use) -> Reason | None:
    """The basket holds one of the products."""
    wanted = use.offer.conditions.products
    return Reason.PRODUCTS if wanted and not use.basket.products & set(wanted) else None


def first_order(use: Use) -> Reason | None:
    """The customer has no earlier order."""
    return Reason.FIRST_ORDER if use.offer.conditions.first_order and use.earlier_orders else None


def places(use: Use) -> Reason | None:
    """There is a place left for this code and this customer."""
    return next((Reason(reason) for reason in use.full), None)


def budget(use: Use) -> Reason | None:
    """The offer's budget covers it, as far as was known when the offer was read."""
    limits, spent = use.offer.budget, use.offer.spent
    if limits.uses is not None and spent.uses >= limits.uses:
        return Reason.BUDGET_USES
    if limits.money and spent.money.get(limits.money.currency, 0) + use.discount.amount > limits.money.amount:
        return Reason.BUDGET_MONEY
    return None


CONDITIONS: tuple[Callable[[Use], Reason | None], ...] = (
    active, owner, dates, currency, minimum, products, first_order, places, budget,
)  # fmt: skip


def refusal(use: Use) -> Reason | None:
    """The first reason that speaks against it, or None."""
    return next((reason for condition in CONDITIONS if (reason := condition(use))), None)
