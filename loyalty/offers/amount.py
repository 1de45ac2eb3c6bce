"""A fixed amount off."""

from typing import ClassVar

import msgspec

from common.money import Money
from loyalty.basket import Basket
from loyalty.kind import OfferKind, Price, asked, missing, money_text, on_chosen, words
from loyalty.selection import Selection

TEXTS = {
    "en": "{amount} off",
    "de": "{amount} Rabatt",
    "es": "{amount} de descuento",
    "fr": "{amount} de réduction",
    "pt": "{amount} de desconto",
}


class AmountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`amount` off the total; with `only`, off these products and no more than they cost."""

    amount: Price
    only: Selection | None = None


class Amount(OfferKind[AmountSettings]):
    """A fixed amount, in one currency; a smaller basket gets no more than its total."""

    name: ClassVar[str] = "amount"
    about: ClassVar[str] = "A fixed amount off the total."
    Settings: ClassVar[type[msgspec.Struct]] = AmountSettings

    def discount(self, basket: Basket) -> Money:
        """The amount, or all that is still to be paid where that is less."""
        return basket.capped(min(self.settings.amount.amount, basket.worth_of(self.settings.only)))

    def summary(self, locale: str) -> str:
        """Like "€5 off"."""
        price = self.settings.amount
        text = words(TEXTS, locale).format(amount=money_text(price.amount, price.currency, locale))
        return on_chosen(text, self.settings.only, locale)

    def asks(self, basket: Basket) -> frozenset[str]:
        """The basket's, where categories matter."""
        return asked(self.settings.only, basket)

    def lacks(self, basket: Basket) -> str:
        """One of the chosen products."""
        return missing(self.settings.only, basket)

    @property
    def currency(self) -> str:
        """The amount's."""
        return self.settings.amount.currency
