"""A row becomes a customer, a line of an order or a product; or an error that names its field."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from common.errors import Invalid
from customers.orders import Line, OrderRow
from tests.support.rows import customer, order_row, product

NAUGHTY = Path(__file__).parents[2].parent / "shared" / "data" / "hostile" / "blns.json"
ORDER = {
    "order_id": "o1", "customer_id": "ana", "placed_at": "2026-01-31", "product_id": "cd", "quantity": "2",
    "unit_price": "12.50", "currency": "EUR",
}  # fmt: skip


def sold(values: dict[str, str]) -> OrderRow:
    """The row of something sold."""
    row = order_row(values)
    assert isinstance(row, OrderRow)
    return row


def test_a_customer_is_read_whole() -> None:
    row = {
        "customer_id": " ana ", "first_name": "Ana", "email": "Ana@Example.com", "phone": "912345678", "country": "pt",
        "locale": "pt_br", "time_zone": "Europe/Lisbon", "preferred_channel": "SMS; email", "marketing_email": "Yes",
        "marketing_sms": "no", "tags": "vip;;vip; old",
    }  # fmt: skip
    ana = customer(row)
    assert ana.id == "ana"
    assert ana.addresses == {"email": ["ana@example.com"], "sms": ["+351912345678"]}
    assert (ana.locale, ana.country, ana.preferred, ana.tags) == ("pt-BR", "PT", ["sms", "email"], ["vip", "old"])
    assert ana.consents["email"]["marketing"].state == "granted"
    assert ana.consents["sms"]["marketing"].state == "denied"
    assert ana.consents["sms"]["marketing"].source == "import"


def test_an_empty_cell_says_nothing() -> None:
    bare = customer({"customer_id": "ana", "email": "", "marketing_email": "", "preferred_channel": ""})
    assert (bare.addresses, bare.consents, bare.preferred) == ({}, {}, [])


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("customer_id", ""), ("customer_id", "a/b"), ("customer_id", "x" * 65), ("email", "ana"), ("phone", "12"),
        ("country", "Portugull"), ("locale", "klingon!"), ("time_zone", "Lisbon"), ("preferred_channel", "fax"),
        ("marketing_email", "maybe"), ("first_name", "x" * 201), ("tags", ";".join("abcdefgh" * 10)),
    ],
)  # fmt: skip
def test_a_wrong_cell_of_a_customer_is_named(column: str, value: str) -> None:
    if column == "tags":
        value = ";".join(str(number) for number in range(60))
    with pytest.raises(Invalid) as refusal:
        customer({"customer_id": "ana", column: value})
    assert list(refusal.value.fields) == [column]


@pytest.mark.parametrize(
    ("price", "currency", "minor"),
    [("12.50", "EUR", 1250), ("12.5", "EUR", 1250), ("12", "EUR", 1200), ("0", "EUR", 0), ("500", "JPY", 500),
     ("1.234", "KWD", 1234)],
)  # fmt: skip
def test_amounts_are_written_in_whole_units(price: str, currency: str, minor: int) -> None:
    row = sold(ORDER | {"unit_price": price, "currency": currency})
    assert row.line == Line(product_id="cd", quantity=2, unit_price=minor)
    assert row.placed_at == datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("unit_price", "12,50"), ("unit_price", "-1"), ("unit_price", "1e3"),
        ("unit_price", "NaN"), ("unit_price", "9" * 20), ("unit_price", ""), ("quantity", "0"), ("quantity", "-1"),
        ("quantity", "1.5"), ("quantity", "99999999999"), ("quantity", "²"), ("currency", "euro"), ("currency", "XXX"),
        ("placed_at", "31/01/2026"), ("placed_at", "9999-12-31T23:59:59-14:00"), ("placed_at", "0001-01-01"),
        ("placed_at", ""), ("order_id", ""), ("product_id", "a/b"),
    ],
)  # fmt: skip
def test_a_wrong_cell_of_an_order_is_named(column: str, value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        order_row(ORDER | {column: value})
    assert list(refusal.value.fields) == [column]


def test_an_instant_with_an_offset_is_kept_in_utc() -> None:
    row = sold(ORDER | {"placed_at": "2026-01-31T23:30:00.123456+01:00"})
    assert row.placed_at == datetime(2026, 1, 31, 22, 30, 0, 123000, tzinfo=UTC)


def test_a_product_is_read_whole_and_stock_may_be_unknown() -> None:
    row = {"product_id": "cd", "name": "CD", "price": "9.99", "currency": "USD", "categories": "a;b"}
    assert (product(row).price, product(row).stock, product(row).categories) == (999, None, ["a", "b"])
    assert product(row | {"stock": "0"}).stock == 0
    assert not product(row | {"stock": "0"}).in_stock
    with pytest.raises(Invalid):
        product(row | {"image_url": "javascript:alert(1)"})


def refused(parse: Callable[[], object]) -> list[str]:
    """The fields that a row is refused for."""
    try:
        parse()
    except Invalid as error:
        return list(error.fields)
    return []


@pytest.mark.skipif(not NAUGHTY.exists(), reason=f"the naughty strings are not at {NAUGHTY}")
def test_naughty_strings_are_taken_as_text_or_refused_by_name() -> None:
    taken = 0
    strings: list[str] = json.loads(NAUGHTY.read_text())
    for text in strings:
        for column in ("customer_id", "first_name", "email", "phone", "locale", "time_zone", "tags"):
            fields = refused(partial(customer, {"customer_id": "ana", column: text}))
            assert fields in ([], [column])
            taken += not fields
        for column in ORDER:
            assert refused(partial(order_row, ORDER | {column: text})) in ([], [column])
    assert taken > 400
