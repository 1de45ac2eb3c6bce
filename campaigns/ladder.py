"""A win-back ladder: of a campaign's variants, the least first, each person gets the least that works for such people.

The variants are the rungs, from a plain note up. Which of them works is learned from what each earned, at the shop's
margin, beyond those who got nothing (campaigns/ladder_lessons.py), and no more is promised than the caps allow
(campaigns/ladder_climbing.py).
"""

from collections.abc import Mapping, Sequence

import msgspec

from campaigns.experiments.variants import Variant
from common.money import Money
from loyalty.offer import Offer

# The settings by which kinds of offers bound what a use costs.
_BOUNDS = ("amount", "at_most", "up_to", "worth")
# What one who got nothing, to compare with, is said to have got.
HOLDOUT = "holdout"
# In a message's data: it is not for who has ordered since it was planned.
UNLESS_ORDERED = "unless_ordered"


class Ladder(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How people are won back.

    `margin_percent` is what is left of a sale once the goods are paid. To one person the codes of the campaign promise
    at most `person_most` in `person_days`, to all at most `total_most`; what is promised counts at the most that its
    code can take off until the code has run out, and from then on at what it took. Nobody is written to twice in
    `rest_days`. For one person, what the shop's other ladders did counts for both. Who has not ordered since gets, if
    the ladder `climbs`, a higher rung next; one who orders has reached the end of it, and begins at the bottom when
    they are late another time.
    """

    margin_percent: float = 40.0
    person_most: Money | None = None
    person_days: int = 365
    total_most: Money | None = None
    rest_days: int = 90
    climbs: bool = True

    @property
    def caps(self) -> dict[str, Money]:
        """The limits of money that are set, by field."""
        named = {"person_most": self.person_most, "total_most": self.total_most}
        return {name: money for name, money in named.items() if money is not None}


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """A variant as a rung: what one code of it costs at most, in minor units, and its share while nothing is known."""

    id: str
    cost: int
    share: float


def most_of(offer: Offer) -> Money | None:
    """What one use of an offer costs at most; None where nothing bounds it."""
    for name in _BOUNDS:
        price = offer.settings.get(name)
        if isinstance(price, Mapping) and "amount" in price and "currency" in price:
            return Money(int(price["amount"]), str(price["currency"]))
    return None


def rungs_of(variants: Sequence[Variant], offers: Mapping[str, Offer]) -> list[Rung]:
    """The rungs in their order; `offers` are those that they name."""
    return [Rung(id=one.id, cost=_cost(one, offers), share=one.share) for one in variants]


def wrongs(
    ladder: Ladder, variants: Sequence[Variant], offers: Mapping[str, Offer], currency: str
) -> dict[str, list[str]]:
    """What makes no sense of a ladder, by field; `offers` are those that the variants name and that exist."""
    wrong: dict[str, list[str]] = {}
    if len(variants) < 2:
        wrong["ladder"] = ["A ladder's rungs are the campaign's variants, the least first: name two or more."]
    for name, money in ladder.caps.items():
        if money.currency != currency:
            wrong[f"ladder.{name}"] = [f"Must be in the shop's currency, {currency}."]
    before = 0
    for place, variant in enumerate(variants):
        fault = _fault(offers.get(variant.offer) if variant.offer else None, currency)
        cost = _cost(variant, offers)
        if not fault and cost < before:
            fault = "Rungs go up: this one costs less than the one before."
        if fault:
            wrong[f"variants.{place}.offer"] = [fault]
        before = max(before, cost)
    return wrong


def _fault(offer: Offer | None, currency: str) -> str:
    if offer is None:
        return ""
    most = most_of(offer)
    if most is None:
        return "Nothing bounds what this offer costs: say in its settings what it takes off at most."
    return "" if most.currency == currency else f"Must be in the shop's currency, {currency}."


def _cost(variant: Variant, offers: Mapping[str, Offer]) -> int:
    most = most_of(offers[variant.offer]) if variant.offer in offers else None
    return most.amount if most else 0
