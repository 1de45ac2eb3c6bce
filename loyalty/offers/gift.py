"""A product for nothing."""

from typing import Annotated, ClassVar

import msgspec

from common.money import Money
from loyalty.basket import Basket
from loyalty.kind import Gift, Name, OfferKind, Price, called, words
from loyalty.selection import ProductId

MOST_GIVEN = 100
TEXTS = {
    "en": "A free gift: {name}",
    "de": "Ein Geschenk: {name}",
    "es": "Un regalo: {name}",
    "fr": "Un cadeau : {name}",
    "pt": "Um presente: {name}",
}
MANY = {
    "en": "A free gift: {many} x {name}",
    "de": "Ein Geschenk: {many} x {name}",
    "es": "Un regalo: {many} x {name}",
    "fr": "Un cadeau : {many} x {name}",
    "pt": "Um presente: {many} x {name}",
}


class GiftSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`quantity` of `product`, called `name` in messages. It counts as `worth` against a budget of money.

    Without `worth` it counts as the product's own price.
    """

    product: ProductId
    quantity: Annotated[int, msgspec.Meta(ge=1, le=MOST_GIVEN)] = 1
    name: Name = ""
    worth: Price | None = None


class FreeGift(OfferKind[GiftSettings]):
    """Something that the shop puts into the parcel; nothing comes off the total."""

    name: ClassVar[str] = "gift"
    about: ClassVar[str] = "A product for nothing, as long as it is in stock."
    Settings: ClassVar[type[msgspec.Struct]] = GiftSettings

    def discount(self, basket: Basket) -> Money:
        """Nothing."""
        return basket.capped(0)

    def summary(self, locale: str) -> str:
        """Like "A free gift: Tote bag"."""
        own = self.settings
        texts = TEXTS if own.quantity == 1 else MANY
        return words(texts, locale).format(name=called(own.name, own.product), many=own.quantity)

    @property
    def gift(self) -> Gift | None:
        """The product."""
        return Gift(product_id=self.settings.product, quantity=self.settings.quantity)

    @property
    def cost_currency(self) -> str:
        """That of what it is said to be worth."""
        return self.settings.worth.currency if self.settings.worth else ""

    def asks(self, basket: Basket) -> frozenset[str]:
        """The product: whether it is there, and what it costs."""
        return frozenset({self.settings.product})

    def lacks(self, basket: Basket) -> str:
        """Enough of the product in stock; what the shop does not count is taken to be there."""
        product = basket.known.get(self.settings.product)
        enough = product is not None and (product.stock is None or product.stock >= self.settings.quantity)
        return "" if enough else "gift_unavailable"

    def cost(self, basket: Basket) -> Money:
        """What it is said to be worth, or the product's price."""
        if self.settings.worth is not None:
            return Money(self.settings.worth.amount, self.settings.worth.currency)
        product = basket.known.get(self.settings.product)
        if product is None or not product.currency:
            return basket.capped(0)
        return Money(product.price * self.settings.quantity, product.currency)
