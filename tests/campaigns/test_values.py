"""What a template can say of a person is read off what they did; what nobody knows, or is sold out, is not said."""

import re
from datetime import timedelta

from campaigns.single import Wanted
from campaigns.values import Occasion
from common.money import Money
from content.templates import Template
from customers.catalogue import Product
from customers.consent import Purpose
from customers.customer import Customer
from customers.orders import Line, Order
from loyalty.offer import Offer
from messaging.message import Rendered
from tests.support.clock import ManualClock
from wiring import Services


def product(id: str, **facts: object) -> Product:
    plain = {"id": id, "name": id.upper(), "price": 1_000, "currency": "EUR", "image_url": f"https://a/{id}.png"}
    return Product(**{**plain, **facts})  # type: ignore[arg-type]  # the test names the fields


def order(id: str, days_ago: int, clock: ManualClock, **lines: int) -> Order:
    bought = [Line(product_id=name, quantity=count, unit_price=900) for name, count in lines.items()]
    at = clock.now() - timedelta(days=days_ago)
    total = 900 * sum(lines.values())
    return Order(
        id=id, customer_id="ana", placed_at=at, currency="EUR", total=total, lines=bought, packed_by="Marta"
    )  # fmt: skip


def test_history_favourites_lines_and_attributes_become_words(services: Services, clock: ManualClock) -> None:
    facts = {"gender": "Weiblich", "shoe_size": 42, "vip": True}
    services.customers.upsert([Customer(id="ana", first_name="Ana", country="DE", attributes=facts), Customer(id="bo")])
    services.products.upsert([product("a"), product("b", stock=0, substitutes=["c"]), product("c")])
    services.orders.upsert(
        [order("o1", 800, clock, b=1), order("o2", 100, clock, a=1, b=1), order("o3", 74, clock, a=2, gone=1)]
    )
    people = {"m1": "ana", "m2": "bo"}
    gathered = services.values.gather(Occasion(), people, {"m1": "o2", "m2": "o2"})
    ana = services.values.of(gathered, gathered.customers["ana"], "m1")
    assert (ana["country"], ana["gender"], ana["attributes"]) == (
        "DE",
        "female",
        {"gender": "Weiblich", "shoe_size": "42"},
    )
    profile = ana["profile"]
    assert (profile["days_since"], profile["years"], profile["average"]) == (74, 2, Money(1_800, "EUR"))
    assert [one["name"] for one in profile["favourites"]] == ["A", "C"]  # B is sold out: its substitute stands in
    [line] = ana["last_order"]["lines"]
    assert (line["name"], line["quantity"], line["price"], line["total"]) == (
        "A", 2, Money(900, "EUR"), Money(1_800, "EUR"),
    )  # fmt: skip
    assert (ana["order"]["id"], ana["order"]["packed_by"], ana["order"]["products"]) == ("o2", "Marta", ["A", "B"])
    bo = services.values.of(gathered, gathered.customers["bo"], "m2")
    assert (bo["gender"], bo["profile"]["orders"], bo["profile"]["years"]) == ("", 0, None)
    assert not bo.keys() & {"order", "last_order", "recommendations"}
    assert "favourites" not in bo["profile"]
    assert bo["variety"] != ana["variety"]


def test_an_event_of_stock_or_cart_is_said_while_it_is_true(services: Services, clock: ManualClock) -> None:
    services.customers.upsert([Customer(id="ana")])
    services.products.upsert([product("a", price=800), product("b", stock=0), product("c", url="https://a/c")])
    told = {
        "cheaper": {"product": "a", "price": 800, "was": 1_000, "currency": "EUR"},
        "sold out again": {"product": "b", "stock": 3},
        "cart": {"lines": [{"product_id": "c"}, {"product_id": "b"}, "c"], "url": "https://a/cart"},
        "due": {"due": ["c", "b"]},
        "unused": {"code": "X7", "offer": "ten", "valid_until": clock.now()},
        "of what is gone": {"code": "X8", "offer": "nine"},
        "strange": {
            "product": ["a"],
            "items": {"a": 1},
            "lines": [7, {"product_id": 8}],
            "due": 7,
            "code": "X",
            "offer": [],
        },
    }
    settings = {"percent": 10}
    services.offers.add(
        Offer(id="ten", name="Ten", kind="percent", settings=settings, created_at=clock.now(), updated_at=clock.now())
    )
    gathered = services.values.gather(Occasion(), dict.fromkeys(told, "ana"), told=told)
    said = {name: services.values.of(gathered, gathered.customers["ana"], name) for name in told}
    assert said["cheaper"]["wanted"]["price"] == Money(800, "EUR")
    assert said["cheaper"]["wanted"]["was"] == Money(1_000, "EUR")
    assert "wanted" not in said["sold out again"]
    assert [one["link"] for one in said["cart"]["cart"]["products"]] == ["https://a/c"]
    assert said["cart"]["cart"]["link"] == "https://a/cart"
    assert said["due"]["due"]["names"] == ["C"]
    assert said["unused"]["unused"]["code"] == "X7"
    assert "10" in said["unused"]["unused"]["summary"]
    assert said["unused"]["unused"]["valid_until"] == clock.now()
    assert not (said["strange"].keys() | said["of what is gone"].keys()) & {"wanted", "cart", "due", "unused"}


def test_a_look_up_is_made_only_for_words_that_need_it(services: Services) -> None:
    services.customers.upsert([Customer(id="ana")])
    gathered = services.values.gather(Occasion(), {"m1": "ana"}, names={"first_name"})
    assert gathered.favourites == gathered.recommended == {}


def test_a_link_to_the_shop_in_marketing_says_where_its_visitor_comes_from(services: Services) -> None:
    services.customers.upsert([Customer(id="ana", addresses={"email": ["ana@example.com"]})])
    link = '<p><a href="https://shop.example/new?a=1">a</a> <a href="https://other.example/">b</a></p>'
    services.templates.put(Template(id="t", name="t", content={"email": {"en": {"subject": "a", "html": link}}}))

    def led(purpose: Purpose) -> list[str]:
        wanted = Wanted(customer="ana", template="t", purpose=purpose)
        message = services.sender.send(wanted, f"operation-{purpose}")
        batch = services.batches.get(message.batch)
        [rendered] = services.builder.render(batch, [message]).values()
        assert isinstance(rendered, Rendered)
        tokens = re.findall(r'href="http://shop\.test/c/([^"]+)"', rendered.parts["html"])
        return [services.links.read("click", token)[1] for token in tokens]

    marked = "https://shop.example/new?a=1&utm_source=encore&utm_medium=email&utm_campaign=t"
    assert led("marketing") == [marked, "https://other.example/"]
    assert led("service") == ["https://shop.example/new?a=1", "https://other.example/"]
