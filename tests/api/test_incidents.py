"""Incidents over the API: one setting, and a shop tells bad news first; a person can look, give more, and end it."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from api.context import provide
from common.settings import Settings
from tests.api.conftest import Call
from tests.journeys.shop import Bench
from tests.support.care import Troubled, everybody
from tests.support.clock import ManualClock
from wiring import Services


@pytest.fixture
def services(settings: Settings, clock: ManualClock) -> Iterator[Services]:
    services = Services(settings, clock, Bench())
    yield services
    services.close()


@pytest.fixture
def shop(services: Services, clock: ManualClock) -> Troubled:
    return Troubled(services, clock, active=False)


def euros(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def test_one_setting_is_enough_and_a_person_may_give_more_within_a_limit(shop: Troubled, call: Call) -> None:
    known = call("PUT", "/v1/goodwill", json={"active": True, "person_limit": {"amount": 900, "currency": "EUR"}})
    assert (known.status_code, known.headers["ETag"]) == (200, '"v2"')
    policy = known.get_json()
    assert policy["budget"]["customer_money"] == {"amount": 5_000, "currency": "EUR"}
    assert policy["active_since"] == "2026-03-02T10:00:00.000Z"
    shop.customers(1)
    shop.order("o1")
    call("POST", "/v1/orders/o1/events", json={"type": "damaged", "at": "2026-03-02T10:00:00Z", "reason": "Rain"})
    shop.settle()
    [incident] = call("GET", "/v1/incidents?state=told").get_json()["data"]
    assert (incident["cause"], incident["source"], incident["cases"]) == ("damaged", "order", {"told": 1})
    path = f"/v1/incidents/{incident['id']}"
    [case] = call("GET", f"{path}/customers").get_json()["data"]
    assert case["given"][0]["worth"] == {"amount": 400, "currency": "EUR"}
    assert call("GET", "/v1/goodwill").get_json()["budgets"][0]["used"] == 400
    give = {"give": {"kind": "amount", "percent_of_order": 20}, "note": "Called; she was kind about it"}
    given = [call("POST", f"{path}/makegood", json=give).get_json() for _ in range(2)]
    assert given[0]["code"] == given[1]["code"]
    assert (given[0]["worth"]["amount"], given[0]["by"]) == (800, "tests")
    more = call("POST", f"{path}/makegood", json={"give": {"kind": "free_shipping", "worth": 101}})
    assert (more.status_code, more.get_json()["reason"]) == (409, "person_limit")
    assert shop.purse() == {"EUR": 1_200}
    [message] = call("GET", f"{path}/messages").get_json()["data"]
    assert (message["id"], message["purpose"], message["channel"]) == (case["message"], "service", "email")
    text = call("GET", f"/v1/messages/{message['id']}/content").get_json()["parts"]["text"]
    assert f"10% off with your code {case['given'][0]['code']}" in text
    shop.clock.advance(60)
    assert call("POST", f"{path}/solve", json={"note": "A new one was sent"}).get_json() == {"ended": 1}
    shop.settle()
    assert call("GET", path).get_json()["state"] == "solved"
    assert len(call("GET", f"{path}/messages").get_json()["data"]) == 2
    said = call("GET", "/v1/customers/c1/timeline?type=incident").get_json()["data"]
    assert said[0]["text"] == "What went wrong (damaged) was put right: by hand."
    assert {one["text"] for one in said[1:]} == {
        "Was told what went wrong (damaged).",
        "Something went wrong (damaged): Rain.",
    }


def test_one_over_many_orders_is_opened_listed_and_closed(shop: Troubled, call: Call, app: Flask) -> None:
    provide(app, shop.services)
    shop.policy(call_from=1)
    shop.customers(1, 2)
    shop.customers(3, addresses={}, consents={}, preferred=[])
    for number in (1, 2, 3):
        shop.order(f"o{number}", f"c{number}")
    wrong = [
        {"cause": "delayed"},
        {"cause": "delayed", "orders": ["o1"], "carrier": "Blue Van"},
        {"cause": "rained", "orders": ["o1"]},
        {"cause": "delayed", "orders": ["o1", "nowhere"]},
    ]
    fields = [list(call("POST", "/v1/incidents", json=body).get_json()["errors"]) for body in wrong]
    assert fields == [["orders"], ["orders"], ["cause"], ["orders.1"]]
    body = {"cause": "delayed", "orders": ["o1", "o2", "o3"], "reason": "Snow", "expected_at": "2026-03-09T10:00:00Z"}
    made = call("POST", "/v1/incidents", json=body)
    assert (made.status_code, made.get_json()["finding"]) == (201, True)
    shop.settle()
    path = f"/v1/incidents/{made.get_json()['id']}"
    assert call("GET", path).get_json()["cases"] == {"told": 2, "open": 1}
    rows = call("GET", f"{path}/customers", headers={"Accept": "text/csv"}).get_data(as_text=True).splitlines()
    assert len(rows) == 4
    assert rows[0].startswith("id,incident,customer_id,order_id,cause,state,reason")
    calls = call("GET", "/v1/incidents/calls").get_json()["data"]
    assert sorted((one["customer_id"], one["why_call"]) for one in calls) == [
        ("c1", "bad_in_a_row"), ("c2", "bad_in_a_row"), ("c3", "not_told"),
    ]  # fmt: skip
    assert call("POST", f"{path}/called", json={}).status_code == 409
    called = call("POST", f"{path}/called", json={"customer_id": "c3", "note": "Was out"}).get_json()
    assert (called["call"], called["called_by"], called["note"]) == (False, "tests", "Was out")
    assert call("POST", f"{path}/makegood", json={"give": {"kind": "percent", "percent": 101}}).status_code == 409
    nonsense = {"give": {"kind": "percent", "percent": 101}, "customer_id": "c1"}
    assert list(call("POST", f"{path}/makegood", json=nonsense).get_json()["errors"]) == ["give.percent"]
    assert call("POST", f"{path}/close", json={"customer_id": "c3"}).get_json() == {"ended": 1}
    listed = call("GET", "/v1/incidents", headers={"Accept": "text/csv"}).get_data(as_text=True)
    assert ",delayed,shop,told,Snow," in listed
    assert listed.splitlines()[1].endswith(",0,2,0,1")
    assert call("GET", "/v1/customers/c3/incidents").get_json()["data"][0]["state"] == "closed"
    shop.services.eraser.erase("c1")
    assert call("GET", f"{path}/customers").get_json()["data"][0]["customer_id"] != "c1"


def test_every_make_good_is_given_told_and_taken_at_the_till(shop: Troubled, call: Call) -> None:
    """Which one by the trouble; a gift that is sold out leaves it to the next rule; substitutes are those in stock."""
    gives: dict[str, list[dict[str, Any]]] = {
        "damaged": [{"kind": "gift", "product": "tote"}, {"kind": "percent", "percent": 10, "at_most": euros(150)}],
        "wrong_item": [{"kind": "free_shipping", "worth": 300}],
        "cancelled": [{"kind": "amount", "percent_of_order": 10, "steps": 1}],
        "out_of_stock": [{"kind": "raincheck"}],
    }
    rules = [{"causes": [cause], "give": give} for cause, given in gives.items() for give in given]
    assert call("PUT", "/v1/goodwill", json={"active": True, "rules": rules}).status_code == 200
    stand_ins = {"cd": ["mc", "lp"]}
    for product, name, stock in (("cd", "Night Ferry", 0), ("lp", "Slow Weather", 3), ("mc", "Low Tide", 0),
                                 ("tote", "Tote", 1)):  # fmt: skip
        body = {"name": name, "stock": stock, "price": euros(2_000), "substitutes": stand_ins.get(product, [])}
        assert call("PUT", f"/v1/products/{product}", json=body).status_code == 200
    shop.customers(1, 2, 3, 4, 5)
    troubles = [(1, "damaged"), (2, "wrong_item"), (3, "cancelled"), (4, "out_of_stock"), (5, "damaged")]
    taken, worths = {}, {}
    for number, cause in troubles:
        if number == 5:
            call("PUT", "/v1/products/tote", json={"name": "Tote", "stock": 0, "price": euros(2_000)})
        shop.order(f"o{number}", f"c{number}")
        call("POST", f"/v1/orders/o{number}/events", json={"type": cause, "at": "2026-03-02T10:00:00Z"})
        shop.settle()
        [case] = call("GET", f"/v1/customers/c{number}/incidents").get_json()["data"]
        [given] = case["given"]
        worths[number] = (given["kind"], given["worth"]["amount"])
        text = call("GET", f"/v1/messages/{case['message']}/content").get_json()["parts"]["text"]
        assert f"with your code {given['code']}" in text
        if cause in ("out_of_stock", "cancelled"):
            assert "these are in stock: Slow Weather." in text
        call("PUT", "/v1/products/tote", json={"name": "Tote", "stock": 1, "price": euros(2_000)})
        order = {"id": f"n{number}", "total": euros(6_000), "shipping": 400,
                 "lines": [{"product_id": "cd", "quantity": 1, "unit_price": 5_600}]}  # fmt: skip
        used = call("POST", f"/v1/vouchers/{given['code']}/redeem", json={"customer_id": f"c{number}", "order": order})
        assert used.status_code == 200, used.get_data(as_text=True)
        said = used.get_json()
        taken[number] = said["gift"]["product_id"] if said["gift"] else said["discount"]["amount"]
        again = call("POST", f"/v1/vouchers/{given['code']}/redeem", json={"customer_id": "c9", "order": order})
        assert again.status_code == 409
    assert worths == {1: ("gift", 2_000), 2: ("free_shipping", 300), 3: ("amount", 400), 4: ("raincheck", 400),
                      5: ("percent", 150)}  # fmt: skip
    assert taken == {1: "tote", 2: 400, 3: 400, 4: 1_600, 5: 150}
    assert call("GET", "/v1/goodwill").get_json()["budgets"][0]["used"] == 3_250


def test_marketing_rests_with_its_reason_and_good_news_end_it(shop: Troubled, call: Call) -> None:
    call("PUT", "/v1/goodwill", json={"active": True, "rules": []})
    shop.customers(1, 2)
    shop.order("o1", "c1")
    shop.order("o2", "c2")
    everybody(shop.services)
    body = {"name": "Winter", "segment": "all", "template": "miss"}
    winter = f"/v1/campaigns/{call('POST', '/v1/campaigns', json=body).get_json()['id']}"
    call("POST", "/v1/orders/o1/events", json={"type": "delayed", "at": "2026-03-02T10:00:00Z"})
    shop.settle()
    refused = call("POST", f"{winter}/dry-run").get_json()
    assert refused["would_skip"] == {"incident_open": 1}
    assert call("POST", f"{winter}/launch").status_code == 202
    shop.settle()
    told = call("GET", f"{winter}/messages").get_json()["data"]
    assert {one["customer"]: (one["state"], one["reason"]) for one in told} == {
        "c1": ("skipped", "incident_open"),
        "c2": ("accepted", ""),
    }
    call("POST", "/v1/orders/o1/events", json={"type": "delivered", "at": "2026-03-02T10:00:00Z"})
    shop.settle()
    assert shop.letters("c1")[-1]["subject"] == "Good news: your order o1 has arrived"
    copy = call("POST", f"{winter}/copy", json={}).get_json()["id"]
    assert "incident_open" not in call("POST", f"/v1/campaigns/{copy}/dry-run").get_json()["would_skip"]


def test_how_much_may_be_given_away_is_for_an_administrator_to_say(call: Call, services: Services) -> None:
    """By the policy and by the recipe that writes one; who plans campaigns may open and end incidents."""
    secret = services.keys.create("marketer", ["campaigns", "read"])[1]
    marketer = {"Authorization": f"Bearer {secret}"}
    for method, path in (("PUT", "/v1/goodwill"), ("POST", "/v1/recipes/bad_news")):
        assert call(method, path, json={}, headers=marketer).status_code == 403
    assert services.goodwill.get().version == 0
    scopes = {one["name"]: one["scope"] for one in call("GET", "/v1/recipes", headers=marketer).get_json()["data"]}
    assert [name for name, scope in scopes.items() if scope != "campaigns"] == ["bad_news"]
    assert call("POST", "/v1/recipes/bad_news", json={}).get_json()["goodwill"] is True


def test_the_goodwill_budget_is_no_offer_that_anybody_could_give_out(shop: Troubled, call: Call) -> None:
    """Neither its codes, nor by a campaign, a message, a programme; nor may its limits be changed as an offer's are."""
    offer = {"id": "goodwill", "name": "Mine", "kind": "percent", "settings": {"percent": 100}}
    assert call("POST", "/v1/offers", json=offer).get_json()["reason"] == "goodwill_budget"
    call("PUT", "/v1/goodwill", json={"active": True})
    shop.customers(1)
    everybody(shop.services)
    campaign = {"name": "Winter", "segment": "all", "template": "miss"}
    half = [{"id": "a", "share": 50, "offer": "goodwill"}, {"id": "b", "share": 50}]
    tries: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/v1/offers/goodwill/vouchers", {"customers": ["c1"]}),
        ("POST", "/v1/offers/goodwill/vouchers", {"generic": 5}),
        ("POST", "/v1/offers/goodwill/vouchers/import", {}),
        ("PATCH", "/v1/offers/goodwill", {"active": False}),
        ("DELETE", "/v1/offers/goodwill", {}),
        ("POST", "/v1/campaigns", campaign | {"offer": "goodwill"}),
        ("POST", "/v1/campaigns", campaign | {"variants": half}),
        ("POST", "/v1/messages", {"customer": "c1", "template": "miss", "offer": "goodwill"}),
        ("POST", "/v1/referral-programmes", {"name": "Friends", "friend_offer": "goodwill"}),
        ("PUT", "/v1/points/programme", {"rewards": [{"offer": "goodwill", "points": 1}]}),
    ]
    told = {(method, path, tuple(body)): call(method, path, json=body or []) for method, path, body in tries}
    reasons = {tried: (answer.status_code, answer.get_json().get("reason")) for tried, answer in told.items()}
    assert reasons == dict.fromkeys(reasons, (409, "goodwill_budget"))
    assert call("GET", "/v1/offers/goodwill/vouchers").get_json()["data"] == []
    assert call("GET", "/v1/offers/goodwill").get_json()["active"] is True


def test_a_policy_that_makes_no_sense_is_refused_with_its_field(shop: Troubled, call: Call) -> None:
    wrong = {
        "rules.0.give.kind": {"active": True, "rules": [{"give": {"kind": "kiss"}}]},
        "rules.0.give.percent": {"active": True, "rules": [{"give": {"kind": "percent", "percent": "$ne"}}]},
        "budget": {
            "active": True,
            "budget": {"money": {"amount": 1, "currency": "EUR"}},
            "person_limit": {"amount": 1, "currency": "USD"},
        },
        "tell.0": {"active": True, "tell": ["rain"]},
    }
    for field, body in wrong.items():
        answer = call("PUT", "/v1/goodwill", json=body)
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
    kinds = {one["kind"] for one in call("GET", "/v1/goodwill/kinds").get_json()["data"]}
    assert kinds == {"percent", "amount", "free_shipping", "gift", "raincheck"}
    assert call("PUT", "/v1/goodwill", json={"active": False}, headers={"If-Match": '"v9"'}).status_code == 412
