"""A fixed amount off."""

from typing import ClassVar

import msgspec

from common.money import Money
from loyalty.basket import Basket
from loyalty.kind import OfferKind, Price, money_text, words

TEXTS = {
    "en": "{amount} off",
    "de": "{amount} Rabatt",
    "es": "{amount} de descuento",
    "fr": "{amount} de réduction",
    "pt": "{amount} de desconto",
}


class AmountSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`amount` off the total."""

    amount: Price


class Amount(OfferKind[AmountSettings]):
    """A fixed amount, in one currency; a smaller basket gets no more than its total."""

    name: ClassVar[str] = "amount"
    about: ClassVar[str] = "A fixed amount off the total."
    Settings: ClassVar[type[msgspec.Struct]] = AmountSettings

    def discount(self, basket: Basket) -> Money:
        """The amount, or the whole total where that is less."""
        return basket.capped(self.settings.amount.amount)

    def summary(self, locale: str) -> str:
        """Like "€5 off"."""
        price = self.settings.amount
        return words(TEXTS, locale).format(amount=money_text(price.amount, price.currency, locale))

    @property
    def currency(self) -> str:
        """The amount's."""
        return self.settings.amount.currency
