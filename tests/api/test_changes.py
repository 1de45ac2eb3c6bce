"""Who changed what: offers, their codes, referral programmes; and who decided about referrals. All by the key's id."""

from typing import Any

from tests.api.conftest import Call
from tests.api.test_checkout import OFFER
from tests.support.clock import ManualClock
from wiring import Services

FRIEND = {"customer_id": "ben", "email": "ben@example.com"}
ORDER = {"id": "b1", "total": {"amount": 5_000, "currency": "EUR"}}


def told(call: Call, path: str) -> list[tuple[str, int, dict[str, Any]]]:
    """What became of a thing, read an entry a page; by this key alone."""
    found, after = [], ""
    while after is not None:
        page = call("GET", f"/v1/{path}/changes?limit=1&after={after}").json
        found += page["data"]
        after = page["next"]
    [key] = [one for one in call("GET", "/v1/keys").json["data"] if one["id"] == found[0]["by"]]
    assert {(one["by"], one["by_name"]) for one in found} == {(key["id"], key["name"])}
    return [(one["what"], one["version"], one["fields"]) for one in found]


def test_who_changed_an_offer_a_code_or_a_programme_is_told_with_before_and_after(
    call: Call, services: Services, clock: ManualClock
) -> None:
    call("POST", "/v1/offers", json=OFFER)
    [code] = call("POST", "/v1/offers/tenth/vouchers", json={"generic": 1}).json["data"]
    for state in ("disabled", "disabled", "active", "cancelled"):
        assert call("PATCH", f"/v1/vouchers/{code['code']}", json={"state": state}).json["state"] == state
    again = call("PATCH", f"/v1/vouchers/{code['code']}", json={"state": "active"})
    assert (again.status_code, again.json["reason"]) == (409, "cancelled")
    clock.advance(1)
    listed = call("POST", "/v1/offers/tenth/vouchers/import", data="SUMMER2026\n?\n", content_type="text/plain")
    assert listed.status_code == 200
    wanted = [
        ("changed", 2, {"state": ["active", "disabled"]}),
        ("changed", 3, {"state": ["disabled", "active"]}),
        ("changed", 4, {"state": ["active", "cancelled"]}),
    ]
    assert told(call, f"vouchers/{code['code'].lower()}") == wanted
    services.events.pump()
    assert told(call, f"vouchers/{code['code']}") == wanted
    made, *others = told(call, "offers/tenth")
    assert made[:2] == ("made", 1)
    assert others == [
        ("codes_minted", 1, {"customers": [None, 0], "generic": [None, 1], "single_use": [None, False]}),
        ("codes_import_begun", 1, {"single_use": [None, False]}),
        ("codes_import_ended", 1, {"taken": [None, 1], "known": [None, 0], "refused": [None, 1]}),
    ]
    wrong = call("GET", "/v1/offers/tenth/changes?after=x")
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["after"])
    assert call("GET", "/v1/vouchers/SUMMER2026/changes").json == {"data": [], "next": None}


def test_who_changed_a_programme_or_decided_about_a_friend_is_told(call: Call, services: Services) -> None:
    programme = {"id": "friends", "name": "Friends", "friend_points": 5, "advocate_points": 5, "minimum": None}
    assert call("POST", "/v1/referral-programmes", json=programme).status_code == 201
    for fields in ({"friend_points": 7, "evidence_days": 30}, {"evidence_days": 90}):
        assert call("PATCH", "/v1/referral-programmes/friends", json=fields).status_code == 200
    services.events.pump()
    assert call("PATCH", "/v1/referral-programmes/friends", json={"active": False}).json["friend_points"] == 7
    assert call("PATCH", "/v1/referral-programmes/friends", json={"active": True}).status_code == 200
    assert [change[:2] for change in told(call, "referral-programmes/friends")] == [
        ("made", 1),
        *(("changed", version) for version in (2, 3, 4, 5)),
    ]
    assert told(call, "referral-programmes/friends")[1][2] == {
        "evidence_days": [90, 30],
        "friend_points": [5, 7],
    }
    assert services.programmes.get("friends").evidence_days == 90
    code = call("PUT", "/v1/customers/ana/referral").json["code"]
    sent = call("POST", f"/v1/referrals/{code}/redeem", json={"friend": FRIEND, "order": ORDER}).json
    call("POST", f"/v1/referrals/{sent['id']}/notes", json={"note": "Hm."})
    services.database["referrals"].update_one({}, {"$set": {"notes.0.by": "an old note's key"}})
    notes = call("POST", f"/v1/referrals/{sent['id']}/reject", json={"note": "No."}).json["notes"]
    key = call("GET", "/v1/keys").json["data"][0]
    assert [(one["by"], one["by_name"]) for one in notes] == [("an old note's key",) * 2, (key["id"], key["name"])]
