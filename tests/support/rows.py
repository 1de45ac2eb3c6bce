"""Rows of files as tests write them: names of columns and their cells."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from customers.attributes import Declarations
from customers.catalogue import Product
from customers.columns import ColumnMap, Kind
from customers.customer import Customer
from customers.orders import OrderRow
from customers.plan import Plan
from customers.product_rows import ProductRows
from customers.reading import CSV, Form, Record
from customers.returns import ReturnRow
from customers.rows import OrderRows, People

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def plan(kind: Kind, values: Mapping[str, str], **settings: Any) -> Plan:
    """The plan of a file with these columns, each named as its field, unless `columns` says otherwise."""
    settings = {"columns": {name: name for name in values}, "decimal": "point", "dates": "iso"} | settings
    return Plan(form=Form(type=CSV, columns=list(values)), map=ColumnMap(kind=kind, **settings))


def order_row(values: Mapping[str, str], line: int = 5, now: datetime = NOW, **settings: Any) -> OrderRow | ReturnRow:
    """A row of a file of orders."""
    made = plan("orders", values, **settings)
    cells = list(values.values())
    rows, people = OrderRows(made, now), People(made, {}, now)
    customer = people.email(cells) if people.by_email else people.id(cells)
    return rows.row(Record(line=line, cells=cells), customer)


def customer(values: Mapping[str, str], declared: Declarations | None = None, **settings: Any) -> Customer:
    """A row of a file of customers."""
    people = People(plan("customers", values, **settings), declared or {}, NOW)
    cells = list(values.values())
    return people.customer(cells, people.id(cells))


def product(values: Mapping[str, str], known: Product | None = None, **settings: Any) -> Product:
    """A row of a file of products."""
    rows = ProductRows(plan("products", values, **settings))
    rows.id(list(values.values()))
    return rows.product(list(values.values()), known)
