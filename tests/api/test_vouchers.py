"""The codes of an offer over the API: in bulk, listed, brought along, drawn, switched off; and whoever guesses them."""

import csv
import io
import json
import struct
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from loyalty import guessing
from loyalty.guessing import Guessing
from storage.guessers import MongoGuessers
from tests.api.conftest import Call
from tests.api.test_checkout import OFFER, use
from tests.support.clock import ManualClock
from wiring import Services


@pytest.fixture
def shop(call: Call) -> Call:
    """With an offer."""
    assert call("POST", "/v1/offers", json={**OFFER, "budget": {}}).status_code == 201
    return call


UNKNOWN = 'encore_codes_missed_total{reason="unknown_code"}'
SLOWED = "encore_guessers_slowed_total"


def figure(call: Call, name: str) -> float:
    """One figure of /metrics."""
    lines = call("GET", "/metrics").get_data(as_text=True).splitlines()
    return next((float(line.removeprefix(name)) for line in lines if line.startswith(f"{name} ")), 0.0)


def imported(call: Call, data: str | bytes, kind: str = "text/csv", args: str = "") -> Any:
    """What became of a list."""
    answer = call("POST", f"/v1/offers/tenth/vouchers/import{args}", data=data, content_type=kind)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.json


def test_an_offers_codes_are_listed_by_pages_and_as_csv_with_what_became_of_each(shop: Call) -> None:
    owners = [f"c{number}" for number in range(5)]
    minted = shop("POST", "/v1/offers/tenth/vouchers", json={"customers": owners}).json["data"]
    codes = {one["customer_id"]: one["code"] for one in minted}
    shop("POST", f"/v1/vouchers/{codes['c0']}/redeem", json=use("c0"))
    shop("PATCH", f"/v1/vouchers/{codes['c1']}", json={"state": "disabled"})
    listed, after = [], ""
    while after is not None:
        page = shop("GET", f"/v1/offers/tenth/vouchers?limit=2&after={after}").json
        listed += page["data"]
        after = page["next"]
    assert [one["code"] for one in listed] == sorted(codes.values())
    states = {one["customer_id"]: one["state"] for one in listed}
    assert states == {"c0": "used", "c1": "disabled", "c2": "active", "c3": "active", "c4": "active"}
    answer = shop("GET", "/v1/offers/tenth/vouchers", headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert {row["code"]: row["state"] for row in rows} == {one["code"]: one["state"] for one in listed}
    assert shop("GET", "/v1/offers/nothing/vouchers").status_code == 404
    assert shop("GET", "/v1/offers/nothing/vouchers", headers={"Accept": "text/csv"}).status_code == 404


def test_codes_of_the_shops_own_are_taken_and_every_line_that_is_not_is_told(shop: Call) -> None:
    shop("POST", "/v1/offers", json={**OFFER, "id": "other"})
    shop("POST", "/v1/offers/other/vouchers/import", data="code\nOTHERS-1\n", content_type="text/csv")
    lines = [
        "Coupon;Note;Customer_ID",
        "Summer-Sale 26;x;",
        "été2026;x;ana",
        "summersale26;again;",
        "abc;short;",
        f"{'x' * 10_000};long;",
        "50%OFF!;signs;",
        ";nothing;",
        "others1;taken;",
        "GOOD-ONE;bad owner;a/b",
        "two;few",
        "OWN-CODE;x;ben",
    ]
    first = imported(shop, "\n".join(lines))
    assert (first["taken"], first["known"], first["refused"]) == (3, 0, 8)
    reasons = [(one["line"], one["reason"]) for one in first["errors"]]
    assert reasons == [
        (4, "twice"), (5, "too_short"), (6, "too_long"), (7, "characters"), (8, "empty"), (9, "taken"),
        (10, "bad_customer"), (11, "wrong_fields"),
    ]  # fmt: skip
    assert all(one["detail"] and len(one["code"]) <= 40 for one in first["errors"])
    again = imported(shop, "\n".join(lines))
    assert (again["taken"], again["known"], again["refused"]) == (0, 3, 8)
    for typed in ("summer sale 26", "SUMMER-SALE-26", "5ummersa1e26", "Ｓｕｍｍｅｒ sale 26"):  # noqa: RUF001  # meant
        read = shop("GET", f"/v1/vouchers/{typed}").json
        assert (read["code"], read["written"], read["single_use"]) == ("SUMMERSALE26", "Summer-Sale 26", False)
    assert shop("POST", "/v1/vouchers/Été2026/redeem", json=use("ben")).json["reason"] == "other_customer"
    assert shop("POST", "/v1/vouchers/Été2026/redeem", json=use("ana")).json["code"] == "ÉTÉ2026"
    assert shop("POST", "/v1/vouchers/Été2026/redeem", json=use("ana", "o2")).json["reason"] == "spent"
    moved = imported(shop, "code,customer_id\nown-code,cyd\n")
    assert [one["reason"] for one in moved["errors"]] == ["other_owner"]


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("text/plain", "\ufeffFIRST-1\r\n\r\nNO\r\nsecond 2\r\n"),
        ("application/json", json.dumps(["FIRST-1", "second 2", 5])),
        ("application/json", json.dumps([{"code": "FIRST-1"}, {"code": "second 2", "customer_id": ""}, {"kode": "x"}])),
        ("application/x-ndjson", '{"code": "FIRST-1"}\n{"code": "second 2"}\n{"code": ["x"]}\n'),
    ],
)
def test_lists_of_every_kind_are_read(shop: Call, kind: str, data: str) -> None:
    found = imported(shop, data.encode(), kind, "?single_use=true")
    assert (found["taken"], found["refused"], len(found["errors"])) == (2, 1, 1)
    assert found["errors"][0]["line"] == 3
    read = shop("GET", "/v1/vouchers/first1").json
    assert (read["single_use"], read["customer_id"]) == (True, "")


def test_what_is_no_list_is_refused(shop: Call) -> None:
    at = "/v1/offers/tenth/vouchers/import"
    for kind, data in [
        ("text/csv", "name\nx\n"), ("text/csv", ""), ("application/json", "{}"), ("application/json", "[1"),
        ("application/json", b'["\xff"]'), ("text/csv", b"\xff\xfe\nABCD\n"),
    ]:  # fmt: skip
        refused = shop("POST", at, data=data, content_type=kind)
        assert (refused.status_code, list(refused.json["errors"])) == (422, ["file"]), data
    assert shop("POST", at, data="x", content_type="image/png").status_code == 415
    away = shop("POST", "/v1/offers/nothing/vouchers/import", data="code\nABCD\n", content_type="text/csv")
    assert away.status_code == 404


def test_two_codes_that_look_alike_are_told_apart_and_a_third_spelling_means_neither(shop: Call) -> None:
    assert imported(shop, "code\nSOLO\n50L0\nBIG\u00df1\n")["taken"] == 3
    assert shop("GET", "/v1/vouchers/solo").json["code"] == "SOLO"
    assert shop("GET", "/v1/vouchers/50l0").json["code"] == "50L0"
    assert shop("GET", "/v1/vouchers/5OLO").json["reason"] == "unknown_code"
    assert shop("GET", "/v1/vouchers/8igss1").json["code"] == "BIGSS1"


def test_a_code_that_is_none_says_why(shop: Call) -> None:
    code = shop("POST", "/v1/offers/tenth/vouchers", json={"generic": 1}).json["data"][0]["code"]
    wrong = code[:-1] + ("2" if code[-1] != "2" else "3")
    for typed, reason in [
        (wrong, "mistyped"), ("SUMMER26", "unknown_code"), ("x" * 10_000, "too_long"), ("---", "empty"),
        ("%F0%9F%8E%81%F0%9F%8E%81%F0%9F%8E%81%F0%9F%8E%81", "characters"), ("AB", "too_short"),
    ]:  # fmt: skip
        for answer in (
            shop("GET", f"/v1/vouchers/{typed}"),
            shop("POST", f"/v1/vouchers/{typed}/redeem", json=use("someone")),
        ):
            assert (answer.status_code, answer.json.get("reason")) == (404, reason), (typed[:64], answer.json)
            assert len(answer.json["detail"]) < 250


def test_a_code_is_switched_off_and_on_and_cancelled_for_good(shop: Call) -> None:
    code = shop("POST", "/v1/offers/tenth/vouchers", json={"generic": 1}).json["data"][0]["code"]
    at = f"/v1/vouchers/{code}"
    for state, reason in [("disabled", "disabled"), ("active", ""), ("active", ""), ("cancelled", "cancelled")]:
        changed = shop("PATCH", at, json={"state": state})
        assert (changed.status_code, changed.json["state"]) == (200, state)
        assert shop("POST", f"{at}/validate", json=use()).json["reason"] == reason
    again = shop("PATCH", at, json={"state": "active"})
    assert (again.status_code, again.json["reason"]) == (409, "cancelled")
    assert shop("PATCH", at, json={"state": "cancelled"}).status_code == 200
    assert shop("PATCH", at, json={"state": "used"}).status_code == 422


def test_a_code_is_drawn_and_the_picture_names_nobody(shop: Call) -> None:
    code = shop("POST", "/v1/offers/tenth/vouchers", json={"customers": ["ana-who-is-named"]}).json["data"][0]["code"]
    svg = shop("GET", f"/v1/vouchers/{code}/qr")
    assert svg.content_type.startswith("image/svg+xml")
    assert ET.fromstring(svg.get_data()).tag.endswith("svg")  # ours
    assert b"ana" not in svg.get_data()
    small, large = (shop("GET", f"/v1/vouchers/{code}/qr?format=png&scale={scale}").get_data() for scale in (1, 10))
    assert small[:8] == b"\x89PNG\r\n\x1a\n"
    # Version 1 has 21 modules a side, and a margin of four on each.
    assert [struct.unpack(">II", png[16:24]) for png in (small, large)] == [(29, 29), (290, 290)]
    assert shop("GET", f"/v1/vouchers/{code}/qr?content=link").get_data() != svg.get_data()
    assert shop("GET", f"/v1/vouchers/{code}/qr?scale=0").status_code == 422
    assert shop("GET", "/v1/vouchers/ABCDEFGH/qr").status_code == 404


def test_a_guesser_waits_even_for_a_right_code_and_is_seen_and_others_notice_nothing(
    shop: Call, services: Services, clock: ManualClock
) -> None:
    code = shop("POST", "/v1/offers/tenth/vouchers", json={"generic": 1}).json["data"][0]["code"]
    before = {name: figure(shop, name) for name in (UNKNOWN, SLOWED)}
    statuses = [
        shop("POST", f"/v1/vouchers/GUESS{number}/validate", json=use("eve")).status_code
        for number in range(guessing.CUSTOMER_MISSES + 2)
    ]
    assert statuses == [404] * guessing.CUSTOMER_MISSES + [429, 429]
    slowed = shop("POST", f"/v1/vouchers/{code}/redeem", json=use("eve"))
    assert (slowed.status_code, slowed.json["reason"]) == (429, "too_many_guesses")
    assert 0 < int(slowed.headers["Retry-After"]) <= 61
    assert shop("POST", f"/v1/vouchers/{code}/redeem", json=use("ana")).status_code == 200
    listed = {one["customer_id"]: one for one in shop("GET", "/v1/guessers").json["data"]}
    assert (listed["eve"]["misses"], listed[""]["misses"]) == (guessing.CUSTOMER_MISSES, guessing.CUSTOMER_MISSES)
    assert listed["eve"]["waits_until"]
    assert figure(shop, UNKNOWN) - before[UNKNOWN] == guessing.CUSTOMER_MISSES
    assert figure(shop, SLOWED) - before[SLOWED] == 1
    clock.advance(61)
    assert shop("POST", f"/v1/vouchers/{code}/validate", json=use("eve", "o2")).status_code == 200
    shop("POST", "/v1/vouchers/GUESS/validate", json=use("eve"))
    longer = shop("POST", f"/v1/vouchers/{code}/validate", json=use("eve", "o2"))
    assert int(longer.headers["Retry-After"]) > 61
    clock.advance(31 * 86_400)
    assert services.guessing.forget() == 2
    assert shop("GET", "/v1/guessers").json["data"] == []


def test_many_guessers_at_one_key_wait_after_a_single_miss(services: Services) -> None:
    one, other = services.guessing, Guessing(MongoGuessers(services.database), services.clock)
    for number in range(guessing.KEY_MISSES):
        assert not one.missed("key", f"c{number}") or number == guessing.KEY_MISSES - 1
    assert one.missed("key", "eve")
    with pytest.raises(guessing.Slowed):
        other.check("key", "eve")
    other.check("key", "ana")
    other.check("another key", "eve")
    for _ in range(guessing.KEY_MISSES):
        one.check("reader")
        one.missed("reader")
    with pytest.raises(guessing.Slowed):
        one.check("reader")
    assert not one.missed("another key", "eve")
