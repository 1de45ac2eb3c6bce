"""Products over the API: one by one, stock of thousands at once, as CSV, and what a change tells others."""

from typing import Any

import pytest

from storage.mongo import Mongo
from tests.api.conftest import Call
from wiring import Services

CD: dict[str, Any] = {
    "name": "Night Ferry",
    "price": {"amount": 1250, "currency": "EUR"},
    "stock": 3,
    "categories": ["music", "folk"],
    "image_url": "https://shop.example/cd.png",
    "url": "https://shop.example/cd",
    "substitutes": ["lp"],
}


def euros(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def put(call: Call, id: str, **changes: Any) -> dict[str, Any]:
    answer = call("PUT", f"/v1/products/{id}", json={**CD, **changes})
    assert answer.status_code == 200, answer.get_json()
    told: dict[str, Any] = answer.get_json()
    return told


def news(services: Services) -> list[tuple[str, str]]:
    services.events.pump()
    return [(event.type, event.data["product"]) for event in services.events.waiting_for("triggers", 99)]


def test_a_product_is_kept_with_all_that_is_told_of_it(call: Call) -> None:
    assert put(call, "cd") == {**CD, "id": "cd", "version": 1}
    assert put(call, "cd")["version"] == 1
    assert call("GET", "/v1/products/cd").get_json() == {**CD, "id": "cd", "version": 1}
    bare = {"name": "Night Ferry", "price": euros(900)}
    told = call("PUT", "/v1/products/cd", json=bare, headers={"If-Match": '"v1"'}).get_json()
    assert (told["stock"], told["categories"], told["substitutes"], told["version"]) == (None, [], [], 2)
    assert call("PUT", "/v1/products/cd", json=CD, headers={"If-Match": '"v1"'}).status_code == 412
    assert call("PUT", "/v1/products/lp", json=CD, headers={"If-Match": '"v1"'}).status_code == 412


def test_stock_and_prices_of_many_products_are_set_at_once(call: Call, services: Services) -> None:
    for number in range(30):
        put(call, f"p{number:02}")
    items: list[dict[str, Any]] = [{"product_id": f"p{number:02}", "stock": number} for number in range(30)]
    items[7]["price"] = euros(999)
    items[8]["stock"] = None
    told = call("POST", "/v1/products/stock", json={"items": [*items, {"product_id": "x", "stock": 1}]}).get_json()
    assert (told["changed"], told["unchanged"]) == (29, 1)  # p03 had three
    assert told["errors"] == [{"index": 30, "product_id": "x", "reason": "There is no such product."}]
    kept = services.products.get([item["product_id"] for item in items])
    assert [kept[item["product_id"]].stock for item in items] == [item["stock"] for item in items]
    assert (kept["p07"].price, kept["p07"].version, kept["p03"].version) == (999, 2, 1)
    assert kept["p07"].name == "Night Ferry"
    again = call("POST", "/v1/products/stock", json={"items": items}).get_json()
    assert (again["changed"], again["unchanged"], again["errors"]) == (0, 30, [])
    twice = [{"product_id": "p01", "stock": 5}, {"product_id": "p01", "stock": 6}]
    assert call("POST", "/v1/products/stock", json={"items": twice}).get_json()["changed"] == 1
    assert services.products.get(["p01"])["p01"].stock == 6


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"stock": 1}, "product_id"),
        ({"product_id": "cd"}, "stock"),
        ({"product_id": "cd", "stock": -1}, "stock"),
        ({"product_id": "cd", "stock": 1.5}, "stock"),
        ({"product_id": "cd", "stock": 10**10}, "stock"),
        ({"product_id": "cd", "stock": 1, "price": {"amount": -1, "currency": "EUR"}}, "price.amount"),
        ({"product_id": "a/b", "stock": 1}, "product_id"),
        ({"product_id": "cd", "stock": 1, "name": "x"}, "name"),
    ],
)
def test_a_wrong_item_is_named_and_nothing_is_set(call: Call, item: dict[str, Any], field: str) -> None:
    put(call, "cd")
    answer = call("POST", "/v1/products/stock", json={"items": [{"product_id": "cd", "stock": 9}, item]})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [f"items.1.{field}"])
    assert call("GET", "/v1/products/cd").get_json()["stock"] == 3


def test_what_changes_is_told_once_and_survives_the_next_change(
    call: Call, services: Services, database: Mongo
) -> None:
    put(call, "cd")
    for stock in (0, 0, 5):
        call("POST", "/v1/products/stock", json={"items": [{"product_id": "cd", "stock": stock}]})
    put(call, "cd", stock=5, price=euros(1000))
    put(call, "cd", stock=5, price=euros(1100))
    put(call, "cd", stock=5, price={"amount": 1, "currency": "USD"})
    assert sorted(news(services)) == [
        ("product_back_in_stock", "cd"),
        ("product_price_dropped", "cd"),
        ("product_sold_out", "cd"),
    ]
    assert services.events.pump() == 0
    assert "pending" not in (database["products"].find_one({"_id": "cd"}) or {})


def test_a_product_may_be_called_stock(call: Call) -> None:
    assert put(call, "stock")["id"] == "stock"
    assert call("GET", "/v1/products/stock").get_json()["name"] == "Night Ferry"


def test_products_are_listed_by_page_by_category_and_by_stock_and_taken_away_as_csv(call: Call) -> None:
    put(call, "a")
    put(call, "b", stock=0, categories=["folk"])
    put(call, "c", stock=None, categories=["jazz"], name="=1+1")
    page = call("GET", "/v1/products?limit=2").get_json()
    assert ([one["id"] for one in page["data"]], page["next"]) == (["a", "b"], "b")

    def ids(query: str) -> list[str]:
        return [one["id"] for one in call("GET", f"/v1/products?{query}").get_json()["data"]]

    assert (ids("category=folk"), ids("in_stock=true"), ids("in_stock=false")) == (["a", "b"], ["a", "c"], ["b"])
    assert ids("category=folk&in_stock=true&after=a") == []
    answer = call("GET", "/v1/products?in_stock=true", headers={"Accept": "text/csv"})
    lines = answer.get_data(as_text=True).splitlines()
    assert lines[0] == "product_id,name,price,currency,stock,categories,image_url,url,substitutes"
    assert lines[1].startswith("a,Night Ferry,12.50,EUR,3,music;folk,https://")
    assert lines[2].startswith("c,'=1+1,12.50,EUR,,jazz,")
    assert len(lines) == 3
    assert "in_stock" in call("GET", "/v1/products?in_stock=maybe").get_json()["errors"]
