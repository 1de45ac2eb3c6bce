"""An order that has just come in changes its customer's segments at once: nothing is rebuilt."""

from datetime import timedelta

from tests.api.conftest import Call
from tests.support.clock import START

REGULARS = {"rule": "profile_orders", "at_least": 2}
TEA = {"rule": "orders_lately", "days": 30, "products": ["tea"], "at_least": 1}
SPENDERS = {"rule": "average_order", "currency": "EUR", "at_least": 1_000}


def place(call: Call, id: str, product: str, price: int) -> None:
    body = {
        "customer_id": "ana",
        "placed_at": (START - timedelta(days=1)).isoformat(),
        "lines": [{"product_id": product, "quantity": 1, "unit_price": {"amount": price, "currency": "EUR"}}],
    }
    assert call("PUT", f"/v1/orders/{id}", json=body).status_code in (200, 201)


def test_an_order_just_put_changes_the_membership_of_its_customer(call: Call) -> None:
    for name, rules in {"regulars": REGULARS, "tea": TEA, "spenders": SPENDERS}.items():
        call("POST", "/v1/segments", json={"id": name, "name": name, "rules": rules})

    def segments() -> set[str]:
        names = ("regulars", "tea", "spenders")
        lists = {one: call("GET", f"/v1/segments/{one}/members").json["data"] for one in names}
        return {name for name, members in lists.items() if [one["id"] for one in members] == ["ana"]}

    place(call, "o1", "mug", 500)
    assert segments() == set()
    place(call, "o2", "tea", 2_500)
    assert segments() == {"regulars", "tea", "spenders"}
    why = call("GET", "/v1/segments/tea/explain?customer=ana").json
    assert (why["verdict"], why["value"]) == (True, "They placed 1 such order in the last 30 days.")
    cancelled = {"type": "cancelled", "at": START.isoformat()}
    assert call("POST", "/v1/orders/o2/events", json=cancelled).status_code in (200, 201)
    assert segments() == set()
