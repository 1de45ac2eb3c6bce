"""Several times the points."""

from fractions import Fraction
from math import floor
from typing import Annotated, ClassVar

import msgspec
from babel.numbers import format_decimal

from common.money import Money
from loyalty.basket import Basket
from loyalty.kind import OfferKind, known, words
from loyalty.points_account import MOST

TEXTS = {
    "en": "{times} times the points",
    "de": "{times}-fache Punkte",
    "es": "{times} veces los puntos",
    "fr": "{times} fois les points",
    "pt": "{times} vezes os pontos",
}
CAPPED = {
    "en": "{times} times the points, up to {most} more",
    "de": "{times}-fache Punkte, höchstens {most} mehr",
    "es": "{times} veces los puntos, hasta {most} más",
    "fr": "{times} fois les points, {most} de plus au maximum",
    "pt": "{times} vezes os pontos, até {most} a mais",
}


class PointsMultiplierSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order earns `times` what it would; what that is more is credited at once, `at_most` so many points."""

    times: Annotated[float, msgspec.Meta(ge=1.01, le=100)]
    at_most: Annotated[int, msgspec.Meta(ge=1, le=MOST)] | None = None


class PointsMultiplier(OfferKind[PointsMultiplierSettings]):
    """What the order earns by the shop's own rules, several times over."""

    name: ClassVar[str] = "points_multiplier"
    about: ClassVar[str] = "Several times the loyalty points that the order earns."
    Settings: ClassVar[type[msgspec.Struct]] = PointsMultiplierSettings

    def discount(self, basket: Basket) -> Money:
        """Nothing."""
        return basket.capped(0)

    def summary(self, locale: str) -> str:
        """Like "3 times the points"."""
        own, place = self.settings, known(locale)
        times = format_decimal(round(own.times, 2), locale=place)
        if own.at_most is None:
            return words(TEXTS, locale).format(times=times)
        return words(CAPPED, locale).format(times=times, most=format_decimal(own.at_most, locale=place))

    @property
    def asks_points(self) -> bool:
        """Yes: what the order earns."""
        return True

    def points(self, basket: Basket) -> int:
        """What the order earns beyond what it would, in whole points."""
        more = floor(basket.earned * (Fraction(round(self.settings.times * 100), 100) - 1))
        return min(more, self.settings.at_most or MOST, MOST)

    def cost(self, basket: Basket) -> Money:
        """What the shop says that points are worth."""
        return basket.worth.of(self.points(basket)) if basket.worth else basket.capped(0)
