"""Files over the API: streamed in, taken in by a job, and reported on."""

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


def test_missing_columns_are_named(call: Call) -> None:
    answer = call("POST", "/v1/imports/orders", data=b"order_id,customer_id,Placed At\n", content_type="text/csv")
    assert {"product_id", "quantity", "unit_price", "currency"} == set(answer.get_json()["errors"])


def test_the_three_imports_stand_in_the_document_by_their_names() -> None:
    for kind in ("customers", "orders", "products"):
        body = document()["paths"][f"/v1/imports/{kind}"]["post"]["requestBody"]
        assert set(body["content"]) == {"text/csv", "application/x-ndjson"}
