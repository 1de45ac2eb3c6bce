"""Currencies that a rule may name: their codes choose one of ours, so that what a caller wrote is never a path."""

import re
from functools import cache
from typing import Annotated

import msgspec
from babel.numbers import list_currencies

from segments.ranges import Count, check_limits
from segments.rule import Settings

Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$", min_length=3, max_length=3, examples=["EUR"])]
_CODE = re.compile(r"[A-Z]{3}")


@cache
def _codes() -> dict[str, str]:
    return {code: code for code in list_currencies() if _CODE.fullmatch(code)}


def path_of(currency: str) -> str:
    """The name of a currency's field. Raises KeyError for a code that there is not."""
    return _codes()[currency]


def check_currency(currency: str) -> None:
    """Raise ValueError unless ISO 4217 has, or had, this currency."""
    if currency not in _codes():
        raise ValueError(f"There is no currency {currency!r}; write it like EUR.")


class Sums(Settings, frozen=True):
    """Limits in minor units (1250 is 12.50) of a currency, by its ISO 4217 code."""

    currency: Currency
    at_least: Count | None = None
    at_most: Count | None = None

    def __post_init__(self) -> None:
        """Refuse limits that nothing can lie between, and a currency that there is not."""
        check_currency(self.currency)
        check_limits(self.at_least, self.at_most)
