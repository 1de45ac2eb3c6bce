"""What the shop sells."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Product(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"id": "_id"}):
    """A product under the shop's own id.

    `price` is minor units of `currency`; `stock` counts what can be sold now, None where the shop does not
    count it; `substitutes` are ids of products to offer instead, the best first.
    """

    id: str
    name: str = ""
    price: int = 0
    currency: str = ""
    stock: int | None = None
    categories: list[str] = []
    image_url: str = ""
    url: str = ""
    substitutes: list[str] = []
    version: int = 0

    @property
    def in_stock(self) -> bool:
        """Whether it can be sold; what the shop does not count is taken to be there."""
        return self.stock is None or self.stock > 0


class Products(Protocol):
    """The products as they are kept."""

    def get(self, ids: Sequence[str]) -> dict[str, Product]:
        """Those of these products that exist, by id."""
        ...

    def upsert(self, products: Sequence[Product]) -> None:
        """Keep products as given, whole; one that is already so is left alone."""
        ...

    def put(self, product: Product, expected_version: int | None = None) -> Product:
        """Keep one; raises Stale when `expected_version` is given and no longer holds."""
        ...

    def page(self, after: str, limit: int) -> list[Product]:
        """A page in the order of ids."""
        ...
