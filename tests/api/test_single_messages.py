"""One message over the API: what it is about, over which channel, and what is refused."""

from typing import Any

import pytest

from customers.catalogue import Product
from customers.orders import Line, Order
from tests.api.conftest import Call
from tests.support.clock import ManualClock
from wiring import Services

WORDS = {
    "email": {
        "en": {
            "subject": "Order {{ order.id }}",
            "html": "<p>{{ order.id }}</p>",
        }
    },
    "sms": {"en": {"text": "Order {{ order.id }}: code {{ attributes.code }}, shelf {{ attributes.shelf }}"}},
}


@pytest.fixture
def shop(services: Services, call: Call, clock: ManualClock) -> Call:
    reached = {"email": ["ana@example.com"], "sms": ["+12025550100"]}
    services.products.upsert([Product(id="cd", name="Night Ferry")])
    for name in ("ana", "ben"):
        body = {"first_name": name, "addresses": reached, "attributes": {"shelf": "A1", "code": "old"}}
        assert call("PUT", f"/v1/customers/{name}", json=body).status_code in (200, 201)
        line = Line(product_id="cd", quantity=1, unit_price=1_990)
        bought = Order(
            id=f"{name}-1", customer_id=name, placed_at=clock.now(), currency="EUR", total=1_990, lines=[line]
        )
        services.orders.upsert([bought])
    words = {"name": "Confirmed", "content": WORDS}
    kept = call("PUT", "/v1/templates/confirmed", json=words)
    assert kept.status_code == 200, kept.get_json()
    return call


def post(call: Call, **more: Any) -> Any:
    return call("POST", "/v1/messages", json={"customer": "ana", "template": "confirmed", **more})


def test_a_confirmation_names_its_order_over_the_channel_asked_for(shop: Call, services: Services) -> None:
    data = {"order": "ana-1", "attributes": {"code": "7K4M"}}
    sent = post(shop, channel="sms", data=data)
    assert (sent.status_code, sent.get_json().get("channel")) == (202, "sms"), sent.get_json()
    [message] = services.messages.get([sent.get_json()["id"]]).values()
    services.delivery.deliver(message.batch)
    content = shop("GET", f"/v1/messages/{message.id}/content").get_json()
    assert content["parts"]["text"] == "Order ana-1: code 7K4M, shelf A1"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"data": {"order": "ben-1"}}, "data.order"),
        ({"data": {"order": "none"}}, "data.order"),
        ({"data": {"order": 5}}, "data.order"),
        ({"data": {"colour": "red"}}, "data.colour"),
        ({"data": {"order": "ana-1", "attributes": {"$set": "x"}}}, "data.attributes.$set.key"),
        ({"data": {"order": "ana-1", "attributes": {"code": "x" * 501}}}, "data.attributes.code.value"),
        ({"data": {"order": "ana-1", "attributes": {"code": 7}}}, "data.attributes.code.value"),
        ({"data": {"order": "ana-1"}, "brand": "other"}, "brand"),
        ({"data": {"order": "ana-1"}, "channel": "fax"}, "channel"),
        ({"data": {"order": "ana-1"}, "channel": "viber"}, "channel"),
        ({}, "data"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(shop: Call, more: dict[str, Any], field: str) -> None:
    answer = post(shop, **more)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field]), answer.get_json()
