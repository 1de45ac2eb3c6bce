"""The money of a line: prices finer than a penny, lines with a total, lines of no pieces, and the noise of floats."""

import io
from typing import Any

import pytest

from common.jobs import Job
from customers.columns import ColumnMap
from customers.opening import Asked
from tests.support.real_orders import groceries_are_here
from wiring import Services

HEAD = "order_id,customer_id,placed_at,product_id,quantity,{},currency\n"


def taken(services: Services, data: bytes, kind: str = "text/csv", **said: Any) -> Job:
    named = ColumnMap(kind="orders", **said)
    asked = Asked(said=ColumnMap(kind="orders"), named=named)
    job = services.importer.run(services.importer.start("orders", io.BytesIO(data), kind, asked).id)
    assert job is not None
    assert job.state == "finished", job.detail
    return job


def priced(services: Services, *lines: str, field: str = "unit_price", **said: Any) -> Job:
    rows = [f"o1,ana,2026-01-05,p{number},{line},EUR" for number, line in enumerate(lines)]
    names = HEAD.format(field).strip().split(",")
    columns = {name: name for name in names}
    return taken(services, (HEAD.format(field) + "\n".join(rows)).encode(), columns=columns, **said)


def kept(services: Services) -> tuple[int, list[tuple[int, int]]]:
    order = services.orders.get(["o1"])["o1"]
    return order.total, [(line.quantity, line.unit_price) for line in order.lines]


@pytest.mark.parametrize(
    ("line", "total", "unit"),
    [("8,0.125", 100, 12), ("3,0.125", 38, 12), ("1,0.001", 0, 0), ("1,0.005", 1, 0), ("2,1.500", 300, 150)],
)
def test_a_price_finer_than_its_currency_costs_its_line_to_the_cent(
    services: Services, line: str, total: int, unit: int
) -> None:
    job = priced(services, line, "1,9.99", zero_price="refuse")
    assert job.bad == 0
    assert kept(services) == (total + 999, [(int(line.split(",")[0]), unit), (1, 999)])


def test_a_fine_price_below_nothing_is_still_one(services: Services) -> None:
    assert priced(services, "1,-0.001", "1,0.000", "1,9.99", zero_price="refuse").refused == {
        "negative_price": 1,
        "zero_price": 1,
    }


def test_a_line_of_no_pieces_is_one_piece_where_it_cost_something(services: Services) -> None:
    job = priced(services, "0,1.50", "0,0.00", "3,1.00", "0,-1.00", field="line_total")
    assert job.refused == {"zero_quantity": 1, "negative_price": 1}
    assert kept(services) == (250, [(1, 150), (3, 33)])
    assert priced(services, "0,1.50").refused == {"zero_quantity": 1}
    assert priced(services, "1,1.555", field="line_total", decimal="point").refused == {"bad_amount": 1}


@pytest.mark.skipif(not groceries_are_here, reason="pyarrow is not installed (pip install -e .[test])")
def test_floats_are_read_as_they_were_meant(services: Services) -> None:
    import pyarrow
    from pyarrow import parquet

    floats = [0.1 + 0.2, 12.299999999999999, 2.220446e-16, -5e-17, 1e6, float("nan")]
    names = [f"p{number}" for number in range(len(floats))]
    columns = {"order_id": "o1", "customer_id": "ana", "placed_at": "2026-01-05", "quantity": 1.0, "currency": "EUR"}
    table = {name: [value] * len(floats) for name, value in columns.items()}
    file = io.BytesIO()
    parquet.write_table(pyarrow.table(table | {"product_id": names, "unit_price": floats}), file)
    mapped = {name: name for name in (*columns, "product_id", "unit_price")}
    job = taken(services, file.getvalue(), "application/vnd.apache.parquet", columns=mapped)
    assert [error.field for error in job.errors] == ["unit_price"]  # the one that is no number
    assert kept(services)[1] == [(1, price) for price in (30, 1_230, 0, 0, 100_000_000)]
