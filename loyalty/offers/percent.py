"""So many in a hundred off, at most so much."""

from typing import Annotated, ClassVar

import msgspec
from babel.numbers import format_percent

from common.money import Money, share
from loyalty.basket import Basket
from loyalty.kind import OfferKind, Price, asked, known, missing, money_text, on_chosen, words
from loyalty.selection import Selection

TEXTS = {
    "en": "{percent} off",
    "de": "{percent} Rabatt",
    "es": "{percent} de descuento",
    "fr": "{percent} de réduction",
    "pt": "{percent} de desconto",
}
CAPPED = {
    "en": "{percent} off, up to {most}",
    "de": "{percent} Rabatt, höchstens {most}",
    "es": "{percent} de descuento, hasta {most}",
    "fr": "{percent} de réduction, {most} au plus",
    "pt": "{percent} de desconto, até {most}",
}


class PercentSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`percent` of the total, in hundredths of a percent at the finest; `at_most` bounds what comes off.

    `only` says which products it is reckoned on, all and the shipping where it is left out.
    """

    percent: Annotated[float, msgspec.Meta(ge=0.01, le=100)]
    at_most: Price | None = None
    only: Selection | None = None


class Percent(OfferKind[PercentSettings]):
    """A share of the basket's total."""

    name: ClassVar[str] = "percent"
    about: ClassVar[str] = "A percentage off the total, with a cap if wanted."
    Settings: ClassVar[type[msgspec.Struct]] = PercentSettings

    def discount(self, basket: Basket) -> Money:
        """The share of what is still to be paid, rounded half up, within the cap."""
        off = share(basket.worth_of(self.settings.only), self.settings.percent)
        most = self.settings.at_most
        return basket.capped(min(off, most.amount) if most else off)

    def summary(self, locale: str) -> str:
        """Like "15% off, up to €20"."""
        percent = format_percent(
            round(self.settings.percent / 100, 4), locale=known(locale), decimal_quantization=False
        )
        most = self.settings.at_most
        if most is None:
            text = words(TEXTS, locale).format(percent=percent)
        else:
            text = words(CAPPED, locale).format(percent=percent, most=money_text(most.amount, most.currency, locale))
        return on_chosen(text, self.settings.only, locale)

    def asks(self, basket: Basket) -> frozenset[str]:
        """The basket's, where categories matter."""
        return asked(self.settings.only, basket)

    def lacks(self, basket: Basket) -> str:
        """One of the chosen products."""
        return missing(self.settings.only, basket)

    @property
    def currency(self) -> str:
        """The cap's, where there is one."""
        return self.settings.at_most.currency if self.settings.at_most else ""
