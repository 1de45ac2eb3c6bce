"""What a kind of make-good is: one file in loyalty/makegoods/, found by scanning; sized by order and history."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

import loyalty.makegoods
from common.errors import Invalid
from common.kinds import scan
from common.money import Money
from customers.catalogue import Product
from customers.incident import IncidentCause
from customers.orders import Order

S = TypeVar("S", bound=msgspec.Struct)


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong, with which order (None where there is none), for the how-manieth time in a row."""

    cause: IncidentCause
    order: Order | None = None
    bad_in_a_row: int = 1
    products: Mapping[str, Product] = {}
    currency: str = "EUR"

    @property
    def worth(self) -> Money:
        """What was paid for the order, less what was given back."""
        return (
            Money(self.order.total - self.order.refunded, self.order.currency)
            if self.order
            else Money(0, self.currency)
        )

    @property
    def earlier(self) -> int:
        """How many bad experiences came right before this one."""
        return max(0, self.bad_in_a_row - 1)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """An offer that is to be given: its kind and settings, and what it is taken to be worth."""

    kind: str
    settings: dict[str, Any]
    worth: Money


class MakeGood(ABC, Generic[S]):
    """A way to make good: a kind declares its `name` and `Settings`, and says what it would give."""

    name: ClassVar[str]
    about: ClassVar[str]
    Settings: ClassVar[type[msgspec.Struct]]

    def __init__(self, settings: S) -> None:
        self.settings = settings

    @abstractmethod
    def wish(self, situation: Situation) -> Wish | None:
        """What it gives in this situation; None where it has nothing to give."""


@cache
def kinds() -> dict[str, type[MakeGood[Any]]]:
    """Every kind of make-good by its name."""
    return scan(loyalty.makegoods, MakeGood)  # type: ignore[type-abstract]  # only concrete ones are returned


def parse(given: Mapping[str, Any], path: str = "give") -> MakeGood[Any]:
    """The make-good that a setting stands for; raises Invalid naming the field under `path`."""
    settings = dict(given)
    name = settings.pop("kind", "")
    kind = kinds().get(str(name))
    if kind is None:
        raise Invalid.field(f"{path}.kind", f"There is no make-good {name!r:.60}; there are {', '.join(kinds())}.")
    try:
        return kind(msgspec.convert(settings, kind.Settings))
    except msgspec.ValidationError as error:
        sentence, _, place = str(error).partition(" - at `$.")
        raise Invalid.field(f"{path}.{place.rstrip('`')}" if place else path, f"{sentence}.") from None
