"""Money: whole minor units and an ISO 4217 code, never a float."""

from typing import Self

import msgspec

from common.errors import Invalid


class Money(msgspec.Struct, frozen=True, order=False):
    """An amount in minor units (cents, pence, yen) of one currency."""

    amount: int
    currency: str

    def __add__(self, other: Self) -> "Money":
        """The sum; raises Invalid when the currencies differ."""
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Self) -> "Money":
        """The difference; raises Invalid when the currencies differ."""
        return Money(self.amount - self._same(other).amount, self.currency)

    def _same(self, other: Self) -> Self:
        if other.currency != self.currency:
            raise Invalid.field("currency", f"{other.currency} cannot be reckoned with {self.currency}.")
        return other


def share(amount: int, percent: float) -> int:
    """`percent` hundredths of an amount in minor units, rounded half up, as a shopkeeper would."""
    return int((amount * round(percent * 100) + 5_000) // 10_000)
