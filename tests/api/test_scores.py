"""Scores over HTTP: borders and cells, the model of who is about to leave, and one customer's outlook."""

import csv
import io
from datetime import timedelta

import pytest

from customers.orders import Order
from segments import statistics
from tests.api.conftest import Call
from tests.support.clock import START
from wiring import Services

DAY = timedelta(days=1)
BORDERS = {"recency_days": [30, 90, 180, 365], "frequency": [1, 2, 4, 9], "money": [1_000, 2_000, 5_000, 10_000]}


@pytest.fixture(autouse=True)
def _orders(services: Services) -> None:
    placed = {"a": [5, 35, 65, 95], "b": [200, 230], "c": [400]}
    services.orders.upsert(
        [
            Order(id=f"{name}{days}", customer_id=name, placed_at=START - days * DAY, currency="EUR", total=1_500)
            for name, ago in placed.items()
            for days in ago
        ]
    )


def test_before_the_first_refresh_there_are_cells_without_people(call: Call) -> None:
    table = call("GET", "/v1/segments/rfm").json
    assert (table["mode"], table["chosen"], table["borders"], table["customers"]) == ("quintiles", None, None, 0)
    assert len(table["cells"]) == 9
    assert call("GET", "/v1/segments/lapse").json == {"model": None, "refresh": None, "history": []}
    assert call("GET", "/v1/customers/a/scores").json == {"rfm": None, "outlook": None}


def test_the_table_of_cells_has_people_and_money_and_a_grid_to_draw(call: Call, services: Services) -> None:
    assert services.refreshing.refresh(statistics)
    table = call("GET", "/v1/segments/rfm").json
    assert table["customers"] == sum(row["customers"] for row in table["cells"]) == 3
    assert sum(row["money"]["amount"] for row in table["cells"]) == 7 * 1_500
    assert sum(row["share"] for row in table["cells"]) == pytest.approx(1, abs=0.001)
    assert [(square["recency"], square["frequency_money"]) for square in table["grid"]] == [
        (recency, across) for recency in range(1, 6) for across in range(1, 6)
    ]
    assert sum(square["customers"] for square in table["grid"]) == 3
    assert len(table["borders"]["recency"]) == len(table["borders"]["money"]) == 4


def test_the_table_can_be_taken_away_as_a_file(call: Call, services: Services) -> None:
    assert services.refreshing.refresh(statistics)
    answer = call("GET", "/v1/segments/rfm", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.mimetype == "text/csv"
    assert (len(rows), sum(int(row["customers"]) for row in rows), rows[0]["currency"]) == (9, 3, "EUR")


def test_a_shop_sets_its_own_borders_from_the_version_it_read(call: Call, services: Services) -> None:
    first = call("GET", "/v1/segments/rfm")
    body = {"mode": "set", "borders": BORDERS}
    put = call("PUT", "/v1/segments/rfm", json=body, headers={"If-Match": first.headers["ETag"]})
    assert (put.status_code, put.json["chosen"]) == (200, BORDERS)
    assert call("PUT", "/v1/segments/rfm", json=body, headers={"If-Match": first.headers["ETag"]}).status_code == 412
    assert services.refreshing.ring_if_due()
    assert services.refreshing.refresh(statistics)
    scores = {name: call("GET", f"/v1/customers/{name}/scores").json["rfm"] for name in "abc"}
    assert [(one["recency"], one["frequency"], one["money"]) for one in scores.values()] == [
        (5, 3, 4),
        (2, 2, 3),
        (1, 1, 2),
    ]
    assert call("PUT", "/v1/segments/rfm", json={"mode": "quintiles"}).json["chosen"] is None


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"mode": "set"}, "borders"),
        ({"mode": "quintiles", "borders": BORDERS}, "borders"),
        ({"mode": "set", "borders": {**BORDERS, "money": [1, 2, 3]}}, "borders.money"),
        ({"mode": "set", "borders": {**BORDERS, "money": [1, 2, 2, 3]}}, "borders.money"),
        ({"mode": "set", "borders": {**BORDERS, "money": [1, 2, 3, {"$gt": ""}]}}, "borders.money.3"),
        ({"mode": "set", "borders": {**BORDERS, "recency_days": [1, 2, 3, 10**6]}}, "borders.recency_days.3"),
        ({"mode": "other"}, "mode"),
    ],
)
def test_borders_that_cannot_be_are_refused_by_their_place(call: Call, body: object, place: str) -> None:
    answer = call("PUT", "/v1/segments/rfm", json=body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [place])


def test_the_model_in_force_says_what_it_is_and_why(call: Call, services: Services) -> None:
    assert services.refreshing.refresh(statistics)
    told = call("GET", "/v1/segments/lapse").json
    assert (told["model"]["model"], told["model"]["parameters"], told["model"]["customers"]) == ("gaps", None, 3)
    assert told["model"]["reason"].startswith("There are 3 customers with orders")
    assert told["history"] == [told["model"]]
    assert told["refresh"]["finished_at"]
    assert services.refreshing.refresh(statistics)
    assert len(call("GET", "/v1/segments/lapse").json["history"]) == 2


def test_a_customers_outlook_is_told(call: Call, services: Services) -> None:
    assert services.refreshing.refresh(statistics)
    regular, gone = (call("GET", f"/v1/customers/{name}/scores").json["outlook"] for name in "ac")
    assert [one["days"] for one in regular["expected"]] == [30, 90, 365]
    assert (regular["late"], regular["late_by_days"]) == (False, 0)
    assert gone["late"]
    assert gone["late_by_days"] > 100
    assert regular["p_alive"] > gone["p_alive"]
    assert [one["percent"] for one in gone["gone"]] == [50, 70, 80, 90, 95]
    assert call("GET", "/v1/customers/nobody/scores").status_code == 404


def test_a_segment_cannot_take_the_words_of_these_pages(call: Call) -> None:
    for word in ("rfm", "lapse"):
        rules = {"rule": "everyone"}
        answer = call("POST", "/v1/segments", json={"id": word, "name": "x", "rules": rules})
        assert (answer.status_code, list(answer.json["errors"])) == (422, ["id"])
