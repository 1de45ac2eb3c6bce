"""Products worth showing a person: counted in the database, by whom they were bought, and never what is sold out."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from flask.testing import FlaskClient

from campaigns.values import Occasion
from content.companions import Beside, Companions
from content.recommend import Why, ranking
from customers.catalogue import Product, StockLevel
from customers.customer import Customer
from customers.orders import Line, Order
from tests.journeys.shop import open_shop, someone
from tests.support.clock import ManualClock
from wiring import Services


def sold(customer: str, clock: ManualClock, *products: str, id: str = "", days: int = 10) -> Order:
    lines = [Line(product_id=product, quantity=1, unit_price=100) for product in products]
    at = clock.now() - timedelta(days=days)
    number = id or f"{customer}-{'-'.join(products)}"
    return Order(id=number, customer_id=customer, placed_at=at, currency="EUR", total=100 * len(lines), lines=lines)


def stocked(services: Services, **products: Sequence[str]) -> None:
    goods = [
        Product(id=one, name=one.title(), price=500, currency="EUR", stock=5, categories=list(categories))
        for one, categories in products.items()
    ]
    services.products.upsert(goods)


def test_the_api_says_what_and_why(shop: Services, client: FlaskClient) -> None:
    told = client.get("/v1/customers/new/recommendations?limit=2").get_json()["data"]
    assert [(one["product"]["id"], one["why"]) for one in told] == names(shop, "new")[:2]
    assert told[0]["product"]["price"] == {"amount": 500, "currency": "EUR"}
    assert client.get("/v1/customers/nobody/recommendations").status_code == 404


def names(services: Services, customer: str) -> list[tuple[str, Why]]:
    person = services.customers.get([customer])
    [found] = services.recommender.for_people(list(person.values())).values()
    return [(one.product.id, one.why) for one in found]


@pytest.fixture
def shop(services: Services, clock: ManualClock) -> Services:
    """Coffee and filters go together and are bought again; a lamp is bought once; tea and pots are another crowd's."""
    stocked(services, coffee=["food"], filter=["kitchen"], lamp=["home"], tea=["food"], pot=["kitchen"], rug=["home"])
    orders = []
    for number in range(6):
        orders += [sold(f"k{number}", clock, "coffee", "filter"), sold(f"k{number}", clock, "coffee", id=f"k{number}x")]
        orders += [sold(f"t{number}", clock, "tea", "pot")]
    orders += [
        sold("k0", clock, "lamp"),
        sold("k1", clock, "lamp"),
        sold("r", clock, "rug"),
        sold("new", clock, "coffee"),
    ]
    services.orders.upsert(orders)
    assert services.counting.ring_if_due()
    assert services.counting.count()
    return services


def test_people_see_what_people_like_them_buy_and_come_back_for(shop: Services) -> None:
    assert names(shop, "new")[0] == ("filter", Why.ALIKE)
    assert dict(names(shop, "new"))["coffee"] is Why.AGAIN
    # Who has a lamp needs no other; what the tea drinkers buy comes only as a best seller.
    assert "lamp" not in dict(names(shop, "k0"))
    assert dict(names(shop, "k0")).get("tea") is Why.BEST_SELLER
    assert dict(names(shop, "r"))["lamp"] is Why.BEST_SELLER  # of the category that they buy of, before any other
    assert names(shop, "r")[0][0] == "lamp"


def test_what_is_sold_out_gives_its_place_to_what_stands_in_for_it(shop: Services) -> None:
    filter_ = shop.products.get(["filter"])["filter"]
    stands_in = Product(id="mesh", name="Mesh", price=900, currency="EUR", stock=1)
    nameless = Product(id="box", price=100, currency="EUR")
    shop.products.upsert([stands_in, nameless])
    shop.products.put(msgspec.structs.replace(filter_, stock=0, substitutes=["mesh"]))
    assert names(shop, "new")[0] == ("mesh", Why.SUBSTITUTE)
    shop.products.set_stock([StockLevel(product_id="mesh", stock=0)])
    found = names(shop, "new")
    assert not {"filter", "mesh", "box"} & dict(found).keys()


def test_nobody_known_sees_the_shops_best_sellers_and_an_empty_shop_shows_nothing(
    shop: Services, services: Services
) -> None:
    [found] = shop.recommender.for_people([Customer(id="stranger")], shown=2).values()
    assert [(one.product.id, one.why) for one in found] == [("coffee", Why.BEST_SELLER), ("tea", Why.BEST_SELLER)]
    goods = [product.id for product in shop.products.page("", 99)]
    shop.products.set_stock([StockLevel(product_id=one, stock=0) for one in goods])
    assert shop.recommender.for_people([Customer(id="stranger")]) == {"stranger": []}
    assert shop.recommender.for_people([]) == {}


def test_a_count_that_died_is_gone_on_with_and_a_day_later_it_is_made_anew(shop: Services, clock: ManualClock) -> None:
    assert not shop.counting.ring_if_due()
    clock.advance(25 * 3600)
    assert shop.counting.ring_if_due()
    shop.orders.upsert([sold("r", clock, "tea")])
    # It dies in the middle: what it noted is where the next goes on, and nobody is counted twice.
    shop.models.write("companions", started_at=clock.now(), touched_at=clock.now(), finished_at=None, after="pot")
    assert not shop.counting.ring_if_due()
    clock.advance(600)
    assert shop.counting.ring_if_due()
    assert shop.counting.count()
    assert shop.counting.count()  # asked for once more, it is made anew and says the same
    again = {row["_id"]: row for row in shop.database["companions"].find()}
    assert again["tea"]["buyers"] == 7
    assert (again["coffee"]["buyers"], again["coffee"]["again"]) == (7, 6)


def test_many_more_orders_are_a_reason_to_count_before_the_day_is_over(shop: Services, clock: ManualClock) -> None:
    shop.orders.upsert([sold(f"n{number}", clock, "rug") for number in range(25)])
    assert shop.counting.ring_if_due()


def close(**products: float) -> list[Beside]:
    return [Beside(product=one, closeness=closeness) for one, closeness in products.items()]


def test_who_is_close_to_more_of_what_a_person_has_comes_first() -> None:
    counted = {
        "a": Companions(
            id="a", buyers=9, beside=[Beside(product="x", closeness=0.5), Beside(product="y", closeness=0.4)]
        ),
        "b": Companions(
            id="b", buyers=9, beside=[Beside(product="y", closeness=0.4), Beside(product="a", closeness=0.9)]
        ),
    }
    assert list(ranking(["a", "b"], ["a", "b"], [], counted, {"": ["b", "z"]})) == ["y", "x", "z"]


def test_words_are_looked_up_only_where_they_are_used(services: Services, clock: ManualClock) -> None:
    open_shop(services, [someone(1, clock.now())])
    stocked(services, cd=["music"], lp=["music"])
    services.orders.upsert([sold(f"k{number}", clock, "cd", "lp") for number in range(3)])
    services.counting.count()
    occasion = Occasion(brand="default")
    person = services.customers.get(["c1"])["c1"]
    gathered = services.values.gather(occasion, {"m": "c1"}, names=["recommendations"])
    [shown] = services.values.of(gathered, person, "m", ["recommendations"])["recommendations"]
    assert (shown["name"], shown["price"].amount) == ("Lp", 500)
    plain = services.values.gather(occasion, {"m": "c1"}, names=["first_name"])
    assert plain.recommended == {}
