"""CDNOW's purchases become orders of today without a dollar, a CD or a customer lost."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from cli.demo.cdnow import catalogue, orders, orders_csv, products_csv, purchases
from customers.orders import OrderRow
from tests.support.rows import order_row, product

TODAY = date(2026, 11, 22)


def test_the_sample_is_whole() -> None:
    bought = purchases()
    assert len(bought) == 6_919
    assert len({purchase.customer for purchase in bought}) == 2_357
    assert sum(purchase.cents for purchase in bought) == 24_409_194
    assert sum(purchase.quantity for purchase in bought) == 16_479


def test_every_purchase_is_one_order_of_the_same_customer_with_the_same_sum() -> None:
    bought = purchases()
    made = list(orders(bought, TODAY))
    assert len({order.id for order in made}) == len(bought)
    for purchase, order in zip(bought, made, strict=True):
        assert order.customer == purchase.customer
        assert sum(line.quantity * line.unit_price for line in order.lines) == purchase.cents
        assert sum(line.quantity for line in order.lines) == purchase.quantity
        assert min(line.unit_price for line in order.lines) >= 0
        assert len({line.product for line in order.lines}) == len(order.lines)


def test_the_last_order_was_yesterday_and_all_gaps_between_days_are_kept() -> None:
    bought = purchases()
    made = list(orders(bought, TODAY))
    assert max(order.placed_at for order in made).astimezone(UTC).date() == TODAY - timedelta(days=1)
    moved = {
        order.placed_at.astimezone(UTC).date() - purchase.day for purchase, order in zip(bought, made, strict=True)
    }
    assert len(moved) == 1


def test_the_same_day_makes_the_same_orders_and_another_seed_others() -> None:
    bought = purchases()[:300]
    assert list(orders(bought, TODAY)) == list(orders(bought, TODAY))
    assert list(orders(bought, TODAY)) != list(orders(bought, TODAY, seed=2))


def test_every_row_of_the_orders_file_is_one_the_import_takes() -> None:
    bought = purchases()
    text = orders_csv(orders(bought, TODAY))
    total = Decimal(0)
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        read = order_row(row, number, now=datetime(2026, 11, 22, tzinfo=UTC))
        assert isinstance(read, OrderRow)
        total += read.line.quantity * read.line.unit_price
    assert total == sum(purchase.cents for purchase in bought)


def test_forty_invented_records_of_which_some_are_sold_out() -> None:
    records = catalogue()
    assert len({record.id for record in records}) == len({record.name for record in records}) == 40
    assert any(record.stock == 0 for record in records)
    rows = list(csv.DictReader(io.StringIO(products_csv())))
    assert [product(row).price for row in rows] == [record.price for record in records]
