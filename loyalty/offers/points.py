"""Points on top."""

from typing import Annotated, ClassVar

import msgspec
from babel.numbers import format_decimal

from common.money import Money
from loyalty.basket import Basket
from loyalty.kind import OfferKind, known, words
from loyalty.points_account import MOST

TEXTS = {
    "en": "{points} extra points",
    "de": "{points} Extrapunkte",
    "es": "{points} puntos extra",
    "fr": "{points} points en plus",
    "pt": "{points} pontos extra",
}


class PointsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many `points`, whatever the order comes to."""

    points: Annotated[int, msgspec.Meta(ge=1, le=MOST)]


class ExtraPoints(OfferKind[PointsSettings]):
    """Points credited when the code is redeemed, and taken back when that is rolled back."""

    name: ClassVar[str] = "points"
    about: ClassVar[str] = "So many loyalty points, credited when the code is redeemed."
    Settings: ClassVar[type[msgspec.Struct]] = PointsSettings

    def discount(self, basket: Basket) -> Money:
        """Nothing."""
        return basket.capped(0)

    def summary(self, locale: str) -> str:
        """Like "500 extra points"."""
        return words(TEXTS, locale).format(points=format_decimal(self.settings.points, locale=known(locale)))

    @property
    def asks_points(self) -> bool:
        """Yes: what points are worth."""
        return True

    def points(self, basket: Basket) -> int:
        """All of them."""
        return self.settings.points

    def cost(self, basket: Basket) -> Money:
        """What the shop says that points are worth."""
        return basket.worth.of(self.points(basket)) if basket.worth else basket.capped(0)
