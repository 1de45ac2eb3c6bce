"""One address on two ids is found, offered, and gone when it is so no more."""

from customers.customer import Customer
from tests.api.conftest import Call, admin, call, web
from wiring import Services

__all__ = ["admin", "call", "web"]


def mail(*addresses: str) -> dict[str, dict[str, list[str]]]:
    return {"addresses": {"email": list(addresses)}}


def test_whoever_is_written_with_anothers_address_is_offered_at_once(call: Call, services: Services) -> None:
    call("PUT", "/v1/customers/ana", json=mail("ana@example.com"))
    call("PUT", "/v1/customers/bob", json=mail("bob@example.com"))
    told = call("PUT", "/v1/customers/anna", json=mail("Ana@Example.com", "anna@example.com")).get_json()
    assert told["duplicates"] == ["ana"]
    assert call("GET", "/v1/customers/ana").get_json()["duplicates"] == ["anna"]
    assert call("GET", "/v1/customers/bob").get_json()["duplicates"] == []
    [found] = call("GET", "/v1/customers/duplicates").get_json()["data"]
    assert (found["customers"], found["channel"], found["reason"]) == (["ana", "anna"], "email", "same_email")
    assert "example" not in str(found)
    types = [entry["type"] for entry in call("GET", "/v1/customers/ana/timeline").get_json()["data"]]
    assert "duplicate_found" in types


def test_merged_or_parted_they_are_offered_no_more(call: Call) -> None:
    for id_ in ("ana", "anna", "ann"):
        call("PUT", f"/v1/customers/{id_}", json=mail("ana@example.com"))
    call("POST", "/v1/customers/ana/merge", json={"other": "anna"})
    assert call("GET", "/v1/customers/ana").get_json()["duplicates"] == ["ann"]
    call("PATCH", "/v1/customers/ann", json=mail("ann@example.com"))
    assert call("GET", "/v1/customers/ana").get_json()["duplicates"] == []
    assert call("GET", "/v1/customers/duplicates").get_json() == {"data": [], "next": None}


def test_imports_are_looked_at_by_a_chore_and_everybody_by_another(services: Services) -> None:
    people = [Customer(id=f"c{number:03d}", addresses={"sms": [f"+1212555{number % 40:04d}"]}) for number in range(60)]
    services.customers.upsert(people)
    assert services.duplicates.look_at_noted() == 1
    assert services.duplicates.look_at_noted() == 0
    found = services.found_duplicates.page("", 100)
    assert len(found) == 20
    assert {tuple(one.customers) for one in found} == {(f"c{n:03d}", f"c{n + 40:03d}") for n in range(20)}
    services.database["duplicates"].delete_many({})
    services.duplicates.look_at_all()
    assert services.found_duplicates.page("", 100) == found
    services.eraser.erase("c000")
    assert len(services.found_duplicates.page("", 100)) == 19


def test_an_import_that_changes_no_address_is_not_looked_at(services: Services) -> None:
    services.customers.upsert([Customer(id="ana", addresses={"email": ["ana@example.com"]})])
    services.duplicates.look_at_noted()
    services.customers.upsert([Customer(id="ana", first_name="Ana", addresses={"email": ["ana@example.com"]})])
    assert services.duplicates.look_at_noted() == 0
