"""The shop and its products change only from the version that was read."""

import pytest

from common.errors import Stale
from customers.catalogue import Product
from customers.shop import Brand, Cap, QuietHours, Shop
from wiring import Services


def test_a_fresh_shop_has_what_every_shop_starts_with(services: Services) -> None:
    assert services.shops.get() == Shop()


def test_the_shop_is_set_whole_and_only_from_the_version_read(services: Services) -> None:
    shop = Shop(
        name="Discos",
        quiet_hours=QuietHours(),
        caps=[Cap(count=2, days=7)],
        brands={"default": Brand(), "b": Brand(name="B")},
    )
    first = services.shops.put(shop, 0)
    assert services.shops.get() == first
    assert (first.version, first.caps) == (1, shop.caps)
    with pytest.raises(Stale):
        services.shops.put(shop, 0)
    assert services.shops.put(Shop(), 1).version == 2
    assert services.shops.put(shop).version == 3
    assert services.shops.get().brands["b"].name == "B"


def test_a_product_given_again_is_left_alone_and_a_changed_one_replaced(services: Services) -> None:
    cd = Product(id="cd", name="CD", price=999, currency="EUR", stock=3)
    services.products.upsert([Product(id="cd", name="old"), cd, Product(id="lp", name="LP")])
    services.products.upsert([cd])
    assert services.products.get(["cd"])["cd"].version == 1
    services.products.upsert([Product(id="cd", name="CD", price=899, currency="EUR")])
    kept = services.products.get(["cd", "lp", "x"])
    assert (kept["cd"].price, kept["cd"].stock, kept["cd"].version) == (899, None, 2)
    assert [product.id for product in services.products.page("", 1)] == ["cd"]
    assert [product.id for product in services.products.page("cd", 5)] == ["lp"]


def test_a_product_changes_only_from_the_version_read(services: Services) -> None:
    cd = Product(id="cd", name="CD")
    with pytest.raises(Stale):
        services.products.put(cd, 1)
    assert services.products.put(cd).version == 1
    assert services.products.put(Product(id="cd", name="Disc"), 1).version == 2
    with pytest.raises(Stale):
        services.products.put(cd, 1)
