"""Which lines of a basket something is about: by product or category, in or out."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from common.ids import SHOP_ID_LENGTH
from customers.catalogue import Product
from customers.orders import Line

MOST_NAMED = 1_000

ProductId = Annotated[str, msgspec.Meta(min_length=1, max_length=SHOP_ID_LENGTH)]
Category = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
ProductIds = Annotated[list[ProductId], msgspec.Meta(max_length=MOST_NAMED)]
Categories = Annotated[list[Category], msgspec.Meta(max_length=MOST_NAMED)]


class Selection(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Lines of one of `products` or one of `categories` (neither named: all), but for what is `not_` to be."""

    products: ProductIds = []
    categories: Categories = []
    not_products: ProductIds = []
    not_categories: Categories = []

    @property
    def asks_categories(self) -> bool:
        """Whether it cannot be told without knowing the products."""
        return bool(self.categories or self.not_categories)

    def takes(self, line: Line, known: Mapping[str, Product]) -> bool:
        """Whether a line is meant; a product that nobody knows is in no category."""
        product = known.get(line.product_id)
        of = set(product.categories) if product else set()
        if line.product_id in self.not_products or of & set(self.not_categories):
            return False
        named = line.product_id in self.products or bool(of & set(self.categories))
        return named or not (self.products or self.categories)
