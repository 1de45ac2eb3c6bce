"""Which codes go together on one order, in which order they are reckoned, and how many of them."""

from collections.abc import Sequence

import msgspec

EXCLUSIVE, GROUPS, SAME_OFFER, AT_ONCE = "exclusive", "stacking_group", "same_offer", "too_many_codes"


class Stacking(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How an offer goes with others on one order.

    An `exclusive` one goes with none. Others go together that share one of their `groups`; those without any group
    go with each other. `at_once` is how many codes an order may have with one of this among them. `repeats`: two
    codes of this offer may be used on one order. `order` says which is reckoned first, the lowest, each on what the
    ones before it left to pay.
    """

    exclusive: bool = False
    groups: list[str] = []
    order: int = 100
    at_once: int | None = None
    repeats: bool = False


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """Another code on the same order: its offer, how that goes with others, and what it took off."""

    code: str
    offer: str
    stacking: Stacking = Stacking()
    discount: int = 0
    of_shipping: int = 0


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """Why a code does not go with those beside it: the rule, and the code that stands in the way, if it is one."""

    rule: str
    code: str = ""


def clash(offer: str, stacking: Stacking, beside: Sequence[Beside]) -> Clash | None:
    """The first rule by which an offer does not go with what is on the order already, or None."""
    for other in beside:
        if stacking.exclusive or other.stacking.exclusive:
            return Clash(rule=EXCLUSIVE, code=other.code)
        if other.offer == offer and not (stacking.repeats and other.stacking.repeats):
            return Clash(rule=SAME_OFFER, code=other.code)
        mine, theirs = set(stacking.groups), set(other.stacking.groups)
        if (mine or theirs) and not mine & theirs:
            return Clash(rule=GROUPS, code=other.code)
    limits = [one.at_once for one in [stacking, *(other.stacking for other in beside)] if one.at_once is not None]
    return Clash(rule=AT_ONCE) if limits and len(beside) + 1 > min(limits) else None
