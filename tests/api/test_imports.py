"""Files over the API: streamed in, taken in by a job, and reported on."""

import gzip

import pytest

from api.app import document
from storage.doorbell import queue_names
from tests.api.conftest import Call
from wiring import Services

ORDERS = "order_id,customer_id,placed_at,product_id,quantity,unit_price,currency,colour\n"


def test_a_file_is_taken_in_and_its_job_tells_how_it_went(call: Call, services: Services) -> None:
    rows = "o1,ana,2026-01-01,cd,1,12.50,EUR,red\no2,ana,soon,cd,1,12.50,EUR,red\n"
    answer = call("POST", "/v1/imports/orders", data=ORDERS + rows, content_type="text/csv; charset=utf-8")
    assert answer.status_code == 202, answer.get_json()
    job = answer.get_json()
    assert (job["kind"], job["state"], job["ignored_columns"]) == ("import_orders", "queued", ["colour"])
    waiting = [services.redis.llen(f"rq:queue:{name}") for name in queue_names(services.settings)]
    assert sum(waiting) == 1  # the doorbell was rung
    services.importer.run(job["id"])
    told = call("GET", f"/v1/jobs/{job['id']}").get_json()
    assert (told["state"], told["done"], told["good"], told["bad"]) == ("finished", 2, 1, 1)
    assert [(error["line"], error["field"]) for error in told["errors"]] == [(3, "placed_at")]
    assert told["errors"][0]["reason"]
    assert call("GET", "/v1/orders/o1").get_json()["total"] == {"amount": 1_250, "currency": "EUR"}
    assert call("GET", "/v1/jobs/nothing").status_code == 404


def test_objects_are_taken_too(call: Call, services: Services) -> None:
    line = '{"customer_id": "ana", "email": "ana@example.com", "marketing_email": true}\n'
    answer = call("POST", "/v1/imports/customers", data=line, content_type="application/x-ndjson")
    services.importer.run(answer.get_json()["id"])
    ana = call("GET", "/v1/customers/ana").get_json()
    assert ana["consents"]["email"]["marketing"]["state"] == "granted"


def test_objects_of_orders_and_of_stock_are_taken_too(call: Call, services: Services) -> None:
    def sent(kind: str, *lines: str) -> dict[str, int]:
        data = "".join(f"{line}\n" for line in lines)
        answer = call("POST", f"/v1/imports/{kind}", data=data, content_type="application/x-ndjson")
        assert answer.status_code == 202, answer.get_json()
        job = services.importer.run(answer.get_json()["id"])
        assert job is not None
        return job.refused

    head = '{"customer_id": "ana", "placed_at": "2026-01-02", "product_id": "p", "quantity": 2, "currency": "EUR"'
    assert (
        sent(
            "orders",
            head + ', "order_id": "N1", "unit_price": "12.10"}',
            head + ', "order_id": "N2", "unit_price": 12.1, "discount": 1}',  # the first one has no discount
        )
        == {}
    )
    assert [call("GET", f"/v1/orders/{order}").get_json()["total"]["amount"] for order in ("N1", "N2")] == [
        2_420,
        2_320,
    ]
    assert sent("orders", head + ', "order_id": "N3", "line_total": 5}') == {}
    assert call("GET", "/v1/orders/N3").get_json()["total"]["amount"] == 500
    assert sent("products", '{"product_id": "p", "name": "Cup", "price": 12.1, "currency": "EUR"}') == {}
    assert sent("products", '{"product_id": "p", "stock": 3}') == {}
    product = call("GET", "/v1/products/p").get_json()
    assert (product["name"], product["price"]["amount"], product["stock"]) == ("Cup", 1_210, 3)


def test_an_id_of_an_object_is_a_text_or_a_whole_number_and_no_field_stands_twice(
    call: Call, services: Services
) -> None:
    ids = ["true", '["a", "b"]', "4711.0", "null", "4712", '"k1"', '"k2", "customer_id": "k3"']
    data = "".join(f'{{"customer_id": {one}, "first_name": "\\"a\\": b"}}\n' for one in ids)
    job = call("POST", "/v1/imports/customers", data=data, content_type="application/x-ndjson").get_json()
    services.importer.run(job["id"])
    told = call("GET", f"/v1/jobs/{job['id']}").get_json()
    assert told["refused"] == {"bad_id": 3, "missing_customer": 1, "repeated_field": 1}
    assert sorted(services.customers.get(["yes", "a;b", "4711", "4711.0", "4712", "k1", "k2", "k3"])) == ["4712", "k1"]


@pytest.mark.parametrize(
    ("kind", "headers", "data", "status"),
    [
        ("application/json", {}, b"{}", 415),
        ("", {}, b"a,b\n", 415),
        ("text/csv; charset=klingon", {}, b"a,b\n", 422),
        ("text/csv", {"Content-Encoding": "br"}, b"\x1f\x8b", 415),
        ("text/csv", {"Content-Encoding": "gzip"}, b"\x1f\x8b", 422),
        ("text/csv", {}, b"", 422),
        ("text/csv", {}, b"order_id,customer_id\n", 422),
        ("text/csv", {}, b"PK\x03\x04", 422),
        ("text/csv", {}, b"PAR1", 422),
        ("text/csv", {}, b'"order_id\n', 422),
        ("text/csv", {}, b"\0" * 1_000, 422),
    ],
)
def test_what_cannot_be_taken_is_refused_at_once(
    call: Call, services: Services, kind: str, headers: dict[str, str], data: bytes, status: int
) -> None:
    answer = call("POST", "/v1/imports/orders", data=data, content_type=kind, headers=headers)
    assert answer.status_code == status, answer.get_json()
    assert services.database["jobs"].count_documents({}) == 0
    assert services.database["uploads"].count_documents({}) == 0


@pytest.mark.parametrize(
    ("query", "kind"),
    [("?encoding=utf-16", "text/csv"), ("", "text/csv; charset=utf-16"), ("", "text/csv; charset=UTF16")],
)
def test_utf_16_without_a_mark_is_asked_about(call: Call, query: str, kind: str) -> None:
    for data in (b"customer_id\nana\n", "customer_id\nana\n".encode("utf-16-le")):
        answer = call("POST", f"/v1/imports/customers{query}", data=data, content_type=kind)
        assert answer.status_code == 422, answer.get_json()
        assert "utf-16-le or utf-16-be" in answer.get_json()["errors"]["encoding"][0]
    marked = "customer_id\nana\n".encode("utf-16")
    assert call("POST", f"/v1/imports/customers{query}", data=marked, content_type=kind).status_code == 202


def test_missing_columns_are_named(call: Call) -> None:
    answer = call("POST", "/v1/imports/orders", data=b"order_id,customer_id,Placed At\n", content_type="text/csv")
    assert {"product_id", "quantity", "unit_price", "currency"} == set(answer.get_json()["errors"])


def test_the_three_imports_stand_in_the_document_by_their_names() -> None:
    for kind in ("customers", "orders", "products"):
        body = document()["paths"][f"/v1/imports/{kind}"]["post"]["requestBody"]
        assert set(body["content"]) == {"text/csv", "application/x-ndjson"}


ALL = "order_id,customer_id,placed_at,product_id,quantity,unit_price,currency"
TILL = {
    "kind": "orders",
    "columns": {
        "order_id": "No", "customer_id": "Who", "placed_at": "When", "product_id": "What", "quantity": "Many",
        "unit_price": "Each",
    },
    "constants": {"currency": "EUR"},
    "decimal": "comma",
    "dates": "day_first",
    "delimiter": "semicolon",
}  # fmt: skip
SALES = "No;Who;When;What;Many;Each;Till\n1;ana;03.02.2025;cup;2;12,50;A\n2;ana;soon;cup;1;12,50;A\n"


def test_a_map_is_kept_by_name_used_and_forgotten(call: Call, services: Services) -> None:
    assert call("PUT", "/v1/import-maps/till", json=TILL).status_code == 200
    kept = call("GET", "/v1/import-maps/till").get_json()
    assert (kept["columns"], kept["delimiter"], kept["shipped"]) == (TILL["columns"], "semicolon", False)
    names = [one["name"] for one in call("GET", "/v1/import-maps").get_json()["data"]]
    assert names == sorted(names)
    assert {"till", "shopify"} <= set(names)
    job = call("POST", "/v1/imports/orders?map=till", data=SALES, content_type="text/csv").get_json()
    assert (job["guessed"], job["map"]["delimiter"], job["ignored_columns"]) == ("map till", ";", ["Till"])
    assert call("DELETE", "/v1/import-maps/till").status_code == 204
    services.importer.run(job["id"])
    told = call("GET", f"/v1/jobs/{job['id']}").get_json()
    assert (told["good"], told["refused"], told["errors"][0]["kind"]) == (1, {"bad_date": 1}, "bad_date")
    assert call("GET", "/v1/orders/1").get_json()["total"]["amount"] == 2_500
    assert call("POST", "/v1/imports/orders?map=till", data=SALES, content_type="text/csv").status_code == 404


def test_rows_that_were_not_taken_come_as_a_file_to_mend_and_send_again(call: Call, services: Services) -> None:
    call("PUT", "/v1/import-maps/till", json=TILL)
    job = call("POST", "/v1/imports/orders?map=till", data=SALES, content_type="text/csv").get_json()
    services.importer.run(job["id"])
    answer = call("GET", f"/v1/jobs/{job['id']}/errors.csv")
    assert answer.content_type.startswith("text/csv")
    text = answer.get_data(as_text=True)
    assert text.splitlines()[0].startswith("No,Who,When,What,Many,Each,Till,encore_file,encore_line")
    mended = text.replace("soon", "04.02.2025")
    again = call("POST", "/v1/imports/orders?map=till&delimiter=comma", data=mended, content_type="text/csv").get_json()
    services.importer.run(again["id"])
    assert call("GET", f"/v1/jobs/{again['id']}").get_json()["good"] == 1
    assert call("GET", "/v1/orders/2").get_json()["total"]["amount"] == 1_250


def test_what_is_not_clear_is_asked_for_and_what_is_said_is_read(call: Call, services: Services) -> None:
    text = "Order,Invoice,Who is it,Date,SKU,Qty,Price\n1,9,ana,03/04/2025,cup,1,12.00\n"
    answer = call("POST", "/v1/imports/orders", data=text, content_type="text/csv")
    assert answer.status_code == 422
    assert "'Order' or 'Invoice'" in answer.get_json()["errors"]["order_id"][0]
    said = '?columns={"order_id":"Order","customer_id":"Who is it"}&constants={"currency":"EUR"}&dates=month_first'
    dry = call("POST", f"/v1/imports/orders{said}&dry_run=true", data=text, content_type="text/csv").get_json()
    services.importer.run(dry["id"])
    told = call("GET", f"/v1/jobs/{dry['id']}").get_json()
    assert (told["dry_run"], told["notes"], told["preview"][0]["order_id"]) == (True, {"new": 1}, "1")
    assert told["preview"][0]["placed_at"].startswith("2025-03-04")
    assert call("GET", "/v1/orders/1").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("columns={", "columns"),
        ('columns={"nobody":"x"}', "columns"),
        ('columns={"order_id":{"$gt":1}}', "columns"),
        ('constants={"currency":"a\\u0000"}', "constants"),
        ("decimal=maybe", "decimal"),
        ("dates=%25q", "dates"),
        ("encoding=klingon", "encoding"),
        ("time_zone=Nowhere", "time_zone"),
        ("map=../x", "map"),
        ("dry_run=perhaps", "dry_run"),
    ],
)
def test_what_is_said_wrongly_is_named(call: Call, query: str, field: str) -> None:
    answer = call("POST", f"/v1/imports/orders?{query}", data=ALL.encode(), content_type="text/csv")
    assert answer.status_code == 422, answer.get_json()
    assert all(name.startswith(field) for name in answer.get_json()["errors"])


@pytest.mark.parametrize(
    "change",
    [
        {"columns": {"colour": "x"}}, {"attributes": {"a.b": "x"}}, {"attributes": {"size": "x"}},
        {"known_by": "email"}, {"kind": "people"},
        {"dates": "%q"}, {"encoding": "utf-7"}, {"constants": {"order_id": "x"}},
        {"columns": {"order_id": "x\0"}}, {"returns": {"order_id_prefix": 7}},
    ],
)  # fmt: skip
def test_a_map_that_nothing_could_be_read_by_is_refused(call: Call, change: dict[str, object]) -> None:
    answer = call("PUT", "/v1/import-maps/till", json=TILL | change)
    assert answer.status_code == 422, answer.get_json()
    assert call("GET", "/v1/import-maps/till").status_code == 404


def test_maps_that_ship_stay_as_they_are(call: Call) -> None:
    assert call("PUT", "/v1/import-maps/shopify", json=TILL).status_code == 409
    assert call("DELETE", "/v1/import-maps/shopify").status_code == 409
    assert call("PUT", "/v1/import-maps/A%20B", json=TILL).status_code == 422


def test_gzip_is_taken_by_its_header_or_by_its_first_bytes(call: Call, services: Services) -> None:
    packed = gzip.compress(ORDERS.encode() + b"o1,ana,2026-01-01,cd,1,12.50,EUR,red\n")
    for headers in ({"Content-Encoding": "gzip"}, {}):
        answer = call("POST", "/v1/imports/orders", data=packed, content_type="text/csv", headers=headers)
        assert answer.status_code == 202, answer.get_json()
        done = services.importer.run(answer.get_json()["id"])
        assert done is not None
        assert done.good == 1


HOSTILE = [
    b'"', b'"a\nb', b"\0", b"$where,{},a.b,../..,x,y,z", b"o1,ana,9999-12-31,cd,1,1.00,EUR",
    b"o1,ana,2026-01-01,cd,9223372036854775808,1.00,EUR", b"o1,ana,2026-01-01,cd,1,9223372036854775808.00,EUR",
    b"o1,ana,2026-01-01,cd,1000000,999999999.00,EUR", b"o1,ana,2026-01-01,cd,1,NaN,EUR", b"x" * 300_000,
    "o1,ana,2026-01-01,cd,²,1,EUR".encode(), b"\xff\xfe\xfd", b"o1,ana,0000-00-00,cd,1,1.00,EUR",
    b"o1,ana,2026-01-01T00:00:00+99:99,cd,1,1.00,EUR",
]  # fmt: skip


@pytest.mark.parametrize("row", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_row_is_refused_with_its_line_and_no_other(call: Call, services: Services, row: bytes) -> None:
    good = b"good1,ana,2026-01-01,cd,1,12.50,EUR\n"
    data = f"{ALL}\n".encode() + good + row + b"\n" + good.replace(b"good1", b"good2")
    answer = call("POST", "/v1/imports/orders", data=data, content_type="text/csv")
    if answer.status_code == 422:
        assert answer.get_json()["errors"]
        return
    assert answer.status_code == 202, answer.get_json()
    done = services.importer.run(answer.get_json()["id"])
    assert done is not None
    assert (done.state, done.good, done.errors[0].line) == ("finished", 2, 3)
    assert call("GET", f"/v1/jobs/{done.id}/errors.csv").status_code == 200
    assert set(services.orders.get(["good1", "good2"])) == {"good1", "good2"}


def test_a_deep_object_is_a_row_s_error(call: Call, services: Services) -> None:
    deep = b'{"customer_id": ' + b'{"a":' * 50 + b"1" + b"}" * 51
    data = b'{"customer_id": "ana"}\n' + deep + b'\n{"customer_id": "bo", "$where": 1}\n'
    answer = call("POST", "/v1/imports/customers", data=data, content_type="application/x-ndjson")
    done = services.importer.run(answer.get_json()["id"])
    assert done is not None
    assert (done.good, done.refused) == (1, {"nested": 1, "unknown_field": 1})
