"""Rows of files -> products, or what a row changes of one that is known."""

from collections.abc import Callable

import msgspec

from customers.catalogue import Product
from customers.forms import amounts
from customers.imports import currency_cell, list_cell, short_cell, url_cell, whole_cell
from customers.plan import Plan
from customers.refusals import Refused
from customers.rows import Cells, cell_of, id_of

MAX_STOCK = 10**9


class ProductRows:
    """Reads products, or what a row changes of one that is known."""

    def __init__(self, plan: Plan) -> None:
        given = plan.map
        self._id = id_of(plan, "product_id")
        self._given = {field: cell_of(plan, field) for field in _OF_PRODUCTS if given.says(field)}
        self._amount = amounts(given.decimal, grouped=plan.grouped, unsure=plan.unsure)
        self._lists = given.lists
        self.whole = all(given.says(field) for field in ("name", "price", "currency"))

    def id(self, cells: Cells) -> str:
        """The product's id."""
        return self._id(cells)

    def product(self, cells: Cells, known: Product | None) -> Product:
        """The product as it is then: what the file has no column for stays as it is known."""
        if known is None and not self.whole:
            raise Refused(
                "product_id", "unknown_product", "Nobody knows this product; give its name, price and currency."
            )
        base = known or Product(id=self._id(cells))
        text = {field: cell(cells) for field, cell in self._given.items()}
        currency = currency_cell("currency", text["currency"]) if "currency" in text else base.currency
        facts: dict[str, object] = {
            field: _PRODUCT_CELLS[field](text[field], self._lists) for field in text if field in _PRODUCT_CELLS
        }
        if "price" in text:
            price = self._amount("price", text["price"], currency)
            if price < 0:
                raise Refused("price", "negative_price", "Below nothing.")
            facts |= {"price": price, "currency": currency}
        return msgspec.structs.replace(base, **facts)


def _stock(text: str) -> int | None:
    if not text:
        return None
    stock = whole_cell("stock", text, MAX_STOCK)
    if stock < 0:
        raise Refused("stock", "bad_stock", "Below nothing.")
    return stock


_OF_PRODUCTS = ("name", "price", "currency", "stock", "categories", "image_url", "url", "substitutes")
_PRODUCT_CELLS: dict[str, Callable[[str, str], object]] = {
    "name": lambda text, _: short_cell("name", text),
    "stock": lambda text, _: _stock(text),
    "categories": lambda text, lists: list_cell("categories", text, lists),
    "image_url": lambda text, _: url_cell("image_url", text),
    "url": lambda text, _: url_cell("url", text),
    "substitutes": lambda text, lists: list_cell("substitutes", text, lists),
}
