"""What was sold out, for the price it was ordered at, when it is there again."""

from typing import ClassVar

import msgspec

from common.money import Money, share
from loyalty.makegood import MakeGood, Situation, Wish


class RaincheckSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set: product and price are the order's."""


# What a promised price is taken to cost: prices seldom rise by more while something is sold out.
RISE_PERCENT = 10


class PromisedPrice(MakeGood[RaincheckSettings]):
    """For an order of which something is sold out."""

    name: ClassVar[str] = "raincheck"
    about: ClassVar[str] = "The sold-out product for the price it was ordered at."
    Settings: ClassVar[type[msgspec.Struct]] = RaincheckSettings

    def wish(self, situation: Situation) -> Wish | None:
        """The first line that is sold out by the catalogue; nothing where none is."""
        for line in situation.order.lines if situation.order else ():
            product = situation.products.get(line.product_id)
            if product is not None and product.stock == 0 and line.unit_price and situation.order:
                price = {"amount": line.unit_price, "currency": situation.order.currency}
                settings = {
                    "product": product.id,
                    "price": price,
                    "name": product.name,
                    "most": min(line.quantity, 1_000),
                }
                worth = share(line.unit_price * line.quantity, RISE_PERCENT)
                return Wish(kind="raincheck", settings=settings, worth=Money(max(1, worth), situation.order.currency))
        return None
