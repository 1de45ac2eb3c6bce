"""Offers, codes and referrals as a shop's systems use them, over HTTP."""

from typing import Any

import pytest

from tests.api.conftest import Call
from tests.loyalty.makers import bought
from tests.support.clock import ManualClock
from wiring import Services

OFFER = {"id": "tenth", "name": "A tenth off", "kind": "percent", "settings": {"percent": 10}, "budget": {"uses": 2}}
FIVE = {"id": "five", "name": "Five", "kind": "amount", "settings": {"amount": {"amount": 500, "currency": "EUR"}}}


def order(id: str = "o1", total: int = 10_000) -> dict[str, Any]:
    return {"id": id, "total": {"amount": total, "currency": "EUR"}, "lines": []}


def use(customer: str = "ana", id: str = "o1") -> dict[str, Any]:
    return {"customer_id": customer, "order": order(id)}


@pytest.fixture
def code(call: Call) -> str:
    """A code of an offer that anybody may use, twice in all."""
    assert call("POST", "/v1/offers", json=OFFER).status_code == 201
    answer = call("POST", "/v1/offers/tenth/vouchers", json={"generic": 1})
    assert answer.status_code == 201
    return str(answer.json["data"][0]["code"])


def test_an_offer_is_made_read_listed_and_changed(call: Call, code: str) -> None:
    read = call("GET", "/v1/offers/tenth")
    assert read.json["summary"] == "10% off"
    assert read.json["spent"] == {"uses": 0, "money": {}}
    assert not {"seed", "open", "version"} & set(read.json)
    assert [one["id"] for one in call("GET", "/v1/offers").json["data"]] == ["tenth"]
    changed = call("PATCH", "/v1/offers/tenth", json={"name": "New"}, headers={"If-Match": read.headers["ETag"]})
    assert (changed.status_code, changed.json["name"]) == (200, "New")
    late = call("PATCH", "/v1/offers/tenth", json={"name": "Old"}, headers={"If-Match": read.headers["ETag"]})
    assert late.status_code == 412
    assert call("POST", "/v1/offers", json=OFFER).status_code == 409


def test_a_wrong_offer_names_its_fields(call: Call) -> None:
    wrong = call("POST", "/v1/offers", json={**OFFER, "settings": {"percent": 0}})
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["settings.percent"])
    wrong = call("POST", "/v1/offers", json={**OFFER, "kind": "moon", "budget": {"uses": 0}})
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["budget.uses"])
    wrong = call("POST", "/v1/offers", json={**OFFER, "kind": "moon"})
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["kind"])


def test_the_kinds_can_be_listed_with_their_schemas(call: Call) -> None:
    listed = {one["kind"]: one["settings"] for one in call("GET", "/v1/offers/kinds").json["data"]}
    assert {"percent", "amount", "free_shipping"} <= set(listed)
    assert all(listed.values())


def test_minting_says_whose_the_codes_are_and_twice_is_once(call: Call, code: str) -> None:
    first = call("POST", "/v1/offers/tenth/vouchers", json={"customers": ["ana", "ben"]}).json["data"]
    assert [one["customer_id"] for one in first] == ["ana", "ben"]
    assert call("POST", "/v1/offers/tenth/vouchers", json={"customers": ["ben", "ana"]}).json["data"] == first[::-1]
    assert call("POST", "/v1/offers/tenth/vouchers", json={"generic": 1}).json["data"][0]["code"] == code
    for neither in ({}, {"customers": ["ana"], "generic": 2}):
        assert call("POST", "/v1/offers/tenth/vouchers", json=neither).status_code == 422
    assert call("POST", "/v1/offers/nothing/vouchers", json={"generic": 1}).status_code == 404


def test_a_code_goes_from_tried_to_held_to_used_to_taken_back(call: Call, code: str) -> None:
    assert call("GET", f"/v1/vouchers/{code.lower()}").json["state"] == "active"
    tried = call("POST", f"/v1/vouchers/{code}/validate", json=use())
    assert (tried.json["valid"], tried.json["discount"]) == (True, {"amount": 1_000, "currency": "EUR"})
    held = call("POST", f"/v1/vouchers/{code}/reserve", json={**use(), "seconds": 60})
    assert (held.status_code, held.json["state"]) == (200, "reserved")
    redeemed = call("POST", f"/v1/vouchers/{code}/redeem", json=use())
    assert (redeemed.json["state"], redeemed.json["id"]) == ("redeemed", held.json["id"])
    assert redeemed.json["order_total"] == {"amount": 10_000, "currency": "EUR"}
    assert call("GET", "/v1/offers/tenth").json["spent"] == {"uses": 1, "money": {"EUR": 1_000}}
    for _ in range(2):
        back = call("POST", f"/v1/redemptions/{redeemed.json['id']}/rollback")
        assert (back.status_code, back.json["state"]) == (200, "rolled_back")
    assert call("GET", "/v1/offers/tenth").json["spent"]["uses"] == 0


def test_a_refusal_has_its_reason(call: Call, code: str) -> None:
    for one in ("o1", "o2"):
        assert call("POST", f"/v1/vouchers/{code}/redeem", json=use(id=one)).status_code == 200
    refused = call("POST", f"/v1/vouchers/{code}/redeem", json=use(id="o3"))
    assert (refused.status_code, refused.json["reason"]) == (409, "budget_uses")
    tried = call("POST", f"/v1/vouchers/{code}/validate", json=use(id="o3"))
    assert (tried.status_code, tried.json["valid"], tried.json["reason"]) == (200, False, "budget_uses")


@pytest.mark.parametrize("typed", ["NOTACODE", "%F0%9F%8E%81", "x" * 5_000, "%00"])
def test_an_unknown_code_is_not_found(call: Call, code: str, typed: str) -> None:
    assert call("GET", f"/v1/vouchers/{typed}").status_code == 404
    assert call("POST", f"/v1/vouchers/{typed}/redeem", json=use()).status_code == 404


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("order.total.amount", {**use(), "order": {**order(), "total": {"amount": -1, "currency": "EUR"}}}),
        ("order.total.amount", {**use(), "order": {**order(), "total": {"amount": 1.5, "currency": "EUR"}}}),
        ("order.total.amount", {**use(), "order": {**order(), "total": {"amount": 10**30, "currency": "EUR"}}}),
        ("order.total.currency", {**use(), "order": {**order(), "total": {"amount": 1, "currency": "$ne"}}}),
        ("order.shipping", {**use(), "order": {**order(total=5), "shipping": 6}}),
        ("customer_id", {"customer_id": {"$ne": ""}, "order": order()}),
        ("order.id", {"customer_id": "ana", "order": {**order(), "id": "a/b"}}),
        ("surprise", {**use(), "surprise": 1}),
    ],
)
def test_a_wrong_order_names_its_field(call: Call, code: str, field: str, body: dict[str, Any]) -> None:
    wrong = call("POST", f"/v1/vouchers/{code}/redeem", json=body)
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, [field])


def test_a_friend_is_sent_and_both_are_rewarded(call: Call, code: str, services: Services, clock: ManualClock) -> None:
    call("POST", "/v1/offers", json=FIVE)
    programme = {"id": "friends", "name": "Friends", "friend_offer": "tenth", "advocate_offer": "five"}
    assert call("POST", "/v1/referral-programmes", json=programme).status_code == 201
    assert [one["id"] for one in call("GET", "/v1/referral-programmes").json["data"]] == ["friends"]
    assert call("GET", "/v1/customers/ana/referral").status_code == 404
    made = call("POST", "/v1/referral-programmes/friends/codes", json={"customers": ["ana"]}).json["data"][0]
    assert call("GET", "/v1/customers/ana/referral").json == made
    assert made["link"].endswith(f"/r/{made['code']}")
    bought(services, "ben", "b1")
    body = {"friend": {"customer_id": "ben", "email": "Ben@Example.com"}, "order": order("b1"), "device": "d"}
    sent = call("POST", f"/v1/referrals/{made['code']}/redeem", json=body)
    assert (sent.status_code, sent.json["state"], sent.json["advocate_voucher"]) == (200, "pending", "")
    assert call("GET", f"/v1/vouchers/{sent.json['friend_voucher']}").json["customer_id"] == "ben"
    clock.advance(31 * 86_400)
    services.referrals.settle()
    [rewarded] = call("GET", "/v1/referrals?state=rewarded").json["data"]
    assert call("GET", f"/v1/vouchers/{rewarded['advocate_voucher']}").json["customer_id"] == "ana"
    assert not {"device", "traces"} & set(rewarded)


def test_the_doubtful_wait_for_a_person(call: Call, code: str) -> None:
    call(
        "POST",
        "/v1/referral-programmes",
        json={"id": "f", "name": "F", "friend_offer": "tenth", "advocate_offer": "tenth"},
    )
    own = call("POST", "/v1/referral-programmes/f/codes", json={"customers": ["ana"]}).json["data"][0]["code"]

    def sent(friend: str) -> Any:
        body = {"friend": {"customer_id": friend}, "order": order(f"order of {friend}"), "device": "one"}
        return call("POST", f"/v1/referrals/{own}/redeem", json=body)

    sent("ben")
    doubtful = [sent(friend).json["id"] for friend in ("cem", "dua")]
    waiting = call("GET", "/v1/referrals?state=review").json["data"]
    assert sorted(one["id"] for one in waiting) == sorted(doubtful)
    assert {tuple(one["reasons"]) for one in waiting} == {("same_device",)}
    assert call("POST", f"/v1/referrals/{doubtful[0]}/approve").json["state"] == "pending"
    assert call("POST", f"/v1/referrals/{doubtful[1]}/reject").json["state"] == "rejected"
    again = call("POST", f"/v1/referrals/{doubtful[1]}/approve")
    assert (again.status_code, again.json["reason"]) == (409, "rejected")
    self_sent = sent("ana")
    assert (self_sent.status_code, self_sent.json["reason"]) == (409, "self_referral")


def test_a_programme_names_offers_that_exist(call: Call) -> None:
    wrong = call("POST", "/v1/referral-programmes", json={"name": "F", "friend_offer": "x", "advocate_offer": "y"})
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["friend_offer"])


def test_a_friend_s_wrong_address_is_named(call: Call, code: str) -> None:
    body = {"friend": {"customer_id": "ben", "email": "no address"}, "order": order()}
    wrong = call("POST", f"/v1/referrals/{code}/redeem", json=body)
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["friend.email"])
