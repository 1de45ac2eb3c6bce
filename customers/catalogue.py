"""What the shop sells."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from common.events import Event, event
from common.money import Money

# What a change of a product is told as; events of a product are about no customer.
BACK_IN_STOCK = "product_back_in_stock"
SOLD_OUT = "product_sold_out"
PRICE_DROPPED = "product_price_dropped"
NEWS = (BACK_IN_STOCK, SOLD_OUT, PRICE_DROPPED)


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


class StockLevel(msgspec.Struct, frozen=True, kw_only=True):
    """What can be sold of a product now, None where the shop does not count it; and its price, where that is told."""

    product_id: str
    stock: int | None
    price: Money | None = None


def with_level(product: Product, level: StockLevel) -> Product:
    """The product at this level."""
    price = level.price or Money(product.price, product.currency)
    return msgspec.structs.replace(product, stock=level.stock, price=price.amount, currency=price.currency)


def news(known: Product, now: Product, at: datetime) -> list[Event]:
    """What is worth telling of a change: back in stock, sold out, cheaper (in the same currency) than before."""
    told = []
    about: list[str | int] = [known.id, known.version + 1]
    if known.in_stock != now.in_stock:
        kind = BACK_IN_STOCK if now.in_stock else SOLD_OUT
        told.append(event(kind, at, "", about, product=known.id, stock=now.stock))
    if known.currency == now.currency and now.price < known.price:
        told.append(
            event(
                PRICE_DROPPED, at, "", about, product=known.id, currency=now.currency, price=now.price, was=known.price
            )
        )
    return told


def advertised(ids: Sequence[str], products: Mapping[str, Product]) -> list[Product]:
    """What may be shown of these products: those in stock, and for one that is sold out its best substitute that is.

    `products` are those products and their substitutes; each is shown once, and what nobody knows is not.
    """
    shown: dict[str, Product] = {}
    for id in ids:  # noqa: A001  # as the domain calls it
        product = products.get(id)
        if product is None:
            continue
        choices = [product, *(products[one] for one in product.substitutes if one in products)]
        best = next((one for one in choices if one.in_stock), None)
        if best is not None:
            shown.setdefault(best.id, best)
    return list(shown.values())


def stand_ins(products: Mapping[str, Product]) -> list[str]:
    """The ids of those that may be needed in place of what is sold out, sorted."""
    wanted = {one for product in products.values() if not product.in_stock for one in product.substitutes}
    return sorted(wanted - products.keys())


def instead(ids: Iterable[str], products: Mapping[str, Product]) -> list[Product]:
    """What can be had in place of those of these products that are sold out, each once."""
    gone = [id_ for id_ in ids if id_ in products and not products[id_].in_stock]
    return [product for product in advertised(gone, products) if product.name]


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


def with_stand_ins(products: Products, ids: Sequence[str]) -> dict[str, Product]:
    """These products as they are at this moment, and those that stand in for what is sold out."""
    found = products.get(ids) if ids else {}
    others = stand_ins(found)
    return found | (products.get(others) if others else {})
