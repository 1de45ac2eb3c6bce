"""Money: whole minor units and an ISO 4217 code, never a float."""

from collections.abc import Mapping
from functools import cache
from typing import Self

import msgspec
from babel.numbers import list_currencies

from common.errors import Invalid

_LETTERS = 3
# What stands for no currency, and what is for tests.
_NONE = frozenset({"X" * _LETTERS, "XTS"})
UNKNOWN_CURRENCY = "unknown_currency"


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


@cache
def known_currencies() -> frozenset[str]:
    """Every currency there is, or was, by its ISO 4217 code; not those that stand for none."""
    return frozenset(code for code in list_currencies() if len(code) == _LETTERS) - _NONE


def check_currencies(moneys: Mapping[str, Money | None]) -> None:
    """Raise Invalid naming the first path whose money is in a currency that there is not."""
    for path, money in moneys.items():
        if money is not None and money.currency not in known_currencies():
            raise Invalid.field(f"{path}.currency", f"There is no currency {money.currency!r}.", UNKNOWN_CURRENCY)


def share(amount: int, percent: float) -> int:
    """`percent` hundredths of an amount in minor units, rounded half up, as a shopkeeper would."""
    return int((amount * round(percent * 100) + 5_000) // 10_000)
