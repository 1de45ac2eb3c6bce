"""What is sold out is never shown: its best substitute is, or nothing."""

from customers.catalogue import Product, advertised, news, stand_ins
from tests.support.clock import START


def product(id: str, stock: int | None, *substitutes: str, price: int = 100) -> Product:
    return Product(id=id, name=id, stock=stock, substitutes=list(substitutes), price=price, currency="EUR")


def test_what_is_sold_out_is_stood_in_for_by_the_first_substitute_that_is_there() -> None:
    shelf = [product("cd", 0, "lp", "mc", "dl"), product("lp", 0), product("mc", 2), product("dl", None)]
    products = {one.id: one for one in shelf}
    assert [one.id for one in advertised(["cd"], products)] == ["mc"]
    assert [one.id for one in advertised(["mc", "cd", "dl", "gone"], products)] == ["mc", "dl"]
    assert advertised(["lp"], products) == []
    assert stand_ins({"cd": products["cd"], "mc": products["mc"]}) == ["dl", "lp"]
    assert stand_ins({"dl": products["dl"]}) == []


def test_news_is_only_what_is_worth_telling() -> None:
    def told(before: Product, after: Product) -> list[str]:
        return [event.type for event in news(before, after, START)]

    assert told(product("cd", 0), product("cd", 1)) == ["product_back_in_stock"]
    assert told(product("cd", 0), product("cd", None, price=90)) == ["product_back_in_stock", "product_price_dropped"]
    assert told(product("cd", 1), product("cd", 0)) == ["product_sold_out"]
    assert told(product("cd", 5), product("cd", 4, price=110)) == []
