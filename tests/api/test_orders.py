"""Orders, products, the shop and its site's events over the API."""

from typing import Any

import pytest

from tests.api.conftest import Call

EUR = {"amount": 1_250, "currency": "EUR"}
ORDER: dict[str, Any] = {
    "customer_id": "ana",
    "placed_at": "2026-02-27T10:00:00+01:00",
    "lines": [{"product_id": "cd", "quantity": 2, "unit_price": EUR}],
    "vouchers": ["ABC"],
    "packed_by": "Rui",
}


def test_an_order_is_kept_and_its_customers_profile_follows(call: Call) -> None:
    put = call("PUT", "/v1/orders/o1", json=ORDER)
    assert put.status_code == 200, put.get_json()
    told = call("GET", "/v1/orders/o1").get_json()
    assert told == put.get_json()
    assert told["total"] == {"amount": 2_500, "currency": "EUR"}
    assert (told["placed_at"], told["state"], told["packed_by"]) == ("2026-02-27T09:00:00.000Z", "placed", "Rui")
    profile = call("GET", "/v1/customers/ana").get_json()["profile"]
    assert (profile["orders"], profile["spend"], profile["products"]) == (1, [told["total"]], ["cd"])


def test_what_was_paid_may_differ_from_the_sum_of_the_lines(call: Call) -> None:
    paid = {"amount": 2_000, "currency": "EUR"}
    assert call("PUT", "/v1/orders/o1", json=ORDER | {"total": paid}).get_json()["total"] == paid


def test_events_of_an_order_come_in_any_order_and_more_than_once(call: Call) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    events = [
        {"type": "delivered", "at": "2026-03-01T10:00:00Z"},
        {"type": "shipped", "at": "2026-02-28T10:00:00Z", "carrier": "CTT", "tracking_url": "https://ctt.example/1"},
        {"type": "shipped", "at": "2026-02-28T10:00:00Z", "carrier": "CTT", "tracking_url": "https://ctt.example/1"},
        {"type": "refunded", "at": "2026-03-02T09:00:00Z", "amount": 500},
    ]
    for one in events:
        answer = call("POST", "/v1/orders/o1/events", json=one)
        assert answer.status_code == 200, answer.get_json()
    told = call("GET", "/v1/orders/o1").get_json()
    assert [one["type"] for one in told["events"]] == ["shipped", "delivered", "refunded"]
    assert (told["state"], told["refunded"]["amount"]) == ("delivered", 500)
    assert call("POST", "/v1/orders/o2/events", json=events[0]).status_code == 404


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"lines": []}, "total"),
        ({"lines": [{"product_id": "cd", "quantity": 0, "unit_price": EUR}]}, "lines.0.quantity"),
        ({"lines": [{"product_id": "a/b", "quantity": 1, "unit_price": EUR}]}, "lines.0.product_id"),
        ({"lines": [{"product_id": "cd", "quantity": 1, "unit_price": 12.5}]}, "lines.0.unit_price"),
        ({"total": {"amount": 1, "currency": "USD"}}, "lines"),
        ({"total": {"amount": -1, "currency": "EUR"}}, "total.amount"),
        ({"lines": [{"product_id": "cd", "quantity": 10**6, "unit_price": EUR | {"amount": 10**12}}]}, "lines"),
        ({"placed_at": "yesterday"}, "placed_at"),
        ({"placed_at": "2026-02-27T10:00:00"}, "placed_at"),
        ({"customer_id": ""}, "customer_id"),
        ({"state": "delivered"}, "state"),
    ],
)
def test_a_wrong_field_of_an_order_is_named(call: Call, change: dict[str, Any], path: str) -> None:
    answer = call("PUT", "/v1/orders/o1", json=ORDER | change)
    assert answer.status_code == 422
    assert path in answer.get_json()["errors"], answer.get_json()
    assert call("GET", "/v1/orders/o1").status_code == 404


def test_an_order_stays_its_customers(call: Call) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    answer = call("PUT", "/v1/orders/o1", json=ORDER | {"customer_id": "bo"})
    assert (answer.status_code, answer.get_json()["reason"]) == (409, "other_customer")


def test_naughty_ids_are_names_like_any_other(call: Call) -> None:
    for name in ("$where", "a.b", "a b", "🦊", "%", "{}", "__proto__"):
        path = "/v1/orders/" + name.replace("%", "%25").replace(" ", "%20")
        assert call("PUT", path, json=ORDER | {"customer_id": name}).status_code == 200
        assert call("GET", path).get_json()["id"] == name
        assert call("GET", path.replace("orders", "customers")).get_json()["profile"]["orders"] == 1


def test_a_product_is_kept_listed_and_changed_from_its_version(call: Call) -> None:
    cd = {"name": "CD", "price": EUR, "stock": 3, "categories": ["music"], "substitutes": ["lp"]}
    assert call("PUT", "/v1/products/cd", json=cd).headers["ETag"] == '"v1"'
    assert call("PUT", "/v1/products/cd", json=cd).headers["ETag"] == '"v1"'
    told = call("GET", "/v1/products/cd").get_json()
    assert (told["price"], told["stock"], told["substitutes"]) == (EUR, 3, ["lp"])
    assert call("PUT", "/v1/products/cd", json=cd | {"stock": None}, headers={"If-Match": '"v9"'}).status_code == 412
    assert [one["id"] for one in call("GET", "/v1/products").get_json()["data"]] == ["cd"]
    assert call("GET", "/v1/products/lp").status_code == 404
    for wrong in ({"stock": -1}, {"price": 5}, {"url": "javascript:alert(1)"}, {"name": ""}):
        assert set(call("PUT", "/v1/products/cd", json=cd | wrong).get_json()["errors"]) == set(wrong)


def test_the_shop_is_set_whole_and_from_the_version_read(call: Call) -> None:
    fresh = call("GET", "/v1/shop")
    assert (fresh.get_json()["name"], fresh.headers["ETag"]) == ("Our shop", '"v0"')
    shop = {
        "name": "Discos",
        "quiet_hours": {"start": "21:30", "end": "08:00"},
        "caps": [{"count": 2, "days": 7, "hours": 0, "channel": "", "purpose": "marketing"}],
        "brands": {"default": {"name": "Discos", "email_from": "Ola@Discos.Example.com"}},
        "marketing_stopped": True,
        "test_addresses": ["Cyd@Example.com", " +44 7700 900123", "crm:cyd"],
    }
    put = call("PUT", "/v1/shop", json=shop, headers={"If-Match": '"v0"'})
    assert put.status_code == 200, put.get_json()
    told = call("GET", "/v1/shop").get_json()
    assert {name: told[name] for name in ("name", "quiet_hours", "caps", "marketing_stopped")} == {
        name: shop[name] for name in ("name", "quiet_hours", "caps", "marketing_stopped")
    }
    assert told["brands"]["default"]["email_from"] == "ola@discos.example.com"
    assert told["test_addresses"] == ["cyd@example.com", "+447700900123", "crm:cyd"]
    assert call("PUT", "/v1/shop", json=shop, headers={"If-Match": '"v0"'}).status_code == 412


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"quiet_hours": {"start": "25:00", "end": "08:00"}}, "quiet_hours.start"),
        ({"test_addresses": ["cyd@example.com", "cyd@@example"]}, "test_addresses.1"),
        ({"test_addresses": ["\r\n"]}, "test_addresses.0"),
        ({"test_addresses": [""]}, "test_addresses.0"),
        ({"caps": [{"count": 1}]}, "caps.0.days"),
        ({"currency": "euro"}, "currency"),
        ({"time_zone": "Mars"}, "time_zone"),
        ({"brands": {}}, "brands"),
        ({"brands": {"other": {"name": "x"}}}, "brands"),
        ({"brands": {"$set": {"name": "x"}}}, "brands.$set"),
        ({"url": "ftp://x"}, "url"),
        ({"marketing_stopped": "false"}, "marketing_stopped"),
    ],
)
def test_a_wrong_setting_of_the_shop_is_named(call: Call, body: dict[str, Any], path: str) -> None:
    answer = call("PUT", "/v1/shop", json=body)
    assert answer.status_code == 422
    assert any(name.startswith(path) for name in answer.get_json()["errors"]), answer.get_json()
