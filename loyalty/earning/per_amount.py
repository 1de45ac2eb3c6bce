"""So many points for each amount paid."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, ClassVar

import msgspec

from loyalty.kind import Price
from loyalty.points_account import MOST
from loyalty.points_earning import Bill, EarningKind


class PerAmountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`points` for each `per` that an order comes to; an order in another currency earns none."""

    points: Annotated[int, msgspec.Meta(ge=1, le=MOST)]
    per: Price


class PerAmount(EarningKind[PerAmountSettings]):
    """By what was paid."""

    name: ClassVar[str] = "per_amount"
    about: ClassVar[str] = "So many points for each amount paid, such as one for each euro."
    Settings: ClassVar[type[msgspec.Struct]] = PerAmountSettings

    def of_order(self, bill: Bill) -> Sequence[Fraction]:
        """Each item's part of what was paid, in points."""
        if bill.currency != self.settings.per.currency:
            return super().of_order(bill)
        rate = Fraction(self.settings.points, self.settings.per.amount)
        return [item.paid * rate for item in bill.items]
