"""More points for what was paid for products of some categories."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, ClassVar

import msgspec

from loyalty.kind import Price
from loyalty.points_account import MOST
from loyalty.points_earning import Bill, EarningKind

Category = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class CategorySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`points` for each `per` that products of one of `categories` came to, beside what other rules give."""

    categories: Annotated[list[Category], msgspec.Meta(min_length=1, max_length=100)]
    points: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    per: Price


class ByCategory(EarningKind[CategorySettings]):
    """By what was paid for some kinds of product."""

    name: ClassVar[str] = "category"
    about: ClassVar[str] = "So many points for each amount paid for products of some categories."
    Settings: ClassVar[type[msgspec.Struct]] = CategorySettings

    def of_order(self, bill: Bill) -> Sequence[Fraction]:
        """What was paid for each item of these categories, in points."""
        if bill.currency != self.settings.per.currency:
            return super().of_order(bill)
        rate = Fraction(self.settings.points, self.settings.per.amount)
        wanted = set(self.settings.categories)
        return [item.paid * rate if item.categories & wanted else Fraction() for item in bill.items]
