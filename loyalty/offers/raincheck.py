"""A product for a price that was promised."""

from typing import Annotated, ClassVar

import msgspec

from common.money import Money
from loyalty.basket import Basket
from loyalty.kind import Name, OfferKind, Price, called, money_text, words
from loyalty.selection import ProductId

MOST_BOUGHT = 1_000
TEXTS = {
    "en": "{name} for {price}",
    "de": "{name} für {price}",
    "es": "{name} por {price}",
    "fr": "{name} à {price}",
    "pt": "{name} por {price} cada",
}


class RaincheckSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`product`, called `name` in messages, costs `price` whatever it has come to cost since; at most `most` of it."""

    product: ProductId
    price: Price
    name: Name = ""
    most: Annotated[int, msgspec.Meta(ge=1, le=MOST_BOUGHT)] = 1


class Raincheck(OfferKind[RaincheckSettings]):
    """What a product costs more by now than was promised."""

    name: ClassVar[str] = "raincheck"
    about: ClassVar[str] = "A product for a promised price, such as the one it had when it was sold out."
    Settings: ClassVar[type[msgspec.Struct]] = RaincheckSettings

    def discount(self, basket: Basket) -> Money:
        """The difference for each piece, the dearest first; nothing where the product has become cheaper."""
        left, off = self.settings.most, 0
        lines = [line for line in basket.lines if line.product_id == self.settings.product]
        for line in sorted(lines, key=lambda line: -line.unit_price):
            pieces = min(left, line.quantity)
            off += pieces * max(0, line.unit_price - self.settings.price.amount)
            left -= pieces
        return basket.capped(off)

    def summary(self, locale: str) -> str:
        """Like "Green kettle for €12"."""
        own = self.settings
        price = money_text(own.price.amount, own.price.currency, locale)
        return words(TEXTS, locale).format(name=called(own.name, own.product), price=price)

    @property
    def currency(self) -> str:
        """The price's."""
        return self.settings.price.currency

    def lacks(self, basket: Basket) -> str:
        """The product."""
        return "" if self.settings.product in basket.products else "products"
