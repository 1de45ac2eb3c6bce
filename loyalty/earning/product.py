"""So many points for each piece of some products."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, ClassVar

import msgspec

from common.ids import SHOP_ID_LENGTH, SHOP_ID_PATTERN
from loyalty.points_account import MOST
from loyalty.points_earning import Bill, EarningKind

ProductId = Annotated[str, msgspec.Meta(min_length=1, max_length=SHOP_ID_LENGTH, pattern=SHOP_ID_PATTERN)]


class ProductSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`points` for each piece of one of `products`, whatever it cost."""

    products: Annotated[list[ProductId], msgspec.Meta(min_length=1, max_length=1_000)]
    points: Annotated[int, msgspec.Meta(ge=1, le=MOST)]


class ByProduct(EarningKind[ProductSettings]):
    """By the piece."""

    name: ClassVar[str] = "product"
    about: ClassVar[str] = "So many points for each piece of some products."
    Settings: ClassVar[type[msgspec.Struct]] = ProductSettings

    def of_order(self, bill: Bill) -> Sequence[Fraction]:
        """The pieces of each item, in points."""
        wanted = set(self.settings.products)
        pieces = [item.quantity if item.product in wanted else 0 for item in bill.items]
        return [Fraction(max(0, many) * self.settings.points) for many in pieces]
