"""Consent over the API: the log, the double opt-in, and addresses suppressed by hand."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from campaigns.opt_in import KEPT_FOR
from storage.mongo import Mongo
from tests.api.conftest import Call
from tests.support.clock import ManualClock
from wiring import Services

ANA = {"first_name": "Ana", "locale": "de", "addresses": {"email": ["ana@example.com"], "sms": ["+351912345678"]}}
PATH = "/v1/customers/ana/consents/email"


@pytest.fixture
def ana(call: Call) -> None:
    """Ana, whom nobody has asked anything."""
    call(
        "PUT", "/v1/shop", json={"name": "Harbour Records", "opt_in_wording": {"de": "Ja, {shop} darf mir schreiben."}}
    )
    assert call("PUT", "/v1/customers/ana", json=ANA).status_code == 200


def asked(call: Call, **body: Any) -> dict[str, Any]:
    answer = call("POST", f"{PATH}/opt-in", json={"source": "newsletter box", **body})
    assert answer.status_code == 202, answer.get_json()
    told: dict[str, Any] = answer.get_json()
    return told


def link(services: Services, message: str) -> str:
    return services.links.url("confirm", message).removeprefix(services.links.public_url)


def state(services: Services, channel: str = "email") -> str:
    return services.customers.get(["ana"])["ana"].consents[channel]["marketing"].state


def everything(database: Mongo) -> dict[str, list[object]]:
    return {name: sorted(database[name].find(), key=repr) for name in sorted(database.list_collection_names())}


def test_every_word_shows_who_passed_it_on_when_how_to_what_wording_and_from_where(
    call: Call, ana: None, clock: ManualClock
) -> None:
    call("PUT", PATH, json={"state": "granted", "how": "checkout", "wording": "Yes please", "source": "web shop"})
    clock.advance(60)
    call("PUT", PATH, json={"state": "denied", "how": "phone"})
    clock.advance(60)
    call("PUT", PATH, json={"state": "granted", "purpose": "service"})
    page = call("GET", "/v1/customers/ana/consents?limit=2").get_json()
    assert [(one["purpose"], one["state"]) for one in page["data"]] == [("service", "granted"), ("marketing", "denied")]
    rest = call("GET", f"/v1/customers/ana/consents?limit=2&after={page['next']}".replace("+", "%2B")).get_json()
    [first] = rest["data"]
    assert rest["next"] is None
    assert (first["how"], first["wording"], first["source"]) == ("checkout", "Yes please", "web shop")
    assert first["by"] == call("GET", "/v1/keys").get_json()["data"][0]["id"]
    assert first["at"] == "2026-03-02T10:00:00.000Z"
    assert call("GET", "/v1/customers/nobody/consents").status_code == 404
    assert call("GET", "/v1/customers/ana/consents?after=x").status_code == 422


def test_a_yes_is_pending_until_it_is_confirmed_by_the_link_that_was_sent(
    call: Call, web: FlaskClient, services: Services, ana: None, clock: ManualClock, database: Mongo
) -> None:
    told = asked(call)
    assert (told["state"], told["how"], told["source"]) == ("pending", "double opt-in", "newsletter box")
    assert told["wording"] == "Ja, Harbour Records darf mir schreiben."
    message = services.messages.get([told["message"]])[told["message"]]
    assert (message.purpose, message.channel, message.template) == ("transactional", "email", "opt-in")
    services.delivery.deliver(message.batch)
    html = call("GET", f"/v1/messages/{message.id}/content").get_json()["parts"]["html"]
    path = link(services, message.id)
    assert f"{services.links.public_url}{path}" in html
    assert told["wording"] in html
    clock.advance(3_600)
    before = everything(database)
    for _ in range(2):
        shown = web.get(path)
        assert (shown.status_code, told["wording"] in shown.get_data(as_text=True)) == (200, True)
        assert "Ana" not in shown.get_data(as_text=True)
    assert everything(database) == before
    for _ in range(3):
        assert web.post(path).status_code == 200
    assert state(services) == "granted"
    said = [word for _, _, word in services.consents.of_customer("ana")]
    assert [word.state for word in said] == ["pending", "granted"]
    assert (said[1].how, said[1].source, said[1].by, said[1].at) == (
        "double opt-in", "opt-in page", "customer", clock.now()
    )  # fmt: skip
    assert said[1].wording == told["wording"]
    assert web.get(path).status_code == 200
    assert call("POST", f"{PATH}/opt-in", json={}).get_json()["message"] == ""


def test_asking_again_at_once_sends_nothing_more_and_later_sends_anew(
    call: Call, services: Services, ana: None, clock: ManualClock, database: Mongo
) -> None:
    first = asked(call)
    clock.advance(60)
    again = asked(call)
    assert (again["message"], again["at"]) == (first["message"], first["at"])
    clock.advance(3_600)
    assert asked(call)["message"] != first["message"]
    assert database["messages"].count_documents({}) == 2
    # Either link will do, as long as nobody said no.
    assert call("POST", link(services, first["message"])).status_code == 200
    assert state(services) == "granted"


def test_an_old_link_does_not_undo_a_later_no(
    call: Call, web: FlaskClient, services: Services, ana: None, clock: ManualClock
) -> None:
    path = link(services, asked(call)["message"])
    clock.advance(60)
    call("PUT", PATH, json={"state": "denied"})
    assert (web.get(path).status_code, web.post(path).status_code) == (404, 404)
    assert state(services) == "denied"
    clock.advance(60)
    newer = link(services, asked(call)["message"])  # asked for again: the new link holds, the old one does not
    assert web.post(path).status_code == 404
    assert state(services) == "pending"
    assert web.post(newer).status_code == 200
    assert state(services) == "granted"
    clock.advance(60)
    call("PUT", PATH, json={"state": "denied"})
    assert web.post(newer).status_code == 404
    assert state(services) == "denied"


def test_a_link_ends_and_serves_one_purpose(
    call: Call, web: FlaskClient, services: Services, ana: None, clock: ManualClock
) -> None:
    message = asked(call)["message"]
    path = link(services, message)
    for other in ("preferences", "unsubscribe"):
        assert web.post(f"/y/{services.links.token(other, message)}").status_code == 404
    assert web.post(path[:-2]).status_code == 404
    clock.advance(KEPT_FOR.total_seconds())
    assert (web.get(path).status_code, web.post(path).status_code) == (404, 404)
    assert state(services) == "pending"


def test_a_message_of_another_kind_confirms_nothing(
    call: Call, web: FlaskClient, services: Services, ana: None
) -> None:
    content = {"email": {"en": {"subject": "Hello", "html": "<p>Hello</p>"}}}
    assert call("PUT", "/v1/templates/hello", json={"name": "Hello", "content": content}).status_code == 200
    sent = call("POST", "/v1/messages", json={"customer": "ana", "template": "hello"}).get_json()
    assert web.post(link(services, sent["id"])).status_code == 404


def test_a_yes_that_comes_by_put_can_be_asked_to_be_confirmed(call: Call, services: Services, ana: None) -> None:
    told = call("PUT", PATH, json={"state": "granted", "double_opt_in": True, "wording": "Yes, news"}).get_json()
    assert (told["state"], told["wording"]) == ("pending", "Yes, news")
    for body in ({"state": "denied", "double_opt_in": True}, {"state": "granted", "purpose": "service"}):
        answer = call("PUT", PATH, json={"double_opt_in": True, **body})
        assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["double_opt_in"])


def test_a_yes_is_asked_for_only_where_there_is_an_address_and_words_with_a_link(call: Call, ana: None) -> None:
    assert call("POST", "/v1/customers/nobody/consents/email/opt-in", json={}).status_code == 404
    assert call("POST", "/v1/customers/ana/consents/fax/opt-in", json={}).status_code == 404
    call("PUT", "/v1/customers/bo", json={})
    assert call("POST", "/v1/customers/bo/consents/email/opt-in", json={}).status_code == 409
    own = {"email": {"en": {"subject": "Sure?", "html": "<p>Yes?</p>"}}}
    assert call("PUT", "/v1/templates/opt-in", json={"name": "Own", "content": own}).status_code == 200
    refused = call("POST", f"{PATH}/opt-in", json={})
    assert (refused.status_code, "opt_in.link" in refused.get_json()["detail"]) == (409, True)
    own["email"]["en"]["html"] = "<p><a href='{{ opt_in.link }}'>Yes</a></p>"
    assert call("PUT", "/v1/templates/opt-in", json={"name": "Own", "content": own}).status_code == 200
    assert asked(call)["state"] == "pending"
    assert call("POST", "/v1/customers/ana/consents/sms/opt-in", json={}).status_code == 409


def test_by_text_message_it_works_the_same(call: Call, web: FlaskClient, services: Services, ana: None) -> None:
    told = call("POST", "/v1/customers/ana/consents/sms/opt-in", json={}).get_json()
    message = services.messages.get([told["message"]])[told["message"]]
    assert [route.channel for route in message.routes] == ["sms"]
    services.delivery.deliver(message.batch)
    text = call("GET", f"/v1/messages/{message.id}/content").get_json()["parts"]["text"]
    (short,) = re.findall(r"http://shop\.test(/l/\w+)", text)
    assert link(services, message.id) in web.get(short).location
    assert state(services, "sms") != "granted"  # to follow a link changes nothing
    assert web.post(link(services, message.id)).status_code == 200
    assert state(services, "sms") == "granted"


def test_support_looks_up_suppresses_and_lifts_and_leaves_a_trace(
    call: Call, services: Services, clock: ManualClock, database: Mongo
) -> None:
    services.suppressions.add("email", "ana@example.com", "all", "stop", clock.now())
    query = {"channel": "email", "address": "Ana@Example.com"}
    found = call("GET", "/v1/suppressions", query_string=query).get_json()
    assert [(word["reason"], word["purpose"]) for word in found["standing"]] == [("stop", "all")]
    for _ in range(2):
        told = call("POST", "/v1/suppressions", json={**query, "purpose": "marketing", "note": "Called us"}).get_json()
    [_, by_hand] = told["standing"]
    key = call("GET", "/v1/keys").get_json()["data"][0]["id"]
    assert (by_hand["reason"], by_hand["note"], by_hand["by"]) == ("by_hand", "Called us", key)
    lifted = call("POST", "/v1/suppressions/lift", json={**query, "reason": "stop", "note": "Asked to"}).get_json()
    assert [word["reason"] for word in lifted["standing"]] == ["by_hand"]
    assert [(word["reason"], word["note"], word["by"]) for word in lifted["lifted"]] == [("stop", "Asked to", key)]
    assert call("POST", "/v1/suppressions/lift", json={**query, "reason": "stop", "note": "x"}).status_code == 404
    assert services.suppressions.among("email", ["ana@example.com"], "service") == {}
    assert services.suppressions.among("email", ["ana@example.com"], "marketing") == {"ana@example.com": "by_hand"}
    assert "ana" not in str(list(database["suppressions"].find())).lower()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"channel": "email", "address": "nobody"}, "address"),
        ({"channel": "sms", "address": "912345678"}, "address"),
        ({"channel": "fax", "address": "1"}, "channel"),
        ({"channel": "email", "address": "a@example.com", "note": ""}, "note"),
        ({"channel": "email", "address": "a@example.com", "purpose": "transactional"}, "purpose"),
    ],
)
def test_what_cannot_be_suppressed_is_refused_by_name(call: Call, body: dict[str, str], field: str) -> None:
    answer = call("POST", "/v1/suppressions", json={"note": "x", **body})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
