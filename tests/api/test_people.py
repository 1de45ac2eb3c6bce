"""Merging and telling over the API."""

from typing import Any

import pytest

from api.schemas.people import ExportSchema
from storage.personal import declared
from tests.api.conftest import Call
from wiring import Services

PRICE = {"amount": 2_000, "currency": "EUR"}


def order_of(customer: str) -> dict[str, Any]:
    lines = [{"product_id": "cd", "quantity": 1, "unit_price": PRICE}]
    return {"customer_id": customer, "placed_at": "2026-02-01T10:00:00Z", "lines": lines}


@pytest.fixture
def ana(call: Call) -> Call:
    """Ana, known by two ids."""
    for id_, email in (("ana", "ana@example.com"), ("anna", "anna@example.com")):
        assert call("PUT", f"/v1/customers/{id_}", json={"addresses": {"email": [email]}}).status_code == 200
    put = call("PUT", "/v1/orders/o1", json=order_of("anna"))
    assert put.status_code == 200, put.get_json()
    return call


def test_a_merge_answers_with_the_survivor_and_so_does_the_old_id_from_then_on(ana: Call) -> None:
    merged = ana("POST", "/v1/customers/ana/merge", json={"other": "anna"})
    assert merged.status_code == 200, merged.get_json()
    told = merged.get_json()
    assert (told["id"], told["merged_from"], told["profile"]["orders"]) == ("ana", ["anna"], 1)
    assert ana("GET", "/v1/customers/anna").get_json() == ana("GET", "/v1/customers/ana").get_json() == told
    assert ana("POST", "/v1/customers/ana/merge", json={"other": "anna"}).get_json()["id"] == "ana"
    types = [entry["type"] for entry in ana("GET", "/v1/customers/anna/timeline").get_json()["data"]]
    assert "order_placed" in types
    assert ana("PUT", "/v1/customers/anna", json={"first_name": "Ana"}).get_json()["id"] == "ana"
    assert ana("PUT", "/v1/orders/o2", json=order_of("anna")).status_code == 200
    assert ana("GET", "/v1/orders/o2").get_json()["customer_id"] == "ana"


@pytest.mark.parametrize(
    ("path", "other", "status"),
    [("ana", "ana", 422), ("ana", "nobody", 422), ("nobody", "ana", 404), ("anna", "ana", 409), ("anna", "bob", 409)],
)
def test_what_cannot_be_merged_is_refused_with_the_reason(ana: Call, path: str, other: str, status: int) -> None:
    ana("PUT", "/v1/customers/bob", json={})
    if status == 409:
        ana("POST", "/v1/customers/ana/merge", json={"other": "anna"})
    refused = ana("POST", f"/v1/customers/{path}/merge", json={"other": other})
    assert refused.status_code == status, refused.get_json()
    if status == 422:
        assert list(refused.get_json()["errors"]) == ["other"]
    if status == 409:
        assert refused.get_json()["reason"] in ("cycle", "merged")


def test_an_erased_customer_can_be_merged_no_more(ana: Call) -> None:
    assert ana("DELETE", "/v1/customers/anna").status_code == 204
    assert ana("POST", "/v1/customers/ana/merge", json={"other": "anna"}).status_code == 422
    assert ana("POST", "/v1/customers/anna/merge", json={"other": "ana"}).status_code == 404


def test_erasing_the_old_id_erases_the_survivor(ana: Call) -> None:
    ana("POST", "/v1/customers/ana/merge", json={"other": "anna"})
    assert ana("DELETE", "/v1/customers/anna").status_code == 204
    assert ana("GET", "/v1/customers/ana").status_code == ana("GET", "/v1/customers/anna").status_code == 404


def test_a_person_is_told_all_that_is_held_and_the_document_says_what_that_is(ana: Call, services: Services) -> None:
    services.suppressions.add("email", "anna@example.com", "all", "complaint", services.clock.now())
    told = ana("GET", "/v1/customers/anna/export")
    assert told.status_code == 200
    sections = told.get_json()
    assert set(sections) == set(ExportSchema._declared_fields)
    assert set(sections) - {"suppressions"} == {one.export for one in declared() if one.export}
    assert [one["id"] for one in sections["customer"]] == ["anna"]
    assert [(one["id"], one["total"], one["placed_at"]) for one in sections["orders"]] == [
        ("o1", 2000, "2026-02-01T10:00:00Z")
    ]
    assert {one["purpose"] for one in sections["suppressions"]} == {"marketing", "service", "transactional"}
    assert "claim" not in told.text
    assert ana("GET", "/v1/customers/nobody/export").status_code == 404


def test_vouchers_of_the_old_id_are_good_for_the_survivor(ana: Call, services: Services) -> None:
    offer = {"id": "ten", "name": "Ten", "kind": "percent", "settings": {"percent": 10}}
    made = ana("POST", "/v1/offers", json=offer)
    assert made.status_code == 201, made.get_json()
    minted = ana("POST", "/v1/offers/ten/vouchers", json={"customers": ["anna"]}).get_json()["data"]
    ana("POST", "/v1/customers/ana/merge", json={"other": "anna"})
    basket = {"id": "o9", "total": PRICE, "lines": []}
    for customer in ("ana", "anna"):
        tried = ana(
            "POST", f"/v1/vouchers/{minted[0]['code']}/validate", json={"customer_id": customer, "order": basket}
        )
        assert tried.get_json()["valid"], tried.get_json()
    used = ana("POST", f"/v1/vouchers/{minted[0]['code']}/redeem", json={"customer_id": "anna", "order": basket})
    assert used.get_json()["customer_id"] == "ana"


def test_an_answer_that_names_an_erased_customer_is_kept_no_longer(call: Call, services: Services) -> None:
    call("PUT", "/v1/customers/ana", json={})
    call("PUT", "/v1/customers/bob", json={})
    for customer, key in (("ana", "k1"), ("bob", "k2")):
        body = {"events": [{"type": "seen", "customer": customer}]}
        assert call("POST", "/v1/events", json=body, headers={"Idempotency-Key": key}).status_code < 300
    assert services.database["idempotency"].count_documents({}) == 2
    call("DELETE", "/v1/customers/ana")
    assert [one["people"] for one in services.database["idempotency"].find()] == [["bob"]]
