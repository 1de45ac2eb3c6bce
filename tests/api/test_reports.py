"""The shop in figures, over the API and the command, against plain sums."""

import csv
import io
from collections import defaultdict
from datetime import UTC
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.ids import new_id
from customers.orders import Line, Order
from customers.takings import report
from storage.orders import MongoOrders
from storage.takings import MongoTakings
from tests.api.conftest import Call
from tests.support.histories import EVENTS, INSTANTS
from wiring import Services

EUR = {"amount": 1_000, "currency": "EUR"}
ORDER: dict[str, Any] = {
    "customer_id": "ana",
    "placed_at": "2026-01-31T23:59:59Z",
    "lines": [{"product_id": "cd", "quantity": 2, "unit_price": EUR}],
}


def test_orders_are_summed_by_month_and_currency(call: Call) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    call("PUT", "/v1/orders/o2", json=ORDER | {"placed_at": "2026-02-01T00:00:00Z", "customer_id": "bo"})
    call("PUT", "/v1/orders/o3", json=ORDER | {"placed_at": "2026-02-02T00:00:00Z"})
    call("PUT", "/v1/orders/o4", json=ORDER | {"lines": [], "total": {"amount": 7, "currency": "JPY"}})
    call("POST", "/v1/orders/o3/events", json={"type": "cancelled", "at": "2026-02-03T00:00:00Z"})
    back = [{"product_id": "cd", "quantity": 1}]
    call(
        "POST",
        "/v1/orders/o2/events",
        json={"type": "returned", "at": "2026-02-03T00:00:00Z", "lines": back, "amount": 900},
    )
    told = call("GET", "/v1/reports/orders").get_json()
    assert told["customers"] == 2
    assert [(one["month"], one["currency"], one["customers"], one["orders"]) for one in told["months"]] == [
        ("2026-01", "EUR", 1, 1),
        ("2026-01", "JPY", 1, 1),
        ("2026-02", "EUR", 1, 1),
    ]
    (euro, yen) = told["totals"]
    assert euro == {
        "currency": "EUR",
        "orders": 2,
        "customers": 2,
        "lines": 2,
        "units": 4,
        "gross": EUR | {"amount": 4_000},
        "refunded": EUR | {"amount": 900},
        "net": EUR | {"amount": 3_100},
        "returned_orders": 1,
        "returned_units": 1,
        "returned_value": EUR | {"amount": 900},
        "cancelled": 1,
    }
    assert (yen["gross"]["amount"], yen["units"]) == (7, 0)
    part = call("GET", "/v1/reports/orders?since=2026-02-01T00:00:00Z&until=2026-02-02T00:00:00Z").get_json()
    assert (part["customers"], [one["orders"] for one in part["months"]]) == (1, [1])
    assert set(call("GET", "/v1/reports/orders?since=yesterday").get_json()["errors"]) == {"since"}


def test_the_months_come_as_a_file(call: Call) -> None:
    call("PUT", "/v1/orders/o1", json=ORDER)
    answer = call("GET", "/v1/reports/orders", headers={"Accept": "text/csv"})
    (row,) = csv.DictReader(io.StringIO(answer.get_data(as_text=True)))
    assert (row["month"], row["currency"], row["gross"], row["net"]) == ("2026-01", "EUR", "2000", "2000")


def test_nothing_sold_is_nothing_shown(call: Call) -> None:
    assert call("GET", "/v1/reports/orders").get_json() == {"customers": 0, "totals": [], "months": []}


def _plain(orders: list[Order]) -> dict[tuple[str, str], list[int]]:
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 9)
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    for order in orders:
        key = (order.placed_at.astimezone(UTC).strftime("%Y-%m"), order.currency)
        if order.state == "cancelled":
            adds = [0, 0, 0, 0, 0, 0, 0, 0, 1]
        else:
            people[key].add(order.customer_id)
            units = sum(line.quantity for line in order.lines)
            back = [event for event in order.events if event.type == "returned"]
            came = sum(order.returned.values())
            value = sum(event.amount or 0 for event in back)
            adds = [1, len(order.lines), units, order.total, order.refunded, bool(back), came, value, 0]
        sums[key] = [one + other for one, other in zip(sums[key], adds, strict=True)]
    return {key: [*sums[key], len(people[key])] for key in sums}


some_orders = st.lists(
    st.tuples(
        st.sampled_from(["ana", "bo"]),
        INSTANTS,
        st.sampled_from(["EUR", "JPY"]),
        st.integers(0, 500),
        st.lists(st.tuples(st.sampled_from(["p1", "p2"]), st.integers(1, 3)), max_size=3),
        st.lists(EVENTS, max_size=3),
    ),
    max_size=8,
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some_orders)
def test_the_database_sums_as_plain_python_does(services: Services, given: list[Any]) -> None:
    database = services.database.client[f"{services.database.name}_{new_id()[-8:]}"]
    try:
        store = MongoOrders(database, services.clock)
        orders = [_order(number, *one) for number, one in enumerate(given)]
        store.upsert(orders)
        store.add_events({order.id: one[-1] for order, one in zip(orders, given, strict=True)})
        kept = list(store.get([order.id for order in orders]).values())
        told = report(MongoTakings(database))
        found = {
            (one.month, one.currency): [
                one.orders, one.lines, one.units, one.gross, one.refunded, one.returned_orders, one.returned_units,
                one.returned_value, one.cancelled, one.customers,
            ]
            for one in told.months
        }  # fmt: skip
        assert found == _plain(kept)
        standing = {order.customer_id for order in kept if order.state != "cancelled"}
        assert told.customers == len(standing)
        assert sum(one.net for one in told.totals) == sum(
            order.total - order.refunded for order in kept if order.state != "cancelled"
        )
    finally:
        database.client.drop_database(database.name)


def _order(number: int, customer: str, at: Any, currency: str, total: int, lines: Any, _: Any) -> Order:
    bought = [Line(product_id=product, quantity=many, unit_price=5) for product, many in lines]
    return Order(id=f"o{number}", customer_id=customer, placed_at=at, currency=currency, total=total, lines=bought)
