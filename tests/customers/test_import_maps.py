"""Files as shops write them go in by maps that ship, are guessed, or are said; what is not clear is asked for."""

import csv
import gzip
import io
from typing import Any

import pytest

from common.jobs import Job
from customers.columns import ColumnMap, Returns
from customers.maps import shipped
from customers.report import report_of
from tests.customers.files import HEAD, asked_for, plan_of, taken
from wiring import Services

SHOPIFY = """Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,\
Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,\
Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,\
Lineitem fulfillment status,Billing Name,Billing Country,Billing Phone,Cancelled at,Refunded Amount,Id
#1001,Ana@Example.com,paid,2026-01-05 10:23:44 -0500,fulfilled,2026-01-06 09:00:00 -0500,yes,EUR,45.00,5.00,0.00,\
44.50,WELCOME,5.50,Post,2026-01-05 10:23:40 -0500,2,"Cup, blue",10.00,,CUP-B,true,true,fulfilled,Ana Maria Reis,PT,\
+351912345678,,0.00,5001
#1001,,,,,,,,,,,,,,,,1,Plate,25.00,,PLATE,true,true,fulfilled,,,,,,
#1002,bo@example.com,refunded,2026-01-07 10:00:00 -0500,,,no,EUR,12.00,0.00,0.00,12.00,,0.00,Post,\
2026-01-07 10:00:00 -0500,1,Spoon,12.00,,,true,true,pending,Bo Lund,SE,not a phone,,12.00,5002
#1003,,paid,,,,no,EUR,12.00,0.00,0.00,12.00,,0.00,Post,2026-01-08 10:00:00 -0500,1,Spoon,12.00,,SPOON,true,true,\
pending,,,,2026-01-09 10:00:00 -0500,0.00,5003
"""

WOO = """Order Number,Order Status,Order Date,Customer Note,First Name (Billing),Last Name (Billing),\
Company (Billing),Country Code (Billing),Email (Billing),Phone (Billing),Payment Method Title,\
Cart Discount Amount,Order Subtotal Amount,Order Shipping Amount,Order Refund Amount,Order Total Amount,\
Order Total Tax Amount,SKU,Item #,Item Name,Quantity,Item Cost,Coupon Code
7001,Completed,2026-01-05 10:23,,Ana,Reis,,PT,ana@example.com,912345678,Card,0,30,4.95,0,34.95,0,CUP,1,Cup,2,10,
7001,Completed,2026-01-05 10:23,,Ana,Reis,,PT,ana@example.com,912345678,Card,0,30,4.95,0,34.95,0,PLATE,2,Plate,1,10,
7002,Cancelled,2026-01-06 11:00,,Bo,Lund,,SE,bo@example.com,,Card,0,12,0,0,12,0,SPOON,1,Spoon,1,12,SPRING
7003,Pending payment,2026-01-07 11:00,,Cy,Ng,,SE,cy@example.com,,Card,0,12,0,0,12,0,SPOON,1,Spoon,1,12,
"""


def test_shopify_s_orders_go_in_as_they_are(services: Services) -> None:
    job = taken(services, "orders", SHOPIFY)
    assert plan_of(job)["guessed"] == "map shopify"
    assert (job.good, job.bad, job.refused) == (3, 1, {"missing_customer": 1})
    assert job.notes == {"facts_left_out": 1}
    first, second = (services.orders.get(["#1001", "#1002"])[order] for order in ("#1001", "#1002"))
    assert [(line.product_id, line.quantity, line.unit_price) for line in first.lines] == [
        ("CUP-B", 2, 1_000),
        ("PLATE", 1, 2_500),
    ]
    assert (first.total, first.vouchers, first.placed_at.isoformat()) == (
        4_450,
        ["WELCOME"],
        "2026-01-05T15:23:40+00:00",
    )
    assert (second.state, second.refunded, second.lines[0].product_id) == ("refunded", 1_200, "Spoon")
    ana = services.customers.get([first.customer_id])[first.customer_id]
    assert (ana.first_name, ana.last_name, ana.country) == ("Ana", "Maria Reis", "PT")
    assert ana.addresses == {"email": ["ana@example.com"], "sms": ["+351912345678"]}
    assert ana.consents == {}
    assert "ana" not in ana.id
    assert services.products.get(["CUP-B"])["CUP-B"].name == "Cup, blue"
    before = list(services.database["orders"].find())
    taken(services, "orders", SHOPIFY)
    assert list(services.database["orders"].find()) == before


def test_an_order_by_e_mail_is_its_known_customer_s(services: Services) -> None:
    taken(services, "customers", "customer_id,email\nc7,ana@example.com\nc8,bo@example.com\nc9,BO@example.com\n")
    job = taken(services, "orders", SHOPIFY)
    assert services.orders.get(["#1001"])["#1001"].customer_id == "c7"
    assert job.refused == {"ambiguous_customer": 1, "missing_customer": 1}


def test_woocommerce_s_orders_name_no_currency_which_is_asked_for(services: Services) -> None:
    assert set(asked_for(services, "orders", WOO)) == {"currency"}
    job = taken(services, "orders", WOO, constants={"currency": "EUR"})
    assert plan_of(job)["guessed"] == "map woocommerce"
    assert (job.good, job.refused) == (3, {"unpaid": 1})
    orders = services.orders.get(["7001", "7002"])
    assert (orders["7001"].total, len(orders["7001"].lines)) == (3_495, 2)
    assert (orders["7002"].state, orders["7002"].vouchers) == ("cancelled", ["SPRING"])


def test_shopify_s_customers_keep_their_ids_and_their_word(services: Services) -> None:
    text = (
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,Phone,"
        "Accepts SMS Marketing,Total Spent,Tags\n"
        "'7210448301122,Ana,Reis,ana@example.com,yes,PT,'+351912345678,no,12.00,\"vip, old\"\n"
    )
    job = taken(services, "customers", text.replace("'+", "+"))
    assert (plan_of(job)["guessed"], job.good) == ("map shopify-customers", 1)
    ana = services.customers.get(["7210448301122"])["7210448301122"]
    assert (ana.tags, ana.consents["email"]["marketing"].state) == (["vip", "old"], "granted")
    assert ana.consents["sms"]["marketing"].state == "denied"


def test_what_came_back_is_put_to_the_orders_it_is_from_wherever_it_stands(services: Services) -> None:
    text = (
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "C9,cup,CUP,-1,2011-02-01 08:26:00,2.55,17850,United Kingdom\n"
        "536365,cup,CUP,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n"
        "536365,cup,CUP,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n"
        "536366,plate,PLATE,6,2010-12-01 08:26:00,0,17850,United Kingdom\n"
        "536367,plate,PLATE,6,2010-12-01 08:26:00,1.25,,United Kingdom\n"
        "C10,plate,PLATE,-1,2011-02-01 08:26:00,2.55,17850,United Kingdom\n"
    )
    job = taken(services, "orders", text)
    assert plan_of(job)["guessed"] == "map online-retail"
    assert (job.done, job.good, job.bad) == (6, 3, 3)
    assert job.refused == {"zero_price": 1, "missing_customer": 1, "return_without_order": 1}
    assert job.notes == {"equal_lines": 1, "returns": 2}
    order = services.orders.get(["536365"])["536365"]
    assert (order.total, order.refunded, order.currency) == (3_060, 255, "GBP")
    assert services.customers.get(["17850"])["17850"].country == "GB"
    assert services.products.get(["cup"])["cup"].name == "CUP"
    again = taken(services, "orders", text)
    assert (again.refused, again.good) == (job.refused, 3)
    assert services.orders.get(["536365"])["536365"].refunded == 255


def test_a_negative_quantity_is_a_return_where_the_map_says_so(services: Services) -> None:
    text = HEAD + "o1,ana,2026-01-01,cd,2,5.00,EUR\no2,ana,2026-01-09,cd,-1,5.00,EUR\n"
    assert taken(services, "orders", text).refused == {"negative_quantity": 1}
    own = ColumnMap(
        name="till", kind="orders", columns={name: name for name in HEAD.strip().split(",")},
        returns=Returns(negative_quantity=True),
    )  # fmt: skip
    assert taken(services, "orders", text, own).bad == 0
    assert services.orders.get(["o1"])["o1"].refunded == 500


def test_what_a_line_came_to_is_kept_to_the_cent(services: Services) -> None:
    text = "basket_id,household_id,transaction_timestamp,product_id,quantity,sales_value\n"
    text += "b1,h1,2017-01-01 06:53:26,p1,3,5.00\nb1,h1,2017-01-01 06:53:26,p2,1,1.40\n"
    job = taken(services, "orders", text)
    assert plan_of(job)["guessed"] == "map completejourney"
    assert services.orders.get(["b1"])["b1"].total == 640
    assert taken(services, "orders", text).good == 2
    assert services.orders.get(["b1"])["b1"].total == 640


def test_stock_alone_changes_stock_alone(services: Services) -> None:
    taken(services, "products", "product_id,name,price,currency,categories\ncd,CD,9.99,EUR,music\n")
    job = taken(services, "products", "SKU;Bestand\ncd;3\nnobody;4\n")
    assert job.refused == {"unknown_product": 1}
    product = services.products.get(["cd"])["cd"]
    assert (product.stock, product.name, product.price, product.categories) == (3, "CD", 999, ["music"])


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp850", "mac-roman"])
def test_an_encoding_is_asked_for_never_guessed(services: Services, encoding: str) -> None:
    data = ("customer_id,first_name\n" + "c0,Ana\n" * 50_000 + "c1,Zoë\n").encode(encoding)
    fields = asked_for(services, "customers", data)
    assert list(fields) == ["encoding"]
    assert "Line 50002" in fields["encoding"][0]
    taken(services, "customers", data, encoding=encoding)
    assert services.customers.get(["c1"])["c1"].first_name == "Zoë"


def test_a_byte_order_mark_says_the_encoding(services: Services) -> None:
    text = "customer_id,first_name\nc1,Zoë\nc2,Łukasz\n"
    for data in (text.encode("utf-16"), text.encode("utf-8-sig"), gzip.compress(text.encode("utf-16"))):
        job = taken(services, "customers", data)
        assert job.good == 2
        assert services.customers.get(["c2"])["c2"].first_name == "Łukasz"


def test_of_mixed_encodings_the_wrong_rows_are_refused(services: Services) -> None:
    data = "customer_id,first_name\nc1,Zoë\n".encode() + "c2,Zoë\n".encode("cp1252") + b"c3,Ana\n"
    job = taken(services, "customers", data)
    assert (job.good, job.refused, job.errors[0].line) == (2, {"bad_encoding": 1}, 3)


def test_a_file_in_utf_8_is_not_taken_for_another_encoding(services: Services) -> None:
    assert "encoding" in asked_for(services, "customers", "customer_id,first_name\nc1,Zoë\n", encoding="cp1252")


def test_gzip_goes_in_like_what_it_holds_and_a_piece_of_it_does_not(services: Services) -> None:
    text = HEAD + "".join(f"o{n},ana,2026-01-01,cd,1,{n}.50,EUR\n" for n in range(3_000))
    packed = gzip.compress(text.encode())
    job = taken(services, "orders", packed)
    assert (job.good, services.database["orders"].count_documents({})) == (3_000, 3_000)
    before = list(services.database["orders"].find())
    assert taken(services, "orders", text).subject["file"] == job.subject["file"]
    assert list(services.database["orders"].find()) == before
    services.database["jobs"].delete_many({})
    assert asked_for(services, "orders", packed[:-20])["file"][0].startswith("The gzip file is cut off")
    assert "file" in asked_for(services, "orders", b"\x1f\x8bxx")


def test_a_bomb_is_refused_by_its_size_and_not_by_ours(services: Services) -> None:
    bomb = gzip.compress((HEAD + "o1,ana\n").encode() + b"0" * 300_000_000, compresslevel=6)
    assert "times its size" in asked_for(services, "orders", bomb)["file"][0]


def test_a_dry_run_tells_all_and_changes_nothing(services: Services) -> None:
    services.shops.put(services.shops.get())
    names = [name for name in services.database.list_collection_names() if name not in ("jobs", "bad_rows", "uploads")]
    before = {name: list(services.database[name].find()) for name in names}
    job = taken(services, "orders", SHOPIFY, dry_run=True)
    assert (job.good, job.refused, job.notes) == (3, {"missing_customer": 1}, {"new": 3})
    assert [row["order_id"] for row in job.subject["preview"]] == ["#1001", "#1001", "#1002"]
    names = [name for name in services.database.list_collection_names() if name not in ("jobs", "bad_rows", "uploads")]
    assert {name: list(services.database[name].find()) for name in names if before.get(name)} == {
        name: rows for name, rows in before.items() if rows
    }
    assert services.database["orders"].count_documents({}) == 0
    taken(services, "orders", SHOPIFY)
    assert taken(services, "orders", SHOPIFY, dry_run=True).notes == {"known": 3}


def mended(services: Services, job: Job, change: dict[str, dict[str, str]]) -> str:
    """The report of refused rows with some cells mended, by line, as somebody would save it again."""
    rows = list(report_of(job, services.importer.bad_rows(job.id)))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(rows[0])
    for row in rows[1:]:
        cells = dict(zip(rows[0], row, strict=True))
        writer.writerow((cells | change.get(cells["encore_line"], {})).values())
    return out.getvalue()


def test_refused_rows_are_mended_sent_again_and_find_their_order(services: Services) -> None:
    text = (
        HEAD
        + "o1,ana,2026-01-01,=cup,1,10.00,EUR\no1,ana,2026-01-01,'+plate,none,5.00,EUR\no2,ana,soon,@cd,1,1.00,EUR\n"
    )
    job = taken(services, "orders", text)
    assert (job.good, job.bad) == (1, 2)
    report = mended(services, job, {"3": {"quantity": "2"}})
    assert "'@cd" in report
    assert not any(cell.startswith(("=", "+", "@", "-")) for row in csv.reader(io.StringIO(report)) for cell in row)
    again = taken(services, "orders", report)
    assert (again.good, again.refused, [error.line for error in again.errors]) == (1, {"bad_date": 1}, [4])
    order = services.orders.get(["o1"])["o1"]
    assert [(line.product_id, line.quantity) for line in order.lines] == [("=cup", 1), ("'+plate", 2)]
    assert order.total == 2_000
    last = taken(services, "orders", mended(services, again, {"4": {"placed_at": "2026-01-02"}}))
    assert (last.good, last.bad) == (1, 0)
    assert services.orders.get(["o2"])["o2"].lines[0].product_id == "@cd"
    before = list(services.database["orders"].find())
    taken(services, "orders", report)
    assert list(services.database["orders"].find()) == before


def test_every_refused_row_is_in_the_report_however_many(services: Services) -> None:
    text = "customer_id,email\n" + "".join(f"c{number},nobody\n" for number in range(1_300)) + '"c,x\n'
    job = taken(services, "customers", text)
    rows = list(report_of(job, services.importer.bad_rows(job.id)))[1:]
    assert len(rows) == job.bad == 1_301
    assert [row[3] for row in rows] == [str(line) for line in range(2, 1_303)]
    assert rows[-1][-1] == '"c,x'


def test_old_reports_and_broken_uploads_are_tidied_away(services: Services, clock: Any) -> None:
    job = taken(services, "customers", "customer_id,email\nc,nobody\n")
    services.database["uploads"].insert_one(
        {"_id": "gone:0", "upload": "gone", "number": 0, "data": b"x", "at": clock.now()}
    )
    assert services.importer.tidy() == 0
    clock.advance(2 * 86_400)
    assert services.importer.tidy() == 1
    assert services.database["uploads"].count_documents({}) == 0
    assert services.jobs.get(job.id) is not None
    clock.advance(14 * 86_400)
    assert services.importer.tidy() == 1
    assert services.jobs.get(job.id) is None
    assert services.database["bad_rows"].count_documents({}) == 0


def test_every_map_that_ships_is_one_that_could_be_kept() -> None:
    names = {one.name for one in shipped().values()}
    assert {"shopify", "shopify-customers", "woocommerce", "woocommerce-customers", "online-retail"} <= names
    assert all(one.about for one in shipped().values())
