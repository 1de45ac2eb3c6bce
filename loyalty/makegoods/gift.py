"""Something from the shop in the next parcel."""

from typing import ClassVar

import msgspec

from common.money import Money
from loyalty.kind import Price
from loyalty.makegood import MakeGood, Situation, Wish
from loyalty.selection import ProductId


class GiftSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which `product`; without `worth` it counts as its price."""

    product: ProductId
    worth: Price | None = None


class NextOrderGift(MakeGood[GiftSettings]):
    """A product for nothing with the next order, as long as it is in stock."""

    name: ClassVar[str] = "gift"
    about: ClassVar[str] = "A product for nothing with the next order."
    Settings: ClassVar[type[msgspec.Struct]] = GiftSettings

    def wish(self, situation: Situation) -> Wish | None:
        """The gift; nothing while it is sold out."""
        own = self.settings
        product = situation.products.get(own.product)
        if product is None or not product.in_stock:
            return None
        worth = own.worth or Price(max(1, product.price), product.currency or situation.currency)
        settings = {"product": own.product, "name": product.name, "worth": msgspec.to_builtins(worth)}
        return Wish(kind="gift", settings=settings, worth=Money(worth.amount, worth.currency))
