"""What each kind of offer takes off, or gives, for a basket; reckoned by hand."""

from typing import Any

import pytest
from msgspec.structs import replace

from common.errors import Invalid
from common.money import Money
from customers.catalogue import Product
from customers.orders import Line
from loyalty.basket import Basket, check_sum
from loyalty.kind import Gift, make
from loyalty.offer import checked
from loyalty.points_programme import Worth
from tests.loyalty.makers import offer

KNOWN = {
    "shoe": Product(id="shoe", name="Shoe", price=6_000, currency="EUR", categories=["shoes"], stock=3),
    "boot": Product(id="boot", name="Boot", price=9_000, currency="EUR", categories=["shoes", "sale"]),
    "sock": Product(id="sock", name="Sock", price=500, currency="EUR", categories=["socks"], stock=0),
}


def euros(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def of(*lines: tuple[str, int, int], shipping: int = 0, taken: int = 0) -> Basket:
    """A basket of products, quantities and prices, whose products are known."""
    made = [Line(product_id=product, quantity=many, unit_price=price) for product, many, price in lines]
    total = sum(many * price for _, many, price in lines) + shipping
    return Basket(id="o", total=Money(total, "EUR"), lines=made, shipping=shipping, known=KNOWN, taken=taken)


MIXED = of(("shoe", 1, 6_000), ("boot", 1, 9_000), ("sock", 4, 500), shipping=500)
TIERS = {"steps": [{"from": euros(5_000), "percent": 10}, {"from": euros(10_000), "percent": 15}]}
SHOES, SOCKS = {"categories": ["shoes"]}, {"categories": ["socks"]}


@pytest.mark.parametrize(
    ("kind", "settings", "basket", "off"),
    [
        ("percent", {"percent": 10}, MIXED, 1_750),
        ("percent", {"percent": 50, "at_most": euros(2_000)}, MIXED, 2_000),
        ("percent", {"percent": 10, "only": SHOES}, MIXED, 1_500),
        ("percent", {"percent": 10, "only": SHOES | {"not_categories": ["sale"]}}, MIXED, 600),
        ("percent", {"percent": 10, "only": {"not_products": ["boot"]}}, MIXED, 800),
        ("percent", {"percent": 10}, replace(MIXED, taken=7_500), 1_000),
        ("amount", {"amount": euros(3_000), "only": SOCKS}, MIXED, 2_000),
        ("amount", {"amount": euros(3_000)}, replace(MIXED, taken=16_000), 1_500),
        ("free_shipping", {}, MIXED, 500),
        ("free_shipping", {}, replace(MIXED, taken=500, shipping_taken=500), 0),
        ("tiered", TIERS, of(("shoe", 1, 4_999)), 0),
        ("tiered", TIERS, of(("shoe", 1, 5_000)), 500),
        ("tiered", TIERS, of(("shoe", 1, 9_999)), 1_000),
        ("tiered", TIERS, of(("shoe", 1, 10_000)), 1_500),
        ("tiered", TIERS, of(("shoe", 1, 10_000), taken=1_000), 1_350),
        ("tiered", TIERS | {"at_most": euros(1_200)}, of(("shoe", 1, 10_000)), 1_200),
        ("tiered", TIERS | {"only": SOCKS}, MIXED, 0),
        ("tiered", {"steps": [{"from": euros(5_000), "amount": 700}]}, MIXED, 700),
        ("raincheck", {"product": "shoe", "price": euros(4_500)}, of(("shoe", 3, 6_000)), 1_500),
        ("raincheck", {"product": "shoe", "price": euros(4_500), "most": 2}, of(("shoe", 3, 6_000)), 3_000),
        ("raincheck", {"product": "shoe", "price": euros(6_500)}, of(("shoe", 3, 6_000)), 0),
        ("buy_get", {"buy": 2}, of(("sock", 2, 500)), 0),
        ("buy_get", {"buy": 2}, of(("sock", 2, 500), ("boot", 1, 9_000)), 500),
        ("buy_get", {"buy": 2}, of(("sock", 6, 500)), 1_000),
        ("buy_get", {"buy": 2, "times": 1}, of(("sock", 6, 500)), 500),
        ("buy_get", {"buy": 1, "get": 2, "percent": 50}, of(("sock", 2, 500), ("shoe", 1, 6_000)), 500),
        ("buy_get", {"buy": 1, "bought": SHOES, "given": SOCKS}, MIXED, 1_000),
        ("buy_get", {"buy": 1, "bought": SHOES, "given": SOCKS, "times": 1}, MIXED, 500),
        ("buy_get", {"buy": 1, "bought": SHOES, "given": {"categories": ["sale"]}}, MIXED, 9_000),
        ("buy_get", {"buy": 2, "bought": SHOES, "given": {"categories": ["sale"]}}, MIXED, 0),
        ("gift", {"product": "shoe"}, MIXED, 0),
        ("points", {"points": 100}, MIXED, 0),
        ("points_multiplier", {"times": 3}, MIXED, 0),
    ],
)  # fmt: skip
def test_what_comes_off(kind: str, settings: dict[str, Any], basket: Basket, off: int) -> None:
    assert make(kind, settings).discount(basket) == Money(off, "EUR")


@pytest.mark.parametrize(
    ("kind", "settings", "basket", "reason"),
    [
        ("percent", {"percent": 10, "only": SOCKS}, of(("shoe", 1, 6_000)), "products"),
        ("amount", {"amount": euros(1), "only": {"products": ["sock"]}}, of(("shoe", 1, 6_000)), "products"),
        ("tiered", TIERS, of(("shoe", 1, 4_999)), "minimum"),
        ("tiered", TIERS, of(("shoe", 1, 5_000), taken=1_000), ""),
        ("raincheck", {"product": "hat", "price": euros(1)}, MIXED, "products"),
        ("buy_get", {"buy": 2}, of(("sock", 2, 500)), "too_few"),
        ("gift", {"product": "shoe", "quantity": 3}, MIXED, ""),
        ("gift", {"product": "shoe", "quantity": 4}, MIXED, "gift_unavailable"),
        ("gift", {"product": "boot", "quantity": 99}, MIXED, ""),
        ("gift", {"product": "sock"}, MIXED, "gift_unavailable"),
        ("gift", {"product": "unheard of"}, MIXED, "gift_unavailable"),
    ],
)
def test_why_there_is_nothing_to_give(kind: str, settings: dict[str, Any], basket: Basket, reason: str) -> None:
    assert make(kind, settings).lacks(basket) == reason


def test_what_is_no_discount_has_its_cost() -> None:
    basket = replace(MIXED, earned=150, worth=Worth(points=100, money=Money(100, "EUR")))
    gift = make("gift", {"product": "shoe", "quantity": 2})
    assert (gift.gift, gift.cost(basket)) == (Gift(product_id="shoe", quantity=2), Money(12_000, "EUR"))
    assert make("gift", {"product": "shoe", "worth": euros(700)}).cost(basket) == Money(700, "EUR")
    points = make("points", {"points": 250})
    assert (points.points(basket), points.cost(basket)) == (250, Money(250, "EUR"))
    times = make("points_multiplier", {"times": 2.5, "at_most": 200})
    assert (times.points(basket), times.cost(basket)) == (200, Money(200, "EUR"))
    assert make("points_multiplier", {"times": 2.5}).points(basket) == 225


@pytest.mark.parametrize(
    ("field", "kind", "settings"),
    [
        ("settings.steps.0", "tiered", {"steps": [{"from": euros(5_000)}]}),
        ("settings.steps.0", "tiered", {"steps": [{"from": euros(5_000), "percent": 5, "amount": 5}]}),
        ("settings.steps.1.from.amount", "tiered", {"steps": TIERS["steps"][::-1]}),
        (
            "settings.steps.1.from.currency",
            "tiered",
            {"steps": [*TIERS["steps"][:1], {"from": {"amount": 9_000, "currency": "USD"}, "percent": 5}]},
        ),
        ("settings.at_most.currency", "tiered", TIERS | {"at_most": {"amount": 5, "currency": "USD"}}),
        ("settings.product", "gift", {"product": ""}),
        ("settings.points", "points", {"points": 0}),
        ("settings.points", "points", {"points": 1.5}),
        ("settings.price.amount", "raincheck", {"product": "shoe", "price": euros(0)}),
        ("settings.price.amount", "raincheck", {"product": "shoe", "price": euros(-1)}),
        ("settings.price.amount", "raincheck", {"product": "shoe", "price": euros(10**30)}),
        ("settings.buy", "buy_get", {"buy": 0}),
    ],
)
def test_settings_that_make_no_sense_are_named(field: str, kind: str, settings: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        checked(offer(kind=kind, settings=settings))
    assert list(refused.value.fields) == [field]


@pytest.mark.parametrize(
    ("kind", "settings", "english", "german"),
    [
        ("gift", {"product": "t", "name": "Tote bag"}, "A free gift: Tote bag", "Ein Geschenk: Tote bag"),
        ("points", {"points": 1_500}, "1,500 extra points", "1.500 Extrapunkte"),
        ("points_multiplier", {"times": 1.5}, "1.5 times the points", "1,5-fache Punkte"),
        ("raincheck", {"product": "k", "name": "Kettle", "price": euros(1_200)}, "Kettle for €12", "Kettle für 12 €"),
        ("tiered", TIERS, "10% off from €50, 15% off from €100", "10 % Rabatt ab 50 €, 15 % Rabatt ab 100 €"),
        ("buy_get", {"buy": 2}, "Buy 2, get 1 free", "Kaufe 2, 1 gratis dazu"),
        ("percent", {"percent": 5, "only": SHOES}, "5% off on selected products", "5 % Rabatt auf ausgewählte Artikel"),
    ],
)  # fmt: skip
def test_a_kind_in_words(kind: str, settings: dict[str, Any], english: str, german: str) -> None:
    made = offer(kind=kind, settings=settings)
    assert (made.summary("en"), made.summary("de-DE")) == (english, german)


def test_a_basket_whose_lines_do_not_sum_is_refused_by_name() -> None:
    assert check_sum(MIXED) is MIXED
    assert check_sum(replace(MIXED, lines=[])).lines == []
    with pytest.raises(Invalid) as refused:
        check_sum(replace(MIXED, total=Money(17_501, "EUR")))
    assert list(refused.value.fields) == ["order.total.amount"]
    assert getattr(refused.value, "reason", "") == "basket_sum"
