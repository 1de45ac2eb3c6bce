"""Templates over the API: checked when they are saved, kept in versions, seen before they are sent."""

import re
from typing import Any

import pytest

from customers.customer import Customer
from tests.api.conftest import Call
from wiring import Services

EMAIL = {"subject": "Hi {{ first_name }}", "html": "<p>Hello {{ first_name }}, {{ voucher.code }}</p>"}
SMS = {"text": "Hi {{ first_name | default('there') }}"}
HELLO: dict[str, Any] = {
    "name": "Hello",
    "content": {"email": {"en": EMAIL}, "sms": {"en": SMS, "de": {"text": "Hallo"}}},
}


def test_a_template_is_made_read_changed_and_listed_with_its_versions(call: Call) -> None:
    made = call("POST", "/v1/templates", json=HELLO)
    assert made.status_code == 201
    assert made.json["version"] == 1
    assert made.headers["ETag"] == '"v1"'
    path = f"/v1/templates/{made.json['id']}"
    assert call("GET", path).json == made.json
    changed = call("PUT", path, json={**HELLO, "name": "Hello again"}, headers={"If-Match": '"v1"'})
    assert (changed.status_code, changed.json["version"]) == (200, 2)
    assert call("GET", path).json["name"] == "Hello again"
    assert call("GET", f"{path}?version=1").json == made.json
    assert [one["version"] for one in call("GET", f"{path}/versions").json["data"]] == [1, 2]
    assert [one["version"] for one in call("GET", "/v1/templates").json["data"]] == [2]


def test_versions_come_by_pages(call: Call) -> None:
    for name in "abc":
        call("PUT", "/v1/templates/hello", json={**HELLO, "name": name})
    first = call("GET", "/v1/templates/hello/versions?limit=2").json
    assert [one["name"] for one in first["data"]] == ["a", "b"]
    second = call("GET", f"/v1/templates/hello/versions?limit=2&after={first['next']}").json
    assert ([one["name"] for one in second["data"]], second["next"]) == (["c"], None)


def test_an_id_of_the_shops_own_makes_or_changes_it(call: Call) -> None:
    assert call("PUT", "/v1/templates/hello", json=HELLO).json["version"] == 1
    assert call("PUT", "/v1/templates/hello", json=HELLO).json["version"] == 1
    assert call("POST", "/v1/templates", json={**HELLO, "id": "hello"}).status_code == 409
    assert call("POST", "/v1/templates", json={**HELLO, "id": "hello-2"}).json["id"] == "hello-2"


def test_a_change_of_what_somebody_else_changed_is_refused(call: Call) -> None:
    call("PUT", "/v1/templates/hello", json=HELLO)
    call("PUT", "/v1/templates/hello", json={**HELLO, "name": "b"})
    assert call("PUT", "/v1/templates/hello", json=HELLO, headers={"If-Match": '"v1"'}).status_code == 412


def test_faults_are_named_by_their_path_and_line(call: Call) -> None:
    bad = {"email": {"en": {"subject": "{{ nobody }}", "html": "<p>a</p>\n<script>a</script>"}}, "sms": {"$x": SMS}}
    answer = call("POST", "/v1/templates", json={"name": "a", "content": bad})
    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {"content.email.en.subject", "content.email.en.html", "content.sms.$x"}
    assert answer.json["errors"]["content.email.en.html"][0].startswith("Line 2: <script> is not allowed")
    assert call("GET", "/v1/templates").json["data"] == []


def test_what_is_too_long_or_no_mapping_is_named_by_its_path(call: Call) -> None:
    long = {"email": {"en": {"subject": "a", "html": "a" * 100_001}, "de": "no parts"}, "sms": 1}
    answer = call("POST", "/v1/templates", json={"name": "a", "content": long})
    assert answer.status_code == 422
    assert set(answer.json["errors"]) == {"content.email.en.html", "content.email.de", "content.sms"}
    ask = {"content": {"email": {"en": {"html": "a" * 100_001}}}, "channel": "email"}
    assert set(call("POST", "/v1/templates/preview", json=ask).json["errors"]) == {"content.email.en.html"}


@pytest.mark.parametrize(
    "content",
    [{}, [], None, "a", {"email": []}, {"email": {"en": "a"}}, {"email": {"en": {"subject": 1}}}, {"fax": {}},
     {"sms": {}}, {"sms": {"en": {"text": "a" * 100_001}}}, {"sms": {"en": {"text": "a", "html": "b"}}}],
)  # fmt: skip
def test_content_of_the_wrong_shape_is_refused(call: Call, content: Any) -> None:
    answer = call("PUT", "/v1/templates/hello", json={"name": "a", "content": content})
    assert answer.status_code == 422
    assert all(path.startswith("content") for path in answer.json["errors"])


def test_a_preview_shows_an_invented_person_with_warnings_and_cost(call: Call) -> None:
    seen = call("POST", "/v1/templates/preview", json={"content": HELLO["content"], "channel": "email", "locale": "fr"})
    assert seen.status_code == 200
    assert seen.json["locale"] == "en"
    assert seen.json["parts"]["subject"] == "Hi Ana"
    assert [warning["code"] for warning in seen.json["warnings"]] == ["no_preheader"]
    assert seen.json["sms"] is None
    call("PUT", "/v1/templates/hello", json=HELLO)
    text = call("POST", "/v1/templates/preview", json={"template": "hello", "channel": "sms", "locale": "de-AT"}).json
    assert re.fullmatch(r"Hallo\nAbmelden: STOP\nWarum das\? http://shop\.test/l/\w{10}", text["parts"]["text"])
    assert text["sms"]["segments"] == 1


def test_a_preview_shows_a_customer_in_their_language(call: Call, services: Services) -> None:
    services.customers.upsert([Customer(id="bo", first_name="Bo <b>", locale="de-DE"), Customer(id="anon")])
    ask = {"content": HELLO["content"], "customer": "bo"}
    assert call("POST", "/v1/templates/preview", json={**ask, "channel": "sms"}).json["locale"] == "de"
    seen = call("POST", "/v1/templates/preview", json={**ask, "channel": "email"}).json
    assert "Hello Bo &lt;b&gt;, ANA-7K4M-2P" in seen["parts"]["html"]
    anon = call("POST", "/v1/templates/preview", json={**ask, "customer": "anon", "channel": "email"})
    assert anon.status_code == 422
    assert "first_name" in anon.json["errors"]["customer"][0]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"channel": "sms"}, 422),
        ({"channel": "sms", "template": "hello", "content": {"sms": {"en": SMS}}}, 422),
        ({"channel": "fax", "content": {"sms": {"en": SMS}}}, 422),
        ({"channel": "email", "content": {"sms": {"en": SMS}}}, 422),
        ({"channel": "sms", "content": {"sms": {"fr": SMS}}, "locale": "de"}, 422),
        ({"channel": "sms", "content": {"sms": {"en": {"text": "{{ x }}"}}}}, 422),
        ({"channel": "sms", "template": "nobody"}, 404),
        ({"channel": "sms", "content": {"sms": {"en": SMS}}, "customer": "nobody"}, 404),
    ],
)
def test_what_cannot_be_previewed_is_refused(call: Call, body: dict[str, Any], status: int) -> None:
    assert call("POST", "/v1/templates/preview", json=body).status_code == status


def test_the_vocabulary_can_be_read(call: Call) -> None:
    names = {variable["name"]: variable for variable in call("GET", "/v1/template-variables").json}
    assert names["voucher.code"]["kind"] == "text"
    assert names["profile.spend"]["kind"] == "money"
    assert all(variable["about"] for variable in names.values())
