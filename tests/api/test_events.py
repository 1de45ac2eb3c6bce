"""Site events over the API: one or many, each by itself, each once, in the timeline and in the facet."""

from datetime import timedelta
from typing import Any

import pytest

from tests.api.conftest import Call
from tests.support.clock import START
from wiring import Services

VIEW: dict[str, Any] = {"type": "product_viewed", "customer": "ana", "data": {"product_id": "tea"}, "id": "v1"}


@pytest.fixture
def ana(call: Call) -> None:
    """Ana, whom the shop knows."""
    call("PUT", "/v1/customers/ana", json={})


def test_one_event_or_many_are_kept_once_and_come_into_the_timeline_and_the_profile(
    call: Call, services: Services, ana: None
) -> None:
    assert call("POST", "/v1/events", json=VIEW).get_json() == {"accepted": 1, "duplicates": 0, "errors": []}
    cart = {"type": "cart_updated", "customer": "ana", "data": {"lines": [{"product_id": "tea"}]}, "id": "c1"}
    answer = call("POST", "/v1/events", json={"events": [VIEW, cart, cart]})
    assert (answer.status_code, answer.get_json()) == (202, {"accepted": 1, "duplicates": 2, "errors": []})
    services.engagement.react()
    told = call("GET", "/v1/customers/ana").get_json()["engagement"]
    assert (told["views"], told["carts"], told["products"]) == (1, 1, ["tea"])
    assert told["cart_at"] == told["seen_at"] == "2026-03-02T10:00:00.000Z"
    assert told["cart"]["products"] == ["tea"]
    assert "applied" not in told
    types = [entry["type"] for entry in call("GET", "/v1/customers/ana/timeline").get_json()["data"]]
    assert sorted(types) == ["cart_updated", "customer_created", "product_viewed"]


def test_a_wrong_event_is_told_by_its_place_and_does_not_hold_up_the_others(call: Call, ana: None) -> None:
    batch = [
        VIEW,
        {**VIEW, "id": "v2", "customer": "nobody"},
        {**VIEW, "id": "v3", "type": "order_placed"},
        {**VIEW, "id": "v4", "type": "product_sold_out"},
        {**VIEW, "id": "v5", "at": (START + timedelta(days=1)).isoformat()},
        {**VIEW, "id": "v6", "at": "1994-12-31T00:00:00Z"},
        {**VIEW, "id": "v7", "at": "soon"},
        {**VIEW, "id": "v8", "data": {"$set": 1}},
        {**VIEW, "id": "v9", "more": 1},
        "text",
        {**VIEW, "id": "v10", "at": (START - timedelta(days=400)).isoformat()},
    ]
    answer = call("POST", "/v1/events", json={"events": batch})
    assert answer.status_code == 202
    told = answer.get_json()
    assert (told["accepted"], told["duplicates"]) == (2, 0)
    assert [(one["index"], list(one["errors"])) for one in told["errors"]] == [
        (1, ["customer"]), (2, ["type"]), (3, ["type"]), (4, ["at"]), (5, ["at"]), (6, ["at"]), (7, ["data"]),
        (8, ["more"]), (9, ["body"]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"events": [{**VIEW, "customer": "nobody"}]}, {"events.0.customer"}),
        ({"events": [{"type": "X"}]}, {"events.0.type", "events.0.customer"}),
        ({**VIEW, "customer": "nobody"}, {"customer"}),
        ({**VIEW, "type": "message_read"}, {"type"}),
        ({"type": "wish"}, {"customer"}),
        ({}, {"type"}),
        ({"events": []}, {"events"}),
        ({"events": "x"}, {"events"}),
        ({"events": [VIEW] * 1_001}, {"events"}),
        ({"events": [VIEW], "type": "wish"}, {"events"}),
    ],
)
def test_where_nothing_is_right_the_answer_names_the_fields(
    call: Call, ana: None, body: dict[str, Any], fields: set[str]
) -> None:
    answer = call("POST", "/v1/events", json=body)
    assert (answer.status_code, set(answer.get_json()["errors"])) == (422, fields)


def test_a_thousand_events_go_in_one_call(call: Call, services: Services, ana: None) -> None:
    batch = [{**VIEW, "id": f"v{number}", "data": {"product_id": f"p{number}"}} for number in range(1_000)]
    assert call("POST", "/v1/events", json={"events": batch}).get_json()["accepted"] == 1_000
    assert call("POST", "/v1/events", json={"events": batch}).get_json()["duplicates"] == 1_000
    services.engagement.react()
    assert call("GET", "/v1/customers/ana").get_json()["engagement"]["views"] == 1_000


def test_an_event_under_an_id_that_was_merged_is_the_survivors(call: Call, services: Services, ana: None) -> None:
    services.aliases.add("anna", "ana", START)
    assert call("POST", "/v1/events", json={**VIEW, "customer": "anna"}).get_json()["accepted"] == 1
    services.engagement.react()
    assert call("GET", "/v1/customers/ana").get_json()["engagement"]["views"] == 1
