"""Nothing to pay for shipping."""

from typing import ClassVar

import msgspec

from common.money import Money
from loyalty.basket import Basket
from loyalty.kind import OfferKind, Price, money_text, words

TEXTS = {
    "en": "Free shipping",
    "de": "Kostenloser Versand",
    "es": "Envío gratis",
    "fr": "Livraison offerte",
    "pt": "Envio grátis",
}
CAPPED = {
    "en": "Free shipping, up to {most}",
    "de": "Kostenloser Versand, höchstens {most}",
    "es": "Envío gratis, hasta {most}",
    "fr": "Livraison offerte, {most} au plus",
    "pt": "Envio grátis, até {most}",
}


class FreeShippingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`up_to` bounds what the shop pays of the shipping."""

    up_to: Price | None = None


class FreeShipping(OfferKind[FreeShippingSettings]):
    """The part of the basket's total that is for shipping."""

    name: ClassVar[str] = "free_shipping"
    about: ClassVar[str] = "The shipping costs off, with a cap if wanted."
    Settings: ClassVar[type[msgspec.Struct]] = FreeShippingSettings

    def discount(self, basket: Basket) -> Money:
        """The shipping costs, within the cap; nothing where the basket does not say them."""
        most = self.settings.up_to
        costs = basket.shipping - basket.shipping_taken
        return basket.capped(min(costs, most.amount) if most else costs)

    def of_shipping(self, basket: Basket) -> int:
        """All of it."""
        return self.discount(basket).amount

    def summary(self, locale: str) -> str:
        """Like "Free shipping, up to €10"."""
        most = self.settings.up_to
        if most is None:
            return words(TEXTS, locale)
        return words(CAPPED, locale).format(most=money_text(most.amount, most.currency, locale))

    @property
    def currency(self) -> str:
        """The cap's, where there is one."""
        return self.settings.up_to.currency if self.settings.up_to else ""
