"""Overlaps, costs and histories of segments over HTTP."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from customers.consent import Consent
from customers.customer import Customer
from customers.profile import Profile
from storage.mongo import to_document
from tests.api.conftest import Call
from tests.support.clock import START
from wiring import Services

BUYERS = {"rule": "profile_orders", "at_least": 1}
SILENT = {"rule": "days_since_last_order", "at_least": 90}
YES = {"marketing": Consent(state="granted", at=START)}
NO = {"marketing": Consent(state="denied", at=START)}


def person(number: int, **facts: Any) -> Customer:
    last = START - timedelta(days=20 * number)
    return Customer(id=f"c{number}", profile=Profile(orders=1, days=1, last_at=last), **facts)


@pytest.fixture(autouse=True)
def _people(services: Services) -> None:
    both = {"email": ["a@example.com"], "sms": ["+12125550001"]}
    made = [
        person(0, addresses=both, consents={"email": YES, "sms": YES}),
        person(1, addresses={"email": ["b@example.com"]}, consents={"email": YES, "sms": YES}),
        person(2, addresses=both, consents={"email": NO}),
        person(3),
        person(4, addresses={"sms": ["+12125550004"]}, consents={"sms": YES}),
        person(5, addresses={"sms": ["+12125550005"]}, consents={"sms": YES}),
        person(6, addresses={"sms": [], "email": []}, consents={"sms": YES}),
    ]
    services.database["customers"].insert_many([to_document(customer) for customer in made])
    services.suppressions.add("sms", "+12125550005", "all", "hard_bounce", START)
    services.suppressions.add("sms", "+12125550004", "service", "said so", START)


def make(call: Call, id: str, rules: dict[str, Any], **facts: Any) -> None:
    assert call("POST", "/v1/segments", json={"id": id, "name": id, "rules": rules, **facts}).status_code == 201


def test_what_two_segments_have_in_common_is_counted(call: Call) -> None:
    make(call, "buyers", BUYERS)
    make(call, "silent", SILENT)
    assert call("GET", "/v1/segments/buyers/overlap?with=silent").json == {
        "segment": "buyers",
        "with": "silent",
        "size": 7,
        "with_size": 2,
        "both": 2,
        "only": 5,
        "only_with": 0,
        "jaccard": round(2 / 7, 6),
    }
    assert call("GET", "/v1/segments/buyers/overlap?with=nobody").status_code == 404
    assert call("GET", "/v1/segments/buyers/overlap").status_code == 422


def test_two_empty_segments_have_nothing_in_common(call: Call) -> None:
    make(call, "none", {"rule": "tag", "any_of": ["x"]})
    assert call("GET", "/v1/segments/none/overlap?with=none").json["jaccard"] == 0


def test_what_writing_to_a_segment_would_cost_is_said_channel_by_channel(call: Call, services: Services) -> None:
    make(call, "buyers", BUYERS)
    answer = call("GET", "/v1/segments/buyers/cost").json
    email, sms = answer["channels"]
    assert (answer["audience"], answer["unreachable"]) == (7, 3)
    assert email == {
        "channel": "email",
        "reachable": 2,
        "no_address": 4,
        "said_no": 1,
        "never_said_yes": 0,
        "suppressed": 0,
        "estimated": False,
        "cost": None,
    }
    assert (sms["reachable"], sms["no_address"], sms["said_no"], sms["never_said_yes"], sms["suppressed"]) == (
        2,
        3,
        0,
        1,
        1,
    )
    assert sms["cost"] is None
    assert services.messages.total("") == 0


def test_an_empty_segment_costs_nothing(call: Call) -> None:
    make(call, "none", {"rule": "tag", "any_of": ["x"]})
    answer = call("GET", "/v1/segments/none/cost").json
    assert (answer["audience"], [one["reachable"] for one in answer["channels"]]) == (0, [0, 0])


def test_history_lists_snapshots_and_who_came_and_went(call: Call, services: Services) -> None:
    make(call, "vips", {"rule": "tag", "any_of": ["vip"]}, tracked=True)
    assert call("POST", "/v1/segments/vips/snapshots").status_code == 202
    for tagged in (["c0"], ["c0", "c1", "c2"], ["c2"]):
        services.database["customers"].update_many({}, {"$set": {"tags": []}})
        services.database["customers"].update_many({"_id": {"$in": tagged}}, {"$set": {"tags": ["vip"]}})
        services.segment_history.take("vips")
    first = call("GET", "/v1/segments/vips/history?limit=2").json
    assert [(one["size"], one["entered"], one["left"]) for one in first["data"]] == [(1, 0, 2), (3, 2, 0)]
    last = call("GET", f"/v1/segments/vips/history?limit=2&after={first['next']}").json
    assert ([one["baseline"] for one in last["data"]], last["next"]) == ([True], None)
    assert [one["customer"] for one in call("GET", "/v1/segments/vips/moves?number=2").json["data"]] == ["c1", "c2"]
    assert call("GET", "/v1/segments/vips/moves?number=2&what=left").json["data"] == []
    kept = call("GET", "/v1/segments/vips/moves", headers={"Accept": "text/csv"}).get_data(as_text=True)
    assert [(row["customer"], row["what"]) for row in csv.DictReader(io.StringIO(kept))] == [
        ("c0", "left"),
        ("c1", "left"),
    ]
    assert call("GET", "/v1/segments/vips/history?after=nonsense").status_code == 422


def test_a_snapshot_of_what_is_not_tracked_is_refused(call: Call) -> None:
    make(call, "buyers", BUYERS)
    assert call("POST", "/v1/segments/buyers/snapshots").status_code == 409
    assert call("GET", "/v1/segments/buyers/history").json["data"] == []


def test_a_proposal_is_kept_under_a_name_of_ones_own(call: Call) -> None:
    made = call("POST", "/v1/segments/ready-made/champions", json={"id": "best", "name": "Our best", "tracked": True})
    assert (made.status_code, made.json["id"], made.json["name"], made.json["tracked"]) == (
        201,
        "best",
        "Our best",
        True,
    )
    assert call("POST", "/v1/segments/ready-made/champions", json={}).json["id"] == "champions"
    assert call("POST", "/v1/segments/ready-made/champions", json={}).status_code == 409
    assert call("POST", "/v1/segments/ready-made/nonsense", json={}).status_code == 404


def test_a_preview_says_whether_it_looks_at_everybody(call: Call) -> None:
    seen = call("POST", "/v1/segments/preview", json={"rules": SILENT}).json
    assert (seen["uses_index"], seen["notes"]) == (True, [])
    seen = call(
        "POST", "/v1/segments/preview", json={"rules": {"any": [SILENT, {"rule": "tag", "any_of": ["x"]}]}}
    ).json
    assert not seen["uses_index"]
    assert "tag" in seen["notes"][0]
