"""Whether a code may be used for this basket by this person now, and exactly why not.

Each condition is one small function that gives a Refusal or nothing; they are asked in the order of CONDITIONS, and
the first refusal is the answer. None of them reads anything: what they need to know is in the Use.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from common.errors import Conflict
from common.money import Money
from loyalty.basket import Basket
from loyalty.budgets import Counted, Limit, fits
from loyalty.offer import Offer
from loyalty.stacking import Beside, clash
from loyalty.voucher import Voucher


class Reason(StrEnum):
    """Why a code cannot be used; part of the API, so a word never changes its meaning."""

    OFFER_DELETED = "offer_deleted"
    INACTIVE = "inactive"
    CANCELLED = "cancelled"
    DISABLED = "disabled"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"
    OTHER_CUSTOMER = "other_customer"
    ORDER_OF_ANOTHER = "order_of_another"
    CURRENCY = "currency"
    MINIMUM = "minimum"
    PRODUCTS = "products"
    CATEGORIES = "categories"
    EXCLUDED = "excluded"
    TOO_FEW = "too_few"
    GIFT_UNAVAILABLE = "gift_unavailable"
    NOTHING_GIVEN = "nothing_given"
    FIRST_ORDER = "first_order"
    SEGMENT = "segment"
    CHANNEL = "channel"
    HOURS = "hours"
    EXCLUSIVE = "exclusive"
    STACKING_GROUP = "stacking_group"
    SAME_OFFER = "same_offer"
    TOO_MANY_CODES = "too_many_codes"
    SPENT = "spent"
    CUSTOMER_LIMIT = "customer_limit"
    CUSTOMER_MONEY = "customer_money"
    CUSTOMER_DAY = "customer_day"
    CUSTOMER_WEEK = "customer_week"
    CUSTOMER_MONTH = "customer_month"
    BUDGET_USES = "budget_uses"
    BUDGET_MONEY = "budget_money"
    DAY_USES = "day_uses"
    DAY_MONEY = "day_money"
    WEEK_USES = "week_uses"
    WEEK_MONEY = "week_money"
    MONTH_USES = "month_uses"
    MONTH_MONEY = "month_money"
    CAMPAIGN_USES = "campaign_uses"
    CAMPAIGN_MONEY = "campaign_money"
    WITHDRAWN = "withdrawn"
    ALREADY_REDEEMED = "already_redeemed"
    ROLLED_BACK = "rolled_back"
    ALREADY_ROLLED_BACK = "already_rolled_back"
    NOT_REDEEMED = "not_redeemed"
    NO_PART = "no_part"
    BUSY = "busy"


SENTENCES = {
    Reason.OFFER_DELETED: "The offer of this code was deleted.",
    Reason.INACTIVE: "The offer is not active.",
    Reason.CANCELLED: "This code was cancelled.",
    Reason.DISABLED: "This code is switched off.",
    Reason.NOT_YET_VALID: "The offer has not begun yet.",
    Reason.EXPIRED: "The code is no longer valid.",
    Reason.OTHER_CUSTOMER: "This code belongs to another customer.",
    Reason.ORDER_OF_ANOTHER: "This code was used on this order by another customer.",
    Reason.CURRENCY: "The offer cannot be used with this order's currency.",
    Reason.MINIMUM: "The order does not reach the offer's minimum.",
    Reason.PRODUCTS: "The order holds none of the products that the offer is for.",
    Reason.CATEGORIES: "The order holds nothing of the categories that the offer is for.",
    Reason.EXCLUDED: "The order holds something that the offer is not for.",
    Reason.TOO_FEW: "The order does not hold enough of what the offer asks for.",
    Reason.GIFT_UNAVAILABLE: "The gift is not in stock.",
    Reason.NOTHING_GIVEN: "The code would give nothing for this order, and stays unused.",
    Reason.FIRST_ORDER: "The offer is for a first order only.",
    Reason.SEGMENT: "The offer is for other customers.",
    Reason.CHANNEL: "The offer cannot be used where this order is placed.",
    Reason.HOURS: "The offer cannot be used on this day or at this hour.",
    Reason.EXCLUSIVE: "One of the codes on this order goes with no other.",
    Reason.STACKING_GROUP: "The offer does not go with that of another code on this order.",
    Reason.SAME_OFFER: "Another code of the same offer is used on this order.",
    Reason.TOO_MANY_CODES: "There are more codes on this order than one of their offers allows.",
    Reason.SPENT: "This code has been used already.",
    Reason.CUSTOMER_LIMIT: "This customer has used the offer as often as it allows.",
    Reason.CUSTOMER_MONEY: "What is left of the offer for this customer does not cover this order.",
    Reason.CUSTOMER_DAY: "This customer has used the offer as often as it allows in a day.",
    Reason.CUSTOMER_WEEK: "This customer has used the offer as often as it allows in a week.",
    Reason.CUSTOMER_MONTH: "This customer has used the offer as often as it allows in a month.",
    Reason.DAY_USES: "The offer has been used as often as it allows in a day.",
    Reason.DAY_MONEY: "What is left of the offer's budget for today does not cover this order.",
    Reason.WEEK_USES: "The offer has been used as often as it allows in a week.",
    Reason.WEEK_MONEY: "What is left of the offer's budget for this week does not cover this order.",
    Reason.MONTH_USES: "The offer has been used as often as it allows in a month.",
    Reason.MONTH_MONEY: "What is left of the offer's budget for this month does not cover this order.",
    Reason.CAMPAIGN_USES: "The codes of this campaign have been used as often as the offer allows.",
    Reason.CAMPAIGN_MONEY: "What is left of the offer's budget for this campaign does not cover this order.",
    Reason.WITHDRAWN: "The codes that were to be used together were given up; try again.",
    Reason.BUDGET_USES: "The offer has been used as often as it allows.",
    Reason.BUDGET_MONEY: "What is left of the offer's budget does not cover this order.",
    Reason.ALREADY_REDEEMED: "This order used the code as it was before: take that back, and use another order id.",
    Reason.ROLLED_BACK: "This order's use of the code was rolled back; use it with another order id.",
    Reason.ALREADY_ROLLED_BACK: "This redemption was rolled back already.",
    Reason.NOT_REDEEMED: "The code is held, and not redeemed yet: there is no part to take back.",
    Reason.NO_PART: "It took nothing off the order of which a part could be taken back; take back the whole.",
    Reason.BUSY: "Too many others are using this offer just now; try again.",
}


class Refused(Conflict):
    """A code cannot be used; `reason` is a Reason, `against` the code that it does not go with."""

    def __init__(self, reason: Reason, against: str = "") -> None:
        super().__init__(SENTENCES[reason], reason.value)
        self.against = against


# What is full of holds and budgets that may have run out unswept.
ROOM = frozenset(
    {Reason.SPENT, *(one for one in Reason if one.value.startswith(("customer_", "budget_", "campaign_")))}
    | {one for one in Reason if one.value.endswith(("_uses", "_money"))}
)


# What another code on the same order stands in the way of.
STACKED = frozenset({Reason.EXCLUSIVE, Reason.STACKING_GROUP, Reason.SAME_OFFER, Reason.TOO_MANY_CODES})


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody wants to use a code: all that the conditions may look at.

    `earlier_orders` counts the customer's standing orders but this one, `segments` are those of the offer's that the
    customer is in, each where the offer asks for it. `beside` are other codes on the same order. `full` holds the
    reasons of places that are all taken. `local` is now in the shop's time zone, where the offer asks for it.
    """

    offer: Offer
    voucher: Voucher
    customer: str
    basket: Basket
    discount: Money
    now: datetime
    local: datetime
    cost: Money
    earlier_orders: int = 0
    segments: Collection[str] = ()
    beside: Sequence[Beside] = ()
    full: Collection[str] = ()


def deleted(use: Use) -> Reason | None:
    """The offer is still there."""
    return Reason.OFFER_DELETED if use.offer.deleted_at else None


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


def categories(use: Use) -> Reason | None:
    """The basket holds something of one of the categories."""
    wanted = use.offer.conditions.categories
    return Reason.CATEGORIES if wanted and not _categories(use.basket) & set(wanted) else None


def excluded(use: Use) -> Reason | None:
    """The basket holds none of what the offer is not for."""
    rules = use.offer.conditions
    found = use.basket.products & set(rules.not_products) or _categories(use.basket) & set(rules.not_categories)
    return Reason.EXCLUDED if found else None


def given(use: Use) -> Reason | None:
    """The kind has something to give for this basket."""
    lacking = use.offer.gives.lacks(use.basket)
    return Reason(lacking) if lacking else None


def segments(use: Use) -> Reason | None:
    """The customer is in one of the segments, and in none of those that are out."""
    rules = use.offer.conditions
    outside = rules.segments and not set(rules.segments) & set(use.segments)
    return Reason.SEGMENT if outside or set(rules.not_segments) & set(use.segments) else None


def channel(use: Use) -> Reason | None:
    """The order is placed where the offer holds."""
    wanted = use.offer.conditions.channels
    return Reason.CHANNEL if wanted and use.basket.channel not in wanted else None


def hours(use: Use) -> Reason | None:
    """It is one of the offer's times."""
    wanted = use.offer.conditions.hours
    return Reason.HOURS if wanted and not any(one.holds(use.local) for one in wanted) else None


def stacking(use: Use) -> Reason | None:
    """It goes with the other codes on the order."""
    found = clash(use.offer.id, use.offer.stacking, use.beside)
    return Reason(found.rule) if found else None


def something(use: Use) -> Reason | None:
    """It gives something for this basket, so that nobody spends a code for nothing."""
    gives = use.offer.gives
    anything = use.discount.amount or gives.gift is not None or gives.points(use.basket)
    return None if anything else Reason.NOTHING_GIVEN


def against(use: Use) -> str:
    """The other code on the order that it does not go with, if that is what speaks against it."""
    found = clash(use.offer.id, use.offer.stacking, use.beside)
    return found.code if found else ""


def first_order(use: Use) -> Reason | None:
    """The customer has no earlier order."""
    return Reason.FIRST_ORDER if use.offer.conditions.first_order and use.earlier_orders else None


def places(use: Use) -> Reason | None:
    """There is a place left for this code and this customer."""
    return next((Reason(reason) for reason in use.full), None)


def budget(use: Use) -> Reason | None:
    """The offer's budget covers it, as far as was known when the offer was read."""
    own, spent = use.offer.budget, use.offer.spent
    if short := fits(Limit(uses=own.uses, money=own.money), spent, use.cost):
        return Reason(f"budget_{short}")
    for key in own.keys(use.local, use.voucher.campaign):
        if short := fits(own.limit(key), spent.by.get(key, Counted()), use.cost):
            return Reason(f"{key.partition('_')[0]}_{short}")
    return None


CONDITIONS: tuple[Callable[[Use], Reason | None], ...] = (
    deleted, active, owner, dates, hours, channel, currency, minimum, products, categories, excluded, given,
    first_order, segments, stacking, something, places, budget,
)  # fmt: skip


def refusal(use: Use) -> Reason | None:
    """The first reason that speaks against it, or None."""
    return next((reason for condition in CONDITIONS if (reason := condition(use))), None)


def _categories(basket: Basket) -> set[str]:
    return {
        category for product in basket.products & set(basket.known) for category in basket.known[product].categories
    }
