"""Money off the next order: a share of what the order that went wrong was worth."""

from typing import Annotated, ClassVar

import msgspec

from common.money import Money, share
from loyalty.makegood import MakeGood, Situation, Wish


class AmountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`percent_of_order`, and `more_each` for each bad experience right before; rounded up to whole `steps`.

    `least` and `most` bound it, in minor units of the order's currency, as `steps` are.
    """

    percent_of_order: Annotated[int, msgspec.Meta(ge=1, le=100)]
    more_each: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    least: Annotated[int, msgspec.Meta(ge=0, le=10**9)] = 0
    most: Annotated[int, msgspec.Meta(ge=1, le=10**9)] = 10**9
    steps: Annotated[int, msgspec.Meta(ge=1, le=10**6)] = 100


class NextOrderAmount(MakeGood[AmountSettings]):
    """Whole money, since nobody is moved by 3.37."""

    name: ClassVar[str] = "amount"
    about: ClassVar[str] = "Money off the next order, a share of what this one was worth."
    Settings: ClassVar[type[msgspec.Struct]] = AmountSettings

    def wish(self, situation: Situation) -> Wish | None:
        """The share, in whole steps; nothing without an order."""
        own, worth = self.settings, situation.worth
        percent = min(100, own.percent_of_order + own.more_each * situation.earlier)
        amount = -(-share(worth.amount, percent) // own.steps) * own.steps
        amount = min(max(amount, own.least), own.most)
        if situation.order is None or not amount:
            return None
        off = {"amount": amount, "currency": worth.currency}
        return Wish(kind="amount", settings={"amount": off}, worth=Money(amount, worth.currency))
