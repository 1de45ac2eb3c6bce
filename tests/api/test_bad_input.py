"""What shops' systems send by mistake: each has its own named reason, and nothing is spent by it."""

from typing import Any

import pytest

from customers.catalogue import Product
from tests.api.conftest import Call
from tests.api.test_offers import TENTH, code_of, euros, tried, use
from tests.support.clock import ManualClock
from wiring import Services


def refusal(call: Call, path: str, body: dict[str, Any]) -> tuple[int, str]:
    answer = call("POST", f"/v1/{path}", json=body)
    return answer.status_code, answer.json.get("reason", "")


@pytest.fixture(autouse=True)
def _catalogue(services: Services) -> None:
    services.products.upsert([Product(id="shoe", name="Shoe", price=6_000, currency="EUR", categories=["shoes"])])


AMOUNTS: list[tuple[dict[str, Any], str, str]] = [
    ({"total": euros(-1)}, "total.amount", "negative"),
    ({"total": euros(10**12 + 1)}, "total.amount", "too_large"),
    ({"total": {"amount": 99.5, "currency": "EUR"}}, "total.amount", "not_whole"),
    ({"total": {"amount": "100", "currency": "EUR"}}, "total.amount", "not_whole"),
    ({"total": {"amount": 100, "currency": "eur"}}, "total.currency", "no_currency"),
    ({"total": {"amount": 10_000, "currency": "XXY"}}, "total.currency", "unknown_currency"),
    ({"total": {"amount": 10_000}}, "total.currency", "missing"),
    ({"total": euros(9_999)}, "total.amount", "basket_sum"),
    ({"shipping": 10_001}, "shipping", "more_than_total"),
    ({"shipping": -1}, "shipping", "negative"),
    ({"lines": [{"product_id": "shoe", "quantity": 0, "unit_price": 1}]}, "lines.0.quantity", "zero"),
    ({"lines": [{"product_id": "shoe", "quantity": -1, "unit_price": 1}]}, "lines.0.quantity", "negative"),
    ({"lines": [{"product_id": "shoe", "quantity": 1.5, "unit_price": 1}]}, "lines.0.quantity", "not_whole"),
    ({"lines": [{"product_id": "shoe", "quantity": 10**7, "unit_price": 1}]}, "lines.0.quantity", "too_large"),
    ({"lines": [{"product_id": "a/b", "quantity": 1, "unit_price": 1}]}, "lines.0.product_id", "bad_id"),
    ({"id": ""}, "id", "bad_id"),
    ({"sum": 1}, "sum", "unknown_field"),
]


def test_each_wrong_amount_of_an_order_has_its_own_word(call: Call) -> None:
    code = code_of(call)
    for order, field, reason in AMOUNTS:
        body = use()
        body["order"] |= order
        for path in (f"vouchers/{code}/validate", f"vouchers/{code}/redeem"):
            wrong = call("POST", f"/v1/{path}", json=body)
            told = (wrong.status_code, wrong.json["reason"], wrong.json["reasons"])
            assert told == (422, reason, {f"order.{field}": reason}), order
            assert list(wrong.json["errors"]) == [f"order.{field}"]
    many = use(total=euros(-1))
    many["order"]["shipping"] = "x"
    wrong = call("POST", f"/v1/vouchers/{code}/redeem", json=many).json
    assert wrong["reasons"] == {"order.total.amount": "negative", "order.shipping": "not_whole"}
    assert "reason" not in wrong
    used = call("POST", f"/v1/vouchers/{code}/redeem", json=use()).json["id"]
    for amount, field, reason in (
        (euros(0), "amount", "zero"),
        (euros(1_000), "amount", "too_large"),
        ({"amount": 1, "currency": "USD"}, "currency", "currency"),
    ):
        wrong = call("POST", f"/v1/redemptions/{used}/rollback", json={"amount": amount})
        assert (wrong.status_code, wrong.json["reasons"]) == (422, {f"amount.{field}": reason})


NAMES: list[tuple[dict[str, Any], str, str]] = [
    ({"conditions": {"segments": ["nobody"]}}, "conditions.segments.0", "unknown_segment"),
    ({"conditions": {"not_segments": ["nobody"]}}, "conditions.not_segments.0", "unknown_segment"),
    ({"conditions": {"products": ["shoe", "boot"]}}, "conditions.products.1", "unknown_product"),
    ({"conditions": {"not_products": ["boot"]}}, "conditions.not_products.0", "unknown_product"),
    ({"conditions": {"categories": ["shoes", "hats"]}}, "conditions.categories.1", "unknown_category"),
    ({"settings": {"percent": 10, "only": {"products": ["boot"]}}}, "settings.only.products.0", "unknown_product"),
    ({"kind": "gift", "settings": {"product": "boot"}}, "settings.product", "unknown_product"),
    ({"conditions": {"currency": "XXY"}}, "conditions.currency", "unknown_currency"),
    ({"conditions": {"minimum": {"amount": 1, "currency": "XXY"}}}, "conditions.minimum.currency", "unknown_currency"),
    ({"budget": {"money": {"amount": 1, "currency": "XTS"}}}, "budget.money.currency", "unknown_currency"),
    (
        {"kind": "tiered", "settings": {"steps": [{"from": {"amount": 1, "currency": "XXY"}, "percent": 5}]}},
        "settings.steps.0.from.currency",
        "unknown_currency",
    ),
    (
        {
            "kind": "gift",
            "settings": {"product": "shoe", "worth": {"amount": 500, "currency": "USD"}},
            "budget": {"money": euros(1_000)},
        },
        "settings.worth.currency",
        "currency",
    ),
    ({"budget": {"money": euros(-5)}}, "budget.money.amount", "negative"),
    ({"budget": {"uses": 0}}, "budget.uses", "zero"),
]


def test_an_offer_that_names_what_is_not_there_is_refused_by_the_field(call: Call, services: Services) -> None:
    code_of(call)
    for fields, path, reason in NAMES:
        for method, place in (("POST", ""), ("PATCH", "/tenth")):
            wrong = call(method, f"/v1/offers{place}", json=fields if place else {**TENTH, "id": "new", **fields})
            assert (wrong.status_code, wrong.json.get("reasons")) == (422, {path: reason}), (fields, wrong.json)
    # what was there when it was named does not stand in the way of another change
    rules: dict[str, Any] = {"conditions": {"products": ["shoe"], "not_categories": ["sale"]}}
    assert call("PATCH", "/v1/offers/tenth", json=rules).status_code == 200
    services.database["products"].delete_many({})
    services.products.upsert([Product(id="other", name="Other", price=1, currency="EUR")])
    assert call("PATCH", "/v1/offers/tenth", json={"name": "New"}).status_code == 200
    # a shop that has told of no products
    services.database["products"].delete_many({})
    assert call("PATCH", "/v1/offers/tenth", json={"conditions": {"products": ["boot"]}}).status_code == 200


WORDS: list[tuple[str, str, dict[str, Any], int, str]] = [
    ("POST", "redemptions/nothing/rollback", {}, 404, "unknown_redemption"),
    ("POST", "customers/nobody/points", {"amount": 5}, 404, "unknown_customer"),
    ("POST", "customers/nobody/points", {"amount": 0}, 422, "zero"),
    ("POST", "customers/nobody/points", {"amount": 0.5}, 422, "not_whole"),
    ("POST", "offers/tenth/vouchers", {"generic": -1}, 422, "negative"),
    (
        "PUT",
        "points/programme",
        {"worth": {"points": 1, "money": euros(1) | {"currency": "XXY"}}},
        422,
        "unknown_currency",
    ),
    ("PUT", "points/programme", {"rewards": [{"offer": "no", "points": 1}]}, 422, "unknown_offer"),
    ("POST", "referral-programmes", {"name": "F", "friend_offer": "no"}, 422, "unknown_offer"),
    ("POST", "referral-programmes", {"name": "F", "friend_points": 1, "verdicts": {"no": "off"}}, 422, "not_one_of"),
    (
        "POST",
        "referral-programmes",
        {"name": "F", "friend_points": 1, "minimum": {"amount": 1, "currency": "XXY"}},
        422,
        "unknown_currency",
    ),
    ("PATCH", "offers/tenth", {"valid_until": "2026-03-29T02:30:00"}, 422, "no_offset"),
    ("PATCH", "offers/tenth", {"kind": "moon"}, 422, "not_one_of"),
]


def test_what_else_is_wrong_has_its_word_too(call: Call) -> None:
    code_of(call)
    for method, path, body, status, reason in WORDS:
        wrong = call(method, f"/v1/{path}", json=body)
        assert (wrong.status_code, wrong.json.get("reason")) == (status, reason), (path, body, wrong.json)


def test_codes_that_are_none_are_told_so_in_a_word_and_not_at_length(call: Call, services: Services) -> None:
    long = call("GET", f"/v1/vouchers/{'x' * 10_000}")
    assert (long.status_code, long.json["reason"], len(long.get_data()) < 1_000) == (404, "too_long", True)
    programme = {"id": "friends", "name": "Friends", "friend_points": 5}
    assert call("POST", "/v1/referral-programmes", json=programme).status_code == 201
    code = call("PUT", "/v1/customers/ana/referral").json["code"]
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    friend = {"friend": {"customer_id": "ben"}}
    for typed, reason in (
        ("NOSUCHC", "unknown_code"),
        (wrong, "mistyped"),
        ("☃☃☃☃☃", "characters"),
        ("a", "too_short"),
    ):
        refused = call("POST", f"/v1/referrals/{typed}/claim", json=friend)
        assert (refused.status_code, refused.json.get("reason")) == (404, reason)


def test_codes_of_a_deleted_offer_say_so_and_lists_are_written_in_no_programming_language(call: Call) -> None:
    code = code_of(call)
    call("POST", "/v1/offers/tenth/vouchers", json={"customers": ["ana"]})
    rows = call("GET", "/v1/offers/tenth/vouchers", headers={"Accept": "text/csv"}).get_data(as_text=True)
    assert sorted(line.split(",")[4] for line in rows.splitlines()[1:]) == ["false", "true"]
    assert call("DELETE", "/v1/offers/tenth").status_code == 204
    assert call("GET", f"/v1/vouchers/{code}").json["state"] == "offer_deleted"


def test_a_code_that_gives_nothing_for_an_order_is_not_spent(call: Call) -> None:
    free = {"id": "post", "kind": "free_shipping", "settings": {}}
    codes = {
        "nothing to ship": code_of(call, **free),
        "no dearer since": code_of(
            call, id="rain", kind="raincheck", settings={"product": "shoe", "price": euros(9_000)}
        ),
        "no points": code_of(call, id="twice", kind="points_multiplier", settings={"times": 2}),
    }
    for code in codes.values():
        assert tried(call, code, use()) == "nothing_given"
        for way in ("reserve", "redeem"):
            assert refusal(call, f"vouchers/{code}/{way}", use()) == (409, "nothing_given")
    shipped = use(total=euros(10_490))
    shipped["order"]["shipping"] = 490
    assert tried(call, codes["nothing to ship"], shipped) == ""
    # all is paid for by the one before
    all_off = code_of(call, id="all", kind="amount", settings={"amount": euros(99_999)}, stacking={"order": 1})
    tenth = code_of(call)
    both = {**use("o2"), "codes": [tenth, all_off]}
    found = call("POST", "/v1/redemptions/validate", json=both).json
    assert [(one["offer"], one["reason"]) for one in found["codes"]] == [("all", ""), ("tenth", "nothing_given")]
    assert refusal(call, "redemptions/redeem", both) == (409, "not_all_codes")
    assert {call("GET", f"/v1/offers/{one}").json["spent"]["uses"] for one in ("post", "rain", "all", "tenth")} == {0}


def test_an_order_that_has_changed_since_it_used_a_code_spends_nothing_more_and_is_told(call: Call) -> None:
    codes = [code_of(call, stacking={"groups": ["g"]}), code_of(call, id="post", stacking={"groups": ["g"]})]
    used = call("POST", f"/v1/vouchers/{codes[0]}/redeem", json=use()).json
    assert call("POST", f"/v1/vouchers/{codes[0]}/redeem", json=use()).json == used
    other = use(total=euros(4_000))
    other["order"]["lines"] = other["order"]["lines"][1:]
    for way in ("reserve", "redeem"):
        assert refusal(call, f"vouchers/{codes[0]}/{way}", other) == (409, "already_redeemed")
    assert tried(call, codes[0], other) == "already_redeemed"
    together = {**other, "codes": codes}
    assert refusal(call, "redemptions/redeem", together) == (409, "already_redeemed")
    found = call("POST", "/v1/redemptions/validate", json=together).json
    assert [one["reason"] for one in found["codes"] if one["code"] == codes[0]] == ["already_redeemed"]
    # a hold goes with the order as it is now
    held = call("POST", f"/v1/vouchers/{codes[1]}/reserve", json=use("o2")).json
    changed = {**other, "order": {**other["order"], "id": "o2"}}
    assert (held["discount"], call("POST", f"/v1/vouchers/{codes[1]}/validate", json=changed).json["discount"]) == (
        euros(1_000),
        euros(400),
    )
    assert call("POST", f"/v1/vouchers/{codes[1]}/redeem", json=changed).json["discount"] == euros(400)
    assert [call("GET", f"/v1/offers/{one}").json["spent"]["uses"] for one in ("tenth", "post")] == [1, 1]


def test_a_code_that_does_not_go_with_another_names_it_however_it_is_used(call: Call) -> None:
    first, other = code_of(call), code_of(call, id="alone", stacking={"exclusive": True})
    assert call("POST", f"/v1/vouchers/{first}/redeem", json=use()).status_code == 200
    found = call("POST", f"/v1/vouchers/{other}/validate", json=use()).json
    refused = call("POST", f"/v1/vouchers/{other}/redeem", json=use()).json
    assert {(one["reason"], one["against"]) for one in (found, refused)} == {("exclusive", first)}


def test_a_code_that_is_none_among_several_has_its_own_verdict_and_is_counted_as_a_guess(
    call: Call, services: Services
) -> None:
    tenth = code_of(call)
    body = {**use(), "codes": ["SUMMER26", tenth, "x" * 10_000]}
    found = call("POST", "/v1/redemptions/validate", json=body)
    wanted = [("tenth", True, ""), ("", False, "unknown_code"), ("", False, "too_long")]
    assert (found.status_code, found.json["valid"], found.json["discount"]) == (200, False, euros(1_000))
    assert [(one["offer"], one["valid"], one["reason"]) for one in found.json["codes"]] == wanted
    refused = call("POST", "/v1/redemptions/redeem", json=body)
    assert (refused.status_code, refused.json["reason"]) == (409, "not_all_codes")
    assert [(one["offer"], one["valid"], one["reason"]) for one in refused.json["codes"]] == wanted
    assert len(refused.get_data()) < 2_000
    [guesser] = [one for one in call("GET", "/v1/guessers").json["data"] if one["customer_id"] == "ana"]
    assert guesser["misses"] == 4
    assert call("GET", "/v1/offers/tenth").json["spent"]["uses"] == 0


def test_what_took_nothing_off_has_no_part_to_take_back(call: Call, services: Services, clock: ManualClock) -> None:
    services.products.upsert([Product(id="tote", name="Tote", price=1_500, currency="EUR", stock=2)])
    gift = code_of(call, id="gift", kind="gift", settings={"product": "tote"})
    points = code_of(call, id="points", kind="points", settings={"points": 100})
    for number, code in enumerate((gift, points)):
        used = call("POST", f"/v1/vouchers/{code}/redeem", json=use(f"o{number}", "ana")).json
        path = f"redemptions/{used['id']}/rollback"
        assert refusal(call, path, {"amount": euros(1)}) == (409, "no_part")
        assert call("POST", f"/v1/{path}").json["state"] == "rolled_back"
