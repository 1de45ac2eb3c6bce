"""Offers over HTTP: rules, several codes at once, budgets as they stand, what was given, and who changed what."""

import csv
import io
from typing import Any

import pytest

from customers.catalogue import Product
from customers.customer import Customer
from loyalty.points_programme import PointsProgramme, Reward
from segments.segment import Segment
from tests.api.conftest import Call
from tests.support.clock import ManualClock
from wiring import Services

LINES = [
    {"product_id": "shoe", "quantity": 1, "unit_price": 6_000},
    {"product_id": "sock", "quantity": 4, "unit_price": 1_000},
]
TENTH: dict[str, Any] = {"id": "tenth", "name": "A tenth off", "kind": "percent", "settings": {"percent": 10}}


def euros(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def use(order: str = "o1", customer: str = "ana", **fields: Any) -> dict[str, Any]:
    order_fields = {name: fields.pop(name) for name in ("channel", "total") if name in fields}
    body = {"id": order, "total": euros(10_000), "lines": LINES} | order_fields
    return {"customer_id": customer, "order": body} | fields


@pytest.fixture(autouse=True)
def _catalogue(services: Services) -> None:
    services.products.upsert(
        [
            Product(id="shoe", name="Shoe", price=6_000, currency="EUR", categories=["shoes"]),
            Product(id="sock", name="Sock", price=1_000, currency="EUR", categories=["socks"]),
            Product(id="tote", name="Tote", price=1_500, currency="EUR", stock=2, categories=["hats"]),
        ]
    )


def code_of(call: Call, **fields: Any) -> str:
    """The code of a new offer."""
    offer = TENTH | fields
    made = call("POST", "/v1/offers", json=offer)
    assert made.status_code == 201, made.json
    return str(call("POST", f"/v1/offers/{offer['id']}/vouchers", json={"generic": 1}).json["data"][0]["code"])


def tried(call: Call, code: str, body: dict[str, Any]) -> str:
    answer = call("POST", f"/v1/vouchers/{code}/validate", json=body)
    assert answer.status_code == 200, answer.json
    return str(answer.json["reason"])


def test_conditions_are_asked_and_named(call: Call, services: Services, clock: ManualClock) -> None:
    services.customers.upsert([Customer(id="ana"), Customer(id="ben")])
    services.segments.add(Segment(id="vip", name="VIP", rules={"rule": "orders_lately", "days": 365, "at_least": 2}))
    conditions = {
        "categories": ["shoes"],
        "not_categories": ["sale"],
        "channels": ["web"],
        "hours": [{"weekdays": ["mon"], "start": "09:00", "end": "12:00"}],
        "segments": ["vip"],
    }
    code = code_of(call, conditions=conditions)
    assert call("GET", "/v1/offers/tenth").json["conditions"]["hours"][0]["end"] == "12:00"
    good = use(channel="web", segments=["vip"])
    assert tried(call, code, good) == ""
    assert tried(call, code, use(segments=["vip"])) == "channel"
    assert tried(call, code, use(channel="web", segments=["other"])) == "segment"
    assert tried(call, code, use(channel="web")) == "segment", "Encore finds out"
    call("PATCH", "/v1/offers/tenth", json={"conditions": {**conditions, "not_products": ["sock"]}})
    assert tried(call, code, good) == "excluded"
    call("PATCH", "/v1/offers/tenth", json={"conditions": {**conditions, "categories": ["hats"]}})
    assert tried(call, code, good) == "categories"
    clock.advance(2 * 3_600)
    assert tried(call, code, good) == "hours"


def test_the_kinds_that_are_no_discount_are_given_and_taken_back(call: Call, services: Services) -> None:
    services.customers.upsert([Customer(id="ana")])
    gift = code_of(call, id="gift", kind="gift", settings={"product": "tote", "name": "Tote bag"})
    points = code_of(call, id="points", kind="points", settings={"points": 150})
    held = call("POST", "/v1/redemptions/reserve", json={**use(), "codes": [gift, points]})
    assert held.status_code == 200
    assert services.points.statement("ana").account.balance == 0
    used = call("POST", "/v1/redemptions/redeem", json={**use(), "codes": [gift, points]}).json
    assert used["discount"] == euros(0)
    by = {one["offer"]: one for one in used["redemptions"]}
    assert by["gift"]["gift"] == {"product_id": "tote", "quantity": 1}
    assert (by["gift"]["cost"], by["points"]["points"]) == (euros(1_500), 150)
    assert services.points.statement("ana").account.balance == 150
    for _ in range(2):
        call("POST", f"/v1/redemptions/{by['points']['id']}/rollback", json={})
        assert services.points.statement("ana").account.balance == 0
    assert services.points.audit("ana")[1] == []
    services.products.upsert([Product(id="tote", name="Tote", stock=0)])
    assert tried(call, gift, use("o2")) == "gift_unavailable"


def test_several_codes_are_used_together_or_none_is(call: Call) -> None:
    tenth = code_of(call)
    fixed = code_of(
        call, id="fixed", kind="amount", settings={"amount": euros(2_000)}, stacking={"order": 5}, budget={"uses": 1}
    )
    both = {**use(), "codes": [tenth, fixed]}
    answer = call("POST", "/v1/redemptions/validate", json=both)
    assert [(one["offer"], one["discount"]["amount"]) for one in answer.json["codes"]] == [
        ("fixed", 2_000),
        ("tenth", 800),
    ]
    assert (answer.json["valid"], answer.json["discount"]) == (True, euros(2_800))
    headers = {"Idempotency-Key": "one-order"}
    first = call("POST", "/v1/redemptions/redeem", json=both, headers=headers)
    assert (first.status_code, first.json["discount"]) == (200, euros(2_800))
    assert call("POST", "/v1/redemptions/redeem", json=both, headers=headers).json == first.json
    assert call("POST", "/v1/redemptions/redeem", json=both).json == first.json
    other = call("POST", "/v1/redemptions/redeem", json={**use("o2"), "codes": [tenth, fixed]})
    assert (other.status_code, other.json["reason"]) == (409, "not_all_codes")
    assert [(one["offer"], one["valid"], one["reason"]) for one in other.json["codes"]] == [
        ("fixed", False, "budget_uses"),
        ("tenth", True, ""),
    ]
    assert call("GET", "/v1/offers/tenth").json["spent"]["uses"] == 1
    one = first.json["redemptions"][0]["id"]
    assert call("GET", f"/v1/redemptions/{one}").json == first.json["redemptions"][0]
    assert call("GET", "/v1/redemptions/nothing").status_code == 404
    for codes, field in (([], "codes"), ([tenth, tenth], "codes.1"), ([tenth] * 21, "codes")):
        wrong = call("POST", "/v1/redemptions/redeem", json={**use("o3"), "codes": codes})
        assert (wrong.status_code, list(wrong.json["errors"])) == (422, [field])


def test_a_basket_that_does_not_sum_has_its_reason(call: Call) -> None:
    code = code_of(call)
    for path in (f"/v1/vouchers/{code}/redeem", f"/v1/vouchers/{code}/validate"):
        wrong = call("POST", path, json=use(total=euros(9_999)))
        assert (wrong.status_code, wrong.json["reason"]) == (422, "basket_sum")
        assert list(wrong.json["errors"]) == ["order.total.amount"]


def test_a_part_is_taken_back_and_a_roll_back_of_a_roll_back_says_so(call: Call) -> None:
    code = code_of(call, budget={"money": euros(5_000)})
    used = call("POST", f"/v1/vouchers/{code}/redeem", json=use()).json
    path = f"/v1/redemptions/{used['id']}/rollback"
    part = call("POST", path, json={"amount": euros(300)})
    assert (part.status_code, part.json["state"], part.json["rolled_back"]) == (200, "redeemed", euros(300))
    assert call("POST", path, json={"amount": euros(300)}).json["reason"] == "already_rolled_back"
    more = call("POST", path, json={"amount": euros(200)})
    assert (more.status_code, more.json["reason"]) == (409, "already_rolled_back")
    assert call("GET", "/v1/offers/tenth").json["budgets"][0]["used"] == 700
    [stands] = call("GET", "/v1/offers/tenth/summary").json["sums"]
    assert (stands["discount"], stands["cost"], stands["returned"], stands["count"]) == (700, 700, 300, 1)
    whole = call("POST", path)
    assert (whole.json["state"], whole.json["reason"], whole.json["rolled_back"]) == ("rolled_back", "", euros(1_000))
    assert call("POST", path).json["reason"] == "already_rolled_back"
    [gone] = call("GET", "/v1/offers/tenth/summary").json["sums"]
    assert (gone["state"], gone["discount"], gone["cost"]) == ("rolled_back", 1_000, 1_000)
    wrong = call("POST", path, json={"amount": {"amount": -1, "currency": "EUR"}})
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, ["amount.amount"])


def test_what_an_offer_gave_is_listed_summed_and_told_of(call: Call, services: Services) -> None:
    code = code_of(call, budget={"uses": 4, "periods": [{"per": "day", "money": euros(5_000)}]})
    ids = [
        call("POST", f"/v1/vouchers/{code}/redeem", json=use(f"o{n}", f"c{n % 2}", channel="web")).json["id"]
        for n in range(4)
    ]
    call("POST", f"/v1/redemptions/{ids[0]}/rollback")
    listed = call("GET", "/v1/offers/tenth/redemptions?limit=3")
    assert len(listed.json["data"]) == 3
    rest = call("GET", f"/v1/offers/tenth/redemptions?limit=3&after={listed.json['next']}").json
    assert sorted(one["id"] for one in [*listed.json["data"], *rest["data"]]) == sorted(ids)
    back = call("GET", "/v1/offers/tenth/redemptions?state=rolled_back").json["data"]
    assert [(one["id"], one["order_id"], one["customer_id"]) for one in back] == [(ids[0], "o0", "c0")]
    file = call("GET", "/v1/offers/tenth/redemptions", headers={"Accept": "text/csv"}).text
    rows = list(csv.DictReader(io.StringIO(file)))
    assert {row["order_id"]: row["discount"] for row in rows} == {f"o{n}": "1000" for n in range(4)}
    assert {row["channel"] for row in rows} == {"web"}
    total = call("GET", "/v1/offers/tenth/summary").json
    assert (total["customers"], total["orders"]) == (2, 3)
    assert [(one["state"], one["count"], one["cost"], one["orders"]) for one in total["sums"]] == [
        ("redeemed", 3, 3_000, 30_000),
        ("rolled_back", 1, 1_000, 10_000),
    ]
    offer = call("GET", "/v1/offers/tenth").json
    assert [(one["scope"], one["what"], one["used"], one["left"], one["alert"]) for one in offer["budgets"]] == [
        ("all", "uses", 3, 1, None),
        ("day", "money", 3_000, 2_000, None),
    ]
    call("POST", f"/v1/vouchers/{code}/redeem", json=use("o9"))
    assert services.budget_alerts.look() == 3
    told = call("GET", "/v1/offers/tenth").json["alerts"]
    assert [(one["scope"], one["percent"]) for one in told] == [("all", 80), ("all", 100), ("day", 80)]


def test_every_change_is_kept_with_who_made_it_and_a_deleted_offer_is_refused_by_name(
    call: Call, services: Services
) -> None:
    code = code_of(call)
    call("PATCH", "/v1/offers/tenth", json={"name": "New", "settings": {"percent": 12}})
    services.events.pump()
    services.points_programmes.put(PointsProgramme(rewards=[Reward(offer="tenth", points=1)]))
    kept = call("DELETE", "/v1/offers/tenth")
    assert (kept.status_code, kept.json["reason"]) == (409, "in_use")
    services.points_programmes.put(PointsProgramme())
    assert call("DELETE", "/v1/offers/tenth").status_code == 204
    found = call("GET", "/v1/offers/tenth/changes").json["data"]
    assert [(one["version"], one["what"], sorted(one["fields"])) for one in found[1:]] == [
        (1, "codes_minted", ["customers", "generic", "single_use"]),
        (2, "changed", ["name", "settings"]),
        (3, "deleted", ["active", "deleted_at"]),
    ]
    assert found[2]["fields"]["settings"] == [{"percent": 10}, {"percent": 12}]
    assert {one["by"] for one in found} == {services.keys.page("", 1)[0].id}
    assert (found[0]["what"], found[0]["fields"]["name"]) == ("made", [None, "A tenth off"])
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/vouchers")):
        body = {"generic": 1} if path else {}
        gone = call(method, f"/v1/offers/tenth{path}", json=body)
        assert (gone.status_code, gone.json["reason"]) == (404, "offer_deleted")
    assert tried(call, code, use()) == "offer_deleted"
    refused = call("POST", f"/v1/vouchers/{code}/redeem", json=use())
    assert (refused.status_code, refused.json["reason"]) == (409, "offer_deleted")
    assert call("GET", "/v1/offers").json["data"] == []
    assert call("GET", "/v1/offers/tenth/summary").status_code == 200


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("budget.periods.0.per", {"budget": {"periods": [{"per": "year", "uses": 1}]}}),
        ("budget.periods.0.uses", {"budget": {"periods": [{"per": "day", "uses": 0}]}}),
        ("budget.alert_at.0", {"budget": {"alert_at": [0]}}),
        ("budget.customer_money.amount", {"budget": {"customer_money": {"amount": -5, "currency": "EUR"}}}),
        ("conditions.hours.0.start", {"conditions": {"hours": [{"start": "24:00"}]}}),
        ("conditions.hours.0.weekdays.0", {"conditions": {"hours": [{"weekdays": ["funday"]}]}}),
        ("stacking.at_once", {"stacking": {"at_once": 0}}),
        ("conditions.currency", {"budget": {"money": euros(1), "customer_money": {"amount": 1, "currency": "USD"}}}),
        ("settings.steps.0", {"kind": "tiered", "settings": {"steps": [{"from": euros(1)}]}}),
        ("settings.steps.0.from.amount", {"kind": "tiered", "settings": {"steps": [{"from": euros(-1)}]}}),
    ],
)
def test_a_rule_that_makes_no_sense_is_named(call: Call, field: str, fields: dict[str, Any]) -> None:
    wrong = call("POST", "/v1/offers", json=TENTH | fields)
    assert (wrong.status_code, list(wrong.json["errors"])) == (422, [field])
