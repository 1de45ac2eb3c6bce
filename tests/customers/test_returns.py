"""Cancelling invoices are put to the orders they cancel, each row once."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common.ids import new_id
from customers.order_events import MAX_EVENTS
from customers.orders import Line, Order, OrderEvent
from customers.profile import reckon
from customers.returns import ReturnRow, Returns
from storage.orders import MongoOrders
from storage.returns import MongoReturnRows
from tests.support.clock import START, ManualClock
from wiring import Services


def order(
    id: str, *lines: tuple[str, int, int], customer: str = "ana", days: int = -30, currency: str = "GBP"
) -> Order:
    """An order with lines of product, quantity and unit price."""
    bought = [Line(product_id=product, quantity=many, unit_price=price) for product, many, price in lines]
    total = sum(line.quantity * line.unit_price for line in bought)
    at = START + timedelta(days=days)
    return Order(id=id, customer_id=customer, placed_at=at, currency=currency, total=total, lines=bought)


def back(row: int, product: str = "cd", quantity: int = 1, price: int = 100, **more: Any) -> ReturnRow:
    given = {"order_id": "C1", "customer_id": "ana", "at": START, "currency": "GBP"} | more
    return ReturnRow(row=row, product_id=product, quantity=quantity, unit_price=price, **given)


def returned(services: Services, *ids: str) -> list[tuple[dict[str, int], int]]:
    """What came back of each order, and the money."""
    kept = services.orders.get(ids)
    return [(kept[one].returned, kept[one].refunded) for one in ids]


def test_a_return_is_of_the_latest_order_before_it_with_that_product_at_that_price(services: Services) -> None:
    services.orders.upsert(
        [
            order("older", ("cd", 5, 100), days=-40),
            order("other-price", ("cd", 5, 90), days=-5),
            order("latest", ("cd", 5, 100), ("lp", 1, 900), days=-10),
            order("later", ("cd", 5, 100), days=1),
            order("anothers", ("cd", 5, 100), customer="bo", days=-5),
            order("in-euro", ("cd", 5, 100), days=-4, currency="EUR"),
        ]
    )
    assert services.returns.add_rows("f", [back(2, quantity=2)]) == []
    assert returned(services, "latest", "older", "other-price", "later") == [({"cd": 2}, 200)] + [({}, 0)] * 3
    (event,) = services.orders.get(["latest"])["latest"].events
    assert (event.type, event.at, event.reason) == ("returned", START, "C1")
    assert services.orders.get(["latest"])["latest"].state == "placed"


def test_an_older_order_with_enough_of_it_comes_before_a_later_one_with_too_little(services: Services) -> None:
    services.orders.upsert([order("older", ("cd", 12, 100), days=-40), order("latest", ("cd", 6, 100))])
    assert services.returns.add_rows("f", [back(2, quantity=12)]) == []
    assert returned(services, "older", "latest") == [({"cd": 12}, 1_200), ({}, 0)]
    assert services.orders.get(["older"])["older"].state == "returned"


def test_a_return_may_be_of_several_orders_and_at_another_price(services: Services) -> None:
    services.orders.upsert([order("a", ("cd", 2, 100), days=-3), order("b", ("cd", 2, 90), days=-2)])
    services.orders.upsert([order("c", ("cd", 2, 100), days=-1)])
    assert services.returns.add_rows("f", [back(2, quantity=5)]) == []
    assert returned(services, "c", "a", "b") == [({"cd": 2}, 200), ({"cd": 2}, 200), ({"cd": 1}, 100)]


def test_what_finds_no_order_or_not_enough_is_told(services: Services) -> None:
    services.orders.upsert([order("a", ("cd", 2, 100)), order("cancelled", ("lp", 2, 100))])
    services.orders.add_event("cancelled", OrderEvent(type="cancelled", at=START))
    rows = [back(2, "ep"), back(3, "lp"), back(4, quantity=5), back(5, customer_id="nobody"), back(6)]
    for _ in range(2):
        errors = services.returns.add_rows("f", rows)
        assert [(error.line, error.kind, error.field) for error in errors] == [
            (2, "return_without_order", "product_id"),
            (3, "return_without_order", "product_id"),
            (4, "return_in_part", "quantity"),
            (5, "return_without_order", "product_id"),
            (6, "return_without_order", "product_id"),
        ]
        assert returned(services, "a", "cancelled") == [({"cd": 2}, 200), ({}, 0)]


def test_equal_rows_are_returns_of_their_own_but_the_same_row_is_not(services: Services) -> None:
    services.orders.upsert([order("a", ("cd", 10, 100))])
    rows = [back(2), back(3), back(9, order_id="C2")]
    services.returns.add_rows("monday", rows[:1])
    services.returns.add_rows("monday", rows[1:])  # another batch of the same file
    assert returned(services, "a") == [({"cd": 3}, 300)]
    for again in ("monday", "tuesday"):  # uploaded again; and an export of the next day, where lines stand elsewhere
        moved = [back(row.row + 7, order_id=row.order_id) for row in rows] if again == "tuesday" else rows
        assert services.returns.add_rows(again, moved) == []
        assert returned(services, "a") == [({"cd": 3}, 300)]
    services.returns.add_rows("tuesday", [back(99)])  # the newer export has one more of them
    assert returned(services, "a") == [({"cd": 4}, 400)]


def test_a_return_that_found_nothing_is_taken_when_its_order_is_there(services: Services) -> None:
    assert len(services.returns.add_rows("f", [back(2, quantity=3)])) == 1
    services.orders.upsert([order("a", ("cd", 2, 100))])
    (error,) = services.returns.add_rows("f", [back(2, quantity=3)])
    assert error.kind == "return_in_part"
    services.orders.upsert([order("b", ("cd", 9, 100), days=-50)])
    assert services.returns.add_rows("f", [back(2, quantity=3)]) == []
    assert returned(services, "a", "b") == [({"cd": 2}, 200), ({"cd": 1}, 100)]


def test_the_customer_may_have_been_merged_since(services: Services) -> None:
    services.orders.upsert([order("a", ("cd", 2, 100), customer="anna")])
    services.aliases.add("ana", "anna", START)
    assert services.returns.add_rows("f", [back(2), back(3, customer_id="anna")]) == []
    assert returned(services, "a") == [({"cd": 2}, 200)]


def test_a_full_order_takes_no_return(services: Services) -> None:
    services.orders.upsert([order("a", ("cd", 2, 100))])
    many = [OrderEvent(type="shipped", at=START - timedelta(hours=n)) for n in range(MAX_EVENTS)]
    services.orders.add_events({"a": many})
    assert [error.kind for error in services.returns.add_rows("f", [back(2)])] == ["return_without_order"]


def test_the_money_leaves_the_profile_and_is_told(services: Services) -> None:
    services.orders.upsert([order("a", ("cd", 2, 100)), order("b", ("lp", 1, 900))])
    services.returns.add_rows("f", [back(2, quantity=2)])
    ana = services.customers.get(["ana"])["ana"].profile
    assert ana == reckon(services.orders.of_customer("ana"))
    assert (ana.spend, ana.returns, ana.orders) == ({"GBP": 900}, 1, 2)
    services.events.pump()
    (event,) = services.events.of_customer("ana", 10)
    assert (event.type, event.data["amount"], event.data["refunded"], event.data["total"]) == (
        "order_returned",
        200,
        200,
        200,
    )


class Died(Exception):
    """What a process that dies would not raise."""


class Dying:
    """Writes the events of only so many orders, and dies."""

    def __init__(self, orders: MongoOrders, writes: int) -> None:
        self._orders = orders
        self._writes = writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._orders, name)

    def add_events(self, events: dict[str, Sequence[OrderEvent]]) -> dict[str, Order]:
        self._orders.add_events(dict(list(events.items())[: self._writes]))
        raise Died


histories = st.tuples(
    st.lists(st.tuples(st.sampled_from(["cd", "lp"]), st.integers(1, 4), st.sampled_from([90, 100])), max_size=6),
    st.lists(st.tuples(st.sampled_from(["cd", "lp"]), st.integers(1, 5), st.sampled_from([90, 100])), max_size=6),
    st.integers(1, 6),
    st.integers(0, 3),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories)
def test_a_job_killed_anywhere_and_gone_on_comes_to_the_same(services: Services, history: Any) -> None:
    bought, sent, cut, writes = history
    customers = [new_id(), new_id()]
    for customer in customers:
        lines = [[line] for line in bought]
        services.orders.upsert(
            [order(f"{customer}-{n}", *one, customer=customer, days=n - 50) for n, one in enumerate(lines)]
        )
    rows: list[list[ReturnRow]] = [
        [back(n, *one, customer_id=customer, order_id=customer[:20]) for n, one in enumerate(sent)]
        for customer in customers
    ]
    plain, killed = (f"file-{customer}" for customer in customers)
    whole = services.returns.add_rows(plain, rows[0])
    dying = Returns(
        MongoReturnRows(services.database, services.aliases, services.clock),
        Dying(services.orders, writes),  # type: ignore[arg-type]  # stands in for a process that dies
    )
    errors = []
    for batch in (rows[1][:cut], rows[1][cut:]):
        if batch:
            with pytest.raises(Died):
                dying.add_rows(killed, batch)
            errors += services.returns.add_rows(killed, batch)
    services.returns.add_rows(killed, random.sample(rows[1], len(rows[1])))
    assert [(error.line, error.kind) for error in errors] == [(error.line, error.kind) for error in whole]
    kept = [
        {one.id.removeprefix(customer): (one.returned, one.refunded) for one in services.orders.of_customer(customer)}
        for customer in customers
    ]
    assert kept[0] == kept[1]
    for customer in customers:
        orders = services.orders.of_customer(customer)
        assert services.customers.get([customer]).get(customer) is None or (
            services.customers.get([customer])[customer].profile == reckon(orders)
        )
        for one in orders:
            assert all(many <= one.lines[0].quantity for many in one.returned.values())


def test_lines_of_long_ago_are_forgotten_and_their_file_still_changes_nothing(
    services: Services, clock: ManualClock
) -> None:
    services.orders.upsert([order("a", ("cd", 5, 100))])
    services.returns.add_rows("f", [back(2), back(3)])
    clock.advance(timedelta(days=31).total_seconds())
    services.returns.add_rows("g", [back(9, "lp")])
    assert services.database["return_rows"].count_documents({}) == 1
    services.returns.add_rows("f", [back(2), back(3)])
    assert returned(services, "a") == [({"cd": 2}, 200)]
