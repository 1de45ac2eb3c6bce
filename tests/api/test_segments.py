"""Segments over HTTP, as a marketer makes and reads them."""

import csv
import io
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from api.csv import cell
from customers.addresses import CHANNELS
from customers.customer import Customer
from customers.profile import Profile
from segments import statistics
from storage.mongo import to_document
from tests.api.conftest import Call
from tests.support import people
from tests.support.clock import START
from wiring import Services

SILENT = {"rule": "days_since_last_order", "at_least": 90}


@pytest.fixture(autouse=True)
def _people(services: Services) -> None:
    made = [
        Customer(
            id=f"c{number}",
            first_name="=HYPERLINK(1)" if number == 9 else "Ana",
            profile=Profile(orders=1, days=1, last_at=START - timedelta(days=20 * number)),
        )
        for number in range(10)
    ]
    services.database["customers"].insert_many([to_document(customer) for customer in made])


def make(call: Call, id: str, rules: dict[str, Any]) -> None:
    assert call("POST", "/v1/segments", json={"id": id, "name": id, "rules": rules}).status_code == 201


def test_a_segment_is_made_read_changed_and_forgotten(call: Call) -> None:
    made = call("POST", "/v1/segments", json={"name": "Silent", "rules": SILENT})
    path = f"/v1/segments/{made.json['id']}"
    assert call("GET", path).json == made.json
    assert made.headers["ETag"] == call("GET", path).headers["ETag"] == '"v1"'
    body = {"name": "Quiet", "rules": {"not": SILENT}}
    changed = call("PUT", path, json=body, headers={"If-Match": '"v1"'})
    assert (changed.json["name"], changed.json["version"]) == ("Quiet", 2)
    assert call("PUT", path, json=body, headers={"If-Match": '"v1"'}).status_code == 412
    assert [one["name"] for one in call("GET", "/v1/segments").json["data"]] == ["Quiet"]
    assert call("DELETE", path).status_code == 204
    assert call("GET", path).status_code == 404


def test_wrong_rules_are_refused_by_their_path_wherever_they_are_sent(call: Call) -> None:
    rules = {"all": [SILENT, {"rule": "first_order_lately", "days": {"$gt": 0}}]}
    answers = [
        call("POST", "/v1/segments", json={"name": "x", "rules": rules}),
        call("PUT", "/v1/segments/x", json={"name": "x", "rules": rules}),
        call("POST", "/v1/segments/preview", json={"rules": rules}),
    ]
    assert [answer.status_code for answer in answers] == [422] * 3
    assert [list(answer.json["errors"]) for answer in answers] == [["rules.all.1.days"]] * 3


def test_a_preview_counts_and_shows_a_few(call: Call) -> None:
    seen = call("POST", "/v1/segments/preview", json={"rules": {"not": SILENT}}).json
    assert seen["count"] == 5
    assert [person["id"] for person in seen["sample"]] == ["c0", "c1", "c2", "c3", "c4"]
    assert seen["sample"][1]["last_order_at"] == "2026-02-10T10:00:00.000Z"
    assert seen["milliseconds"] >= 0


def test_members_are_read_page_by_page(call: Call) -> None:
    make(call, "silent", SILENT)
    first = call("GET", "/v1/segments/silent/members?limit=3").json
    assert [person["id"] for person in first["data"]] == ["c5", "c6", "c7"]
    last = call("GET", f"/v1/segments/silent/members?limit=3&after={first['next']}").json
    assert ([person["id"] for person in last["data"]], last["next"]) == (["c8", "c9"], None)


def test_members_are_taken_away_as_csv_that_no_spreadsheet_runs(call: Call) -> None:
    make(call, "silent", SILENT)
    answer = call("GET", "/v1/segments/silent/members", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert answer.content_type == "text/csv; charset=utf-8"
    assert [row["id"] for row in rows] == ["c5", "c6", "c7", "c8", "c9"]
    assert rows[4]["first_name"] == "'=HYPERLINK(1)"
    assert rows[0]["last_order_at"] == "2025-11-22T10:00:00.000Z"


def test_the_file_of_members_says_what_the_list_says(call: Call, services: Services) -> None:
    random = Random("files")
    made = people.documents(random, people.customers(random, 60, START))
    services.database["customers"].insert_many(made)
    for rules in ({"rule": "everyone"}, {"not": {"rule": "voucher_redeemed"}}):
        call("PUT", "/v1/segments/some", json={"name": "some", "rules": rules})
        listed = call("GET", "/v1/segments/some/members?limit=100").json["data"]
        answer = call("GET", "/v1/segments/some/members", headers={"Accept": "text/csv"})
        rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
        assert rows == [{name: cell(value) for name, value in one.items()} for one in listed]
        assert len(rows) == 70


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "\n=1"])  # noqa: RUF001
def test_a_text_that_a_spreadsheet_would_run_is_marked_as_text(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(("value", "text"), [("Ana", "Ana"), (-5, "-5"), (None, ""), ("a=b", "a=b"), (1.5, "1.5")])
def test_all_else_is_left_as_it_is(value: Any, text: str) -> None:
    assert cell(value) == text


def test_a_reason_is_given_in_words(call: Call) -> None:
    make(call, "silent", {"all": [SILENT]})
    why = call("GET", "/v1/segments/silent/explain?customer=c1").json
    assert (why["node"], why["verdict"]) == ("all", False)
    assert why["parts"][0]["value"] == "Their last order was 20 days ago, on 2026-02-10."
    assert why["parts"][0]["settings"]["at_least"] == 90
    assert call("GET", "/v1/segments/silent/explain?customer=nobody").status_code == 404
    assert call("GET", "/v1/segments/silent/explain").status_code == 422


def test_the_grammar_is_enough_to_build_a_form_from(call: Call) -> None:
    rules = {rule["rule"]: rule for rule in call("GET", "/v1/segments/rules").json["data"]}
    assert rules["first_order_lately"]["settings"]["properties"]["days"] == {
        "title": "Days",
        "type": "integer",
        "minimum": 1,
        "maximum": 36_500,
    }
    assert rules["reachable"]["settings"]["properties"]["channel"]["enum"] == list(CHANNELS)
    for name, rule in rules.items():
        if name != "in_segment":
            for example in rule["examples"]:
                assert (
                    call("POST", "/v1/segments/preview", json={"rules": {"rule": name, **example}}).json["count"] >= 0
                )


def test_every_ready_made_segment_can_be_kept_as_it_is(call: Call) -> None:
    for proposal in call("GET", "/v1/segments/ready-made").json["data"]:
        assert call("POST", "/v1/segments", json=proposal).status_code == 201


def test_a_segment_that_another_is_made_of_is_not_forgotten(call: Call) -> None:
    make(call, "silent", SILENT)
    make(call, "outer", {"not": {"rule": "in_segment", "segment": "silent"}})
    assert call("DELETE", "/v1/segments/silent").status_code == 409
    assert call("DELETE", "/v1/segments/outer").status_code == 204
    assert call("DELETE", "/v1/segments/silent").status_code == 204


def test_an_id_that_is_a_path_of_its_own_is_refused(call: Call) -> None:
    answer = call("POST", "/v1/segments", json={"id": "rules", "name": "x", "rules": SILENT})
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["id"])


def test_scores_are_refreshed_by_a_worker_and_counted_by_cell(call: Call, services: Services) -> None:
    assert call("POST", "/v1/segments/refresh-scores").json == {"queued": True}
    assert services.refreshing.refresh(statistics)
    cells = call("GET", "/v1/segments/cells").json["data"]
    assert sum(cell["customers"] for cell in cells) == 10
