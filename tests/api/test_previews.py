"""Seen before it is sent: with what the shop knows, for the most different people, as a picture, as a test."""

from itertools import chain

import msgspec
import pytest

from content.sheet import most_different, worth_comparing
from content.templates import Template
from customers.catalogue import Product
from customers.customer import Customer
from customers.orders import Order
from customers.shop import Shop
from loyalty.offer import Offer
from tests.api.conftest import Call
from tests.api.pages.conftest import CHROMIUM
from tests.journeys.shop import draft
from tests.support.clock import ManualClock
from wiring import Services

WORDS = {
    "email": {
        "en": {"subject": "Hi {{ first_name }}", "preheader": "a", "html": "<p>The Night Ferry.\n{{ offer.name }}</p>"},
        "ar": {"subject": "a", "preheader": "b", "html": "<p>c</p>"},
    },
    "sms": {"en": {"text": "Hi {{ first_name | default('you') }}"}},
}
PEOPLE = [
    Customer(id="ana", first_name="Ana", last_name="Souza", locale="en"),
    Customer(id="nobody", locale="en"),
    Customer(id="long", first_name="Wolfeschlegelsteinhausen", last_name="Bergerdorff" * 4, locale="de"),
    Customer(id="rtl", first_name="\u0644\u064a\u0644\u0649", locale="ar"),
    Customer(id="tags", first_name="<b>Bo</b> & {{ x }}", locale="en"),
    *[Customer(id=f"plain{number}", first_name="Kim", last_name="Lee", locale="en") for number in range(30)],
]


@pytest.fixture
def shop(services: Services, call: Call) -> Call:
    services.shops.put(Shop(test_addresses=["me@shop.example"]))
    services.customers.upsert(PEOPLE)
    assert call("PUT", "/v1/templates/hello", json={"name": "Hello", "content": WORDS}).status_code == 200
    return call


def test_what_is_sold_out_or_over_too_soon_is_told_with_its_place(
    shop: Call, services: Services, clock: ManualClock
) -> None:
    others = [Product(id=f"a{number:04}", name=f"No. {number:04}", stock=number % 2) for number in range(1_100)]
    sold_out = [Product(id="p", name="Night Ferry", stock=0), Product(id="q", name="Hi", stock=0)]
    services.products.upsert([*others, *sold_out])
    now = clock.now()
    services.offers.add(
        Offer(
            id="ten", name="Ten", kind="percent", settings={"percent": 10}, created_at=now, updated_at=now, valid_days=2
        )
    )
    ask = {"template": "hello", "channel": "email", "locale": "en"}
    seen = shop("POST", "/v1/templates/preview", json={**ask, "offer": "ten"}).json
    told = {one["code"]: (one["part"], one["line"]) for one in seen["warnings"]}
    assert told == {"sold_out": ("html", 1), "offer_ends_first": ("html", 0)}
    services.products.upsert([Product(id="p", name="Night Ferry", stock=1)])
    assert shop("POST", "/v1/templates/preview", json=ask).json["warnings"] == []


def test_a_text_message_says_what_it_costs_once_a_part_has_a_price(shop: Call, services: Services) -> None:
    ask = {"template": "hello", "channel": "sms"}
    assert shop("POST", "/v1/templates/preview", json=ask).json["cost"] is None
    services.settings = msgspec.structs.replace(services.settings, sms_part_price=7.5)
    assert shop("POST", "/v1/templates/preview", json=ask).json["cost"] == {"amount": 8, "currency": "EUR"}
    [provider] = [one.name for one in services.providers.of_channel("sms")]
    price = {"amount": 12_345, "currency": "EUR"}
    assert shop("PUT", f"/v1/providers/{provider}", json={"price": price}).status_code == 200
    assert shop("POST", "/v1/templates/preview", json=ask).json["cost"] == {"amount": 13, "currency": "EUR"}
    assert services.price_of_an_sms_part() == (12.345, "EUR")
    price["currency"] = "USD"
    assert shop("PUT", f"/v1/providers/{provider}", json={"price": price}).status_code == 200
    assert shop("POST", "/v1/templates/preview", json=ask).json["cost"] == {"amount": 13, "currency": "USD"}


def test_a_sheet_shows_the_most_different_people_or_why_they_get_nothing(shop: Call) -> None:
    asked = {"channel": "email", "count": 8}
    rows = {one["why"]: one for one in shop("POST", "/v1/templates/hello/sheet", json=asked).json["data"]}
    assert len({one["customer"] for one in rows.values()}) == len(rows)
    assert (rows["longest_name"]["customer"], rows["longest_name"]["locale"]) == ("long", "en")
    assert (rows["no_name"]["customer"], rows["no_name"]["skipped"]) == ("nobody", "missing_value:first_name")
    assert (rows["right_to_left"]["customer"], rows["right_to_left"]["locale"]) == ("rtl", "ar")
    assert rows["signs_in_name"]["parts"]["subject"] == "Hi <b>Bo</b> & {{ x }}"
    assert "no_orders" in rows
    assert shop("POST", "/v1/templates/hello/sheet", json={"channel": "line"}).status_code == 422
    assert shop("POST", "/v1/templates/nothing/sheet", json=asked).status_code == 404
    assert shop("POST", "/v1/templates/hello/sheet", json={**asked, "segment": "nobody"}).status_code == 404


def test_a_picture_needs_a_browser_and_shows_the_letter(shop: Call, services: Services) -> None:
    ask = {"template": "hello", "channel": "email", "customer": "ana"}
    without = shop("POST", "/v1/templates/picture", json=ask)
    assert without.status_code == 503
    assert "ENCORE_BROWSER" in without.json["detail"]
    if not CHROMIUM.exists():
        pytest.skip(f"There is no browser at {CHROMIUM}.")
    services.settings = msgspec.structs.replace(services.settings, browser=str(CHROMIUM))
    del services.painter
    drawn = shop("POST", "/v1/templates/picture", json={**ask, "device": "phone"})
    assert (drawn.status_code, drawn.content_type) == (200, "image/png")
    assert drawn.data.startswith(b"\x89PNG")
    assert int.from_bytes(drawn.data[16:20]) == 390
    sheet = shop("POST", "/v1/templates/hello/sheet/picture", json={"channel": "email"})
    assert (sheet.status_code, sheet.content_type) == (200, "image/png")
    assert int.from_bytes(sheet.data[16:20]) == 1_680


def test_the_most_different_are_found_among_all_however_many_there_are() -> None:
    plain = (Customer(id=f"c{number:05}", first_name="Kim", last_name="Lee", locale="en") for number in range(3_000))
    last = Customer(id="z", first_name="Wolfeschlegelsteinhausenbergerdorff", locale="is")
    crowd = worth_comparing(chain(plain, [last]))
    assert len(crowd) < 20
    told = {why: one.id for one, why in most_different(crowd, 20)}
    assert told["longest_name"] == "z"
    assert len(told) > 3


def test_a_test_goes_to_a_test_address_alone_and_is_nobodys_message(shop: Call, services: Services) -> None:
    campaign = draft(services, template="hello", segment="")
    path = f"/v1/campaigns/{campaign.id}/test-send"
    asked = {"customer": "ana", "channel": "email", "address": "ME@shop.example"}
    services.templates.put(
        Template(
            id="hello", name="Hello", content={"email": {"en": {"subject": "Hi {{ first_name }}", "html": "<p>a</p>"}}}
        )
    )
    sent = shop("POST", path, json=asked)
    assert sent.status_code == 200, sent.json
    assert (sent.json["outcome"], sent.json["parts"]["subject"]) == ("accepted", "[Test] Hi Ana")
    [kept] = services.outbox.page("", 10)
    assert (kept.address, kept.parts["subject"]) == ("me@shop.example", "[Test] Hi Ana")
    assert services.database["messages"].count_documents({}) == services.database["vouchers"].count_documents({}) == 0
    assert services.reporter.report(services.campaigns.get(campaign.id), "EUR").planned == 0
    for wrong, status in (
        ({"address": "ana@example.com"}, 422),
        ({"customer": "nobody"}, 422),
        ({"customer": "unheard-of"}, 404),
        ({"channel": "sms"}, 422),
        ({"variant": "b"}, 422),
    ):
        assert shop("POST", path, json={**asked, **wrong}).status_code == status, wrong
    services.suppressions.add("email", "me@shop.example", "all", "stopped", services.clock.now())
    assert shop("POST", path, json=asked).status_code == 409


BORN_OF_EVENTS = {
    "subject": "{{ wanted.name }} is back",
    "html": "<p>{{ first_name }}, {{ cart.products | names | listed }} {{ due.names | listed }} {{ unused.code }} "
    "{{ order.expected_at | date }} {{ incident.cause }}{% if order.reason %} {{ order.reason }}{% endif %}</p>",
}


def test_words_born_of_an_event_are_shown_to_anybody_and_what_is_invented_is_said(
    shop: Call, services: Services, clock: ManualClock
) -> None:
    order = Order(id="o1", customer_id="ana", placed_at=clock.now(), total=100, currency="EUR", lines=[])
    services.orders.upsert([order])
    services.templates.put(Template(id="news", name="News", content={"email": {"en": BORN_OF_EVENTS}}))
    whole = ["cart.products", "due.names", "incident.cause", "unused.code", "wanted.name"]
    ask = {"template": "news", "channel": "email", "customer": "ana", "purpose": "service"}
    seen = shop("POST", "/v1/templates/preview", json=ask)
    assert seen.status_code == 200, seen.json
    assert seen.json["parts"]["subject"] == "Slow Weather is back"
    # Of an order that is known, only what the words cannot do without is made up: there is no reason to tell of.
    assert "A lorry" not in seen.json["parts"]["html"]
    assert seen.json["invented"] == sorted([*whole, "order.expected_at"])
    rows = shop("POST", "/v1/templates/news/sheet", json={"channel": "email", "count": 20}).json["data"]
    named = [one for one in rows if one["customer"] != "nobody"]
    assert len(named) > 3
    assert all(set(whole) < set(one["invented"]) and not one["skipped"] for one in named)
    assert [one["skipped"] for one in rows if one["customer"] == "nobody"] == ["missing_value:first_name"]
    campaign = draft(services, template="news", segment="")
    asked = {"customer": "ana", "channel": "email", "address": "me@shop.example"}
    sent = shop("POST", f"/v1/campaigns/{campaign.id}/test-send", json=asked)
    assert (sent.status_code, sent.json["invented"]) == (200, seen.json["invented"]), sent.json
    plain = shop("POST", "/v1/templates/preview", json={**ask, "template": "hello"}).json
    assert plain["invented"] == ["offer.name"]
