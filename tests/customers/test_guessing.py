"""What a file does not say is guessed where it can be read in one way only, shown, and asked for where not."""

import io
from typing import Any

import msgspec
import pytest

from tests.customers.files import HEAD, asked_for, plan_of, taken
from wiring import Services


def test_columns_in_other_words_are_guessed_and_shown(services: Services) -> None:
    text = (
        "Bestellnummer;Kundennr.;Bestelldatum;Artikelnummer;Menge;Einzelpreis;Währung;Lager\n"
        "4711;k1;03.02.2026;cup;2;1.234,50;EUR;x\n4712;k1;04.02.2026;cup;1;12,00;EUR;x\n"
    )
    job = taken(services, "orders", text)
    found = plan_of(job)
    assert found["guessed"] == "guess"
    assert found["map"]["columns"] == {
        "order_id": "Bestellnummer", "customer_id": "Kundennr.", "placed_at": "Bestelldatum",
        "product_id": "Artikelnummer", "quantity": "Menge", "unit_price": "Einzelpreis", "currency": "Währung",
    }  # fmt: skip
    assert (found["map"]["decimal"], found["map"]["dates"], found["form"]["delimiter"]) == ("comma", "day_first", ";")
    assert job.subject["ignored_columns"] == ["Lager"]
    order = services.orders.get(["4711"])["4711"]
    assert (order.total, order.placed_at.date().isoformat()) == (246_900, "2026-02-03")


@pytest.mark.parametrize(
    ("text", "said", "field"),
    [
        (HEAD + 'o1,ana,2026-01-01,cd,1,"1.234",EUR\n', {"decimal": "comma"}, "decimal"),
        (HEAD + 'o1,ana,2026-01-01,cd,1,"1,234",EUR\n', {"decimal": "point"}, "decimal"),
        (HEAD + "o1,ana,03/04/2025,cd,1,1234,EUR\n", {"dates": "day_first"}, "dates"),
        ("Order,Invoice,Customer,Date,SKU,Qty,Price,Currency\no1,i1,ana,2026-01-01,cd,1,1234.00,EUR\n",
         {"columns": {"order_id": "Order"}}, "order_id"),
        ("Invoice,Customer,Date,SKU,Qty,Price\no1,ana,2026-01-01,cd,1,1234.00\n",
         {"constants": {"currency": "EUR"}}, "currency"),
        ("order_id;customer_id,placed_at\no1;ana,x\n", None, "delimiter"),
        (HEAD + 'o1,ana,2026-01-01,cd,1,"12,50",EUR\no2,ana,2026-01-01,cd,1,12.50,EUR\n',
         {"decimal": "point"}, "decimal"),
        (HEAD + "o1,ana,13/04/2025,cd,1,1,EUR\no2,ana,04/13/2025,cd,1,1,EUR\n", {"dates": "day_first"}, "dates"),
    ],
)  # fmt: skip
def test_what_can_be_read_in_two_ways_is_asked_for(
    services: Services, text: str, said: dict[str, Any] | None, field: str
) -> None:
    fields = asked_for(services, "orders", text)
    assert list(fields) == [field]
    assert all(len(reason) > 20 for reason in fields[field])
    if said is not None:
        assert taken(services, "orders", text, **said).good >= 1


def test_what_was_asked_for_is_read_as_it_was_said(services: Services) -> None:
    text = HEAD + 'o1,ana,03/04/2025,cd,1,"1.234",EUR\no2,ana,03/04/2025,cd,1,"1.234,50",EUR\n'
    early = taken(services, "orders", text.replace("2025", "2026"), decimal="comma", dates="month_first")
    assert early.refused == {"date_in_future": 2}
    assert taken(services, "orders", text, decimal="comma", dates="month_first", time_zone="Asia/Tokyo").good == 2
    order = services.orders.get(["o1"])["o1"]
    assert (order.total, order.placed_at.isoformat()) == (123_400, "2025-03-03T15:00:00+00:00")


def test_a_row_that_contradicts_the_others_is_refused_and_not_read_wrong(services: Services) -> None:
    text = HEAD + "".join(f"o{number},ana,31/01/2025,cd,1,12.50,EUR\n" for number in range(2_100))
    text += 'x1,ana,31/01/2025,cd,1,"12,50",EUR\nx2,ana,31/01/2025,cd,1,"1,234",EUR\nx3,ana,01/31/2025,cd,1,1.00,EUR\n'
    text += 'x4,ana,31/01/2025,cd,1,"1,234.50",EUR\n'
    job = taken(services, "orders", text)
    assert (job.good, job.refused) == (2_101, {"bad_amount": 2, "bad_date": 1})
    assert "point" in job.errors[0].reason
    assert services.orders.get(["x4"])["x4"].total == 123_450


def test_an_amount_that_may_be_two_is_refused_behind_thousands_of_whole_ones(services: Services) -> None:
    rows = [f"o{number},c1,2026-01-05,cup,1,{number},EUR" for number in range(1, 2_102)]
    text = "\n".join(["order_id,customer_id,placed_at,product_id,quantity,unit_price,currency", *rows])
    job = taken(services, "orders", f"{text}\nlast,c1,2026-01-05,cup,1,1.200,EUR\n")
    assert (job.good, job.refused) == (2_101, {"bad_amount": 1})
    products = "\n".join(["product_id,name,price,currency", *[f"p{n},Cup,{n},EUR" for n in range(1, 2_102)]])
    assert taken(services, "products", f"{products}\nlast,Cup,1.200,EUR\n").refused == {"bad_amount": 1}
    said = taken(services, "products", f"{products}\nlast,Cup,1.200,EUR\n", decimal="comma")
    assert (said.bad, services.products.get(["last"])["last"].price) == (0, 120_000)


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_columns_beside_encore_s_own_names_are_guessed_too(services: Services, form: str) -> None:
    header, cells = (
        ["customer_id", "Email", "First Name", "Telefon", "Zoo"],
        ["c1", "a@b.example", "Ana", "+351912345678", "x"],
    )
    if form == "csv":
        job = taken(services, "customers", f"{','.join(header)}\n{','.join(cells)}\n")
    else:
        line = msgspec.json.encode(dict(zip(header, cells, strict=True)))
        job = services.importer.start("customers", io.BytesIO(line), "application/x-ndjson")
        services.importer.run(job.id)
    ana = services.customers.get(["c1"])["c1"]
    assert (ana.first_name, ana.addresses) == ("Ana", {"email": ["a@b.example"], "sms": ["+351912345678"]})
    assert (plan_of(job)["guessed"], job.subject["ignored_columns"]) == ("guess", ["Zoo"])


def test_a_price_beside_a_stock_by_encore_s_own_names_is_not_dropped(services: Services) -> None:
    taken(services, "products", "product_id,stock,Price,Currency,Name\np,3,12.50,EUR,Cup\n")
    cup = services.products.get(["p"])["p"]
    assert (cup.name, cup.price, cup.stock) == ("Cup", 1_250, 3)


def test_two_columns_for_one_field_are_asked_about_beside_encore_s_own_names_too(services: Services) -> None:
    text = "customer_id,Telefon,Mobile\nc1,+351912345678,+351912345679\n"
    assert set(asked_for(services, "customers", text)) == {"phone"}


def test_a_name_that_stands_with_the_product_s_columns_is_asked_about(services: Services) -> None:
    head, row = (
        "order_id,customer_id,placed_at,product_id,name,quantity,unit_price,currency",
        "1,c1,2026-01-05,p,Cup,1,2,EUR",
    )
    assert set(asked_for(services, "orders", f"{head}\n{row}\n")) == {"name"}
    assert set(asked_for(services, "orders", f"{head}\n{row}\n".replace("order_id", "Order No"))) == {"name"}
    taken(services, "orders", f"{head}\n{row}\n", columns={"product_name": "name"})
    assert services.customers.get(["c1"])["c1"].first_name == ""
    assert services.products.get(["p"])["p"].name == "Cup"
    beside = "order_id,customer_id,name,product_id,placed_at,quantity,unit_price,currency"
    taken(services, "orders", f"{beside}\n2,c2,Ana Reis,p,2026-01-05,1,2,EUR\n")
    assert services.customers.get(["c2"])["c2"].last_name == "Reis"


@pytest.mark.parametrize(
    ("date", "time", "hour"),
    [
        ("2026-01-05", "9:30", 9),
        ("05.01.2026", "14:30:00", 14),
        ("01/25/2026", "2:30 PM", 14),
        ("2026-01-05 11:00", "9:30", 11),
    ],
)
def test_a_time_beside_the_date_is_read_with_it(services: Services, date: str, time: str, hour: int) -> None:
    head = "order_id,customer_id,Date,Time,product_id,quantity,unit_price,currency"
    taken(services, "orders", f"{head}\n1,c1,{date},{time},p,1,2,EUR\n2,c1,{date},,p,1,2,EUR\n")
    orders = services.orders.get(["1", "2"])
    assert (orders["1"].placed_at.hour, orders["2"].placed_at.hour) == (hour, 11 if ":" in date else 0)
