"""A customer on browsers, phones, the shop's own pages and systems, over the API: written to, heard of, gone."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from api.context import provide
from sandbox.standins.web_push import subscription
from tests.journeys.shop import Bench
from tests.support.clock import ManualClock
from tests.support.letters import ADDRESSES
from tests.support.mail import Mailbox, mail_server
from tests.support.sandbox import ProviderSandbox
from wiring import Services

ORIGIN = "https://shop.example"
SHOWN = {
    "title": "A cake, {{ first_name }}",
    "body": "It is your day 🎂",
    "link": "https://shop.example/cakes?for={{ first_name }}",
    "media": "https://cdn.example/cake.jpg",
    "media_alt": "A cake",
}
BUTTONS = "Order one | https://shop.example/order\nChoose | {{ links.preferences }}"
CONTENT = {
    "web_push": {"en": {**SHOWN, "buttons": BUTTONS}},
    "mobile_push": {"en": SHOWN},
    "inbox": {"en": {**SHOWN, "buttons": BUTTONS}},
    "webhook": {"en": {"text": "A cake, {{ first_name }}", "buttons": BUTTONS}},
    "email": {"en": {"subject": "A cake, {{ first_name }}", "html": "<p>It is your day</p>"}},
}
HOSTILE = "Ana\u202e 🎂 " + "<script>alert(1)</script>" * 3


class Counter:
    """The shop over its API, its worker, and what comes back from devices."""

    def __init__(self, shop: Services, routes: Flask) -> None:
        self.shop = shop
        _, key = shop.keys.create("tests", ["admin"])
        provide(routes, shop)
        self.web = routes.test_client()
        self.web.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {key}"
        self.call("POST", "/v1/templates", {"id": "cake", "name": "Cake", "content": CONTENT})

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.web.open(path, method=method, json=body)
        assert answer.status_code < 300, answer.text
        return answer.get_json()

    def customer(self, channel: str, *addresses: str) -> None:
        """Somebody who agreed to hear from the shop there."""
        self.call("PUT", "/v1/customers/ana", {"first_name": HOSTILE, "addresses": {channel: list(addresses)}})
        self.call("PUT", f"/v1/customers/ana/consents/{channel}", {"state": "granted", "how": "asked"})

    def write(self, purpose: str = "marketing") -> dict[str, Any]:
        """Send one message, let the worker work, and look at it."""
        body = {"customer": "ana", "template": "cake", "purpose": purpose}
        return self.worked(self.call("POST", "/v1/messages", body)["id"])

    def worked(self, message: str) -> dict[str, Any]:
        bench = self.shop.doorbell
        assert isinstance(bench, Bench)
        bench.work(self.shop)
        shown: dict[str, Any] = self.call("GET", f"/v1/messages/{message}")
        return shown

    def post(self, url: str, body: str, headers: dict[str, str] | None = None) -> TestResponse:
        """What a device or a server posts, twice, as some do."""
        for _ in range(2):
            answer = self.web.post(url.removeprefix("http://shop.test"), data=body, headers=headers)
        return answer

    def facts(self) -> list[str]:
        return sorted(fact.type for fact in self.shop.facts.of_customer("ana", 100))

    def addresses(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = self.call("GET", "/v1/customers/ana")["addresses"]
        return found


@pytest.fixture
def shop(provider_sandbox: ProviderSandbox, services: Services, clock: ManualClock) -> Iterator[Services]:
    clock.set(datetime.now(UTC).replace(microsecond=0))
    own = provider_sandbox.settings(services.settings)
    environment = own.environment | {"ENCORE_INBOX_ORIGINS": f"{ORIGIN}, http://localhost:8080"}
    shop = Services(msgspec.structs.replace(own, environment=environment), clock, Bench())
    yield shop
    shop.close()


@pytest.fixture
def counter(shop: Services, routes: Flask) -> Counter:
    return Counter(shop, routes)


@pytest.mark.parametrize("channel", ["web_push", "mobile_push", "webhook"])
def test_a_message_arrives_whole_and_what_became_of_it_is_known(
    counter: Counter, provider_sandbox: ProviderSandbox, channel: str
) -> None:
    counter.customer(channel, ADDRESSES[channel](1))
    shown = counter.write()
    assert (shown["state"], shown["channel"]) == ("accepted", channel)
    (arrived,) = provider_sandbox.accepted()
    assert (arrived["message"], arrived["address"]) == (shown["id"], counter.addresses()[channel][0])
    words = arrived["text" if channel == "webhook" else "title"]
    assert words.startswith("A cake, Ana 🎂 <script>")
    if channel != "webhook":
        assert arrived["link"].startswith("http://shop.test/c/")
        assert counter.web.get(arrived["link"].removeprefix("http://shop.test")).status_code == 302
        assert arrived["preferences"].startswith("http://shop.test/p/")
        assert arrived["media"] == "https://cdn.example/cake.jpg"
    if channel != "mobile_push":
        assert [one["label"] for one in arrived["buttons"]] == ["Order one", "Choose"]
    for event in ("opened", "delivered"):  # in any order, each twice
        for hook in provider_sandbox.webhooks([{"message": shown["id"], "event": event}]):
            assert counter.post(hook["url"], hook["body"], hook["headers"]).status_code == 200
            forged = counter.web.post(f"/webhooks/{channel}", data=hook["body"].replace(event, "bounced"))
            assert forged.status_code == 403
    assert counter.worked(shown["id"])["state"] == "delivered"
    assert counter.facts().count("opened") == 1
    timeline = counter.call("GET", "/v1/customers/ana/timeline?type=message")["data"]
    assert any(entry["data"].get("channel") == channel for entry in timeline)


@pytest.mark.parametrize("channel", ["web_push", "mobile_push"])
def test_a_message_goes_to_all_live_devices_and_those_that_are_gone_are_forgotten(
    counter: Counter, provider_sandbox: ProviderSandbox, channel: str
) -> None:
    def gone(number: int) -> str:
        return subscription(f"gone{number}") if channel == "web_push" else f"gone{number}:{'A' * 40}"

    laptop, phone = ADDRESSES[channel](1), ADDRESSES[channel](2)
    counter.customer(channel, gone(1), laptop, gone(2), phone)
    shown = counter.write()
    assert shown["state"] == "accepted"
    assert [one["address"] for one in provider_sandbox.accepted()] == [laptop, phone]
    assert counter.addresses()[channel] == [laptop, phone]
    dead = [gone(1), gone(2)]
    assert counter.shop.suppressions.among(channel, dead, "transactional") == dict.fromkeys(dead, "gone")
    counter.customer(channel, gone(3), gone(4))
    assert counter.write()["reason"] == "gone"
    assert channel not in {name for name, theirs in counter.addresses().items() if theirs}
    assert len(provider_sandbox.accepted()) == 2


def test_a_campaign_goes_by_the_preferred_way_and_on_to_the_next_where_a_browser_is_gone(
    counter: Counter, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    for channel, address in (("webhook", ADDRESSES["webhook"](1)), ("web_push", subscription("gone1"))):
        counter.customer(channel, address)
    counter.call("PATCH", "/v1/customers/ana", {"preferred": ["web_push", "webhook"]})
    rules = {"rule": "reachable", "channel": "web_push"}
    counter.call("POST", "/v1/segments", {"id": "browsers", "name": "Browsers", "rules": rules})
    counter.call("PUT", "/v1/shop", {"name": "Harbour Records", "postal_address": "1 Harbour Lane"})
    campaign = {"name": "Cakes", "segment": "browsers", "template": "cake"}
    id_ = counter.call("POST", "/v1/campaigns", campaign)["id"]
    counter.call("POST", f"/v1/campaigns/{id_}/launch")
    bench = counter.shop.doorbell
    assert isinstance(bench, Bench)
    bench.work(counter.shop)
    (message,) = counter.call("GET", f"/v1/campaigns/{id_}/messages")["data"]
    tried = counter.call("GET", f"/v1/messages/{message['id']}")
    assert [(one["channel"], one["outcome"]) for one in tried["attempts"]] == [
        ("web_push", "rejected"),
        ("webhook", "accepted"),
    ]
    assert [one["provider"] for one in provider_sandbox.accepted()] == ["webhook"]
    way = counter.shop.links.url("preferences", message["id"]).removeprefix("http://shop.test")
    page = counter.web.get(way)
    assert page.status_code == 200
    assert "another way of the shop" in page.text
    clock.advance(60)
    assert counter.web.post(way, data={"webhook.service": "yes", "pace": ""}).status_code == 200
    said = counter.call("GET", "/v1/customers/ana")["consents"]["webhook"]
    assert said["marketing"]["state"] == "denied"


def test_a_reply_over_a_webhook_is_heard_and_a_stop_obeyed(counter: Counter, provider_sandbox: ProviderSandbox) -> None:
    address = ADDRESSES["webhook"](1)
    counter.customer("webhook", address)
    said = [{"channel": "webhook", "from": address, "to": "", "text": "Stop please", "id": "r1"}]
    for hook in provider_sandbox.webhooks(replies=said):
        counter.post(hook["url"], hook["body"], hook["headers"])
    assert counter.write("service")["reason"] == "suppressed"
    assert provider_sandbox.accepted() == []
    (heard,) = counter.call("GET", "/v1/conversations/ana")["data"]
    assert (heard["text"], heard["keyword"]) == ("Stop please", "stop")


def test_an_inbox_shows_its_own_customers_messages_to_the_shops_pages_alone(
    counter: Counter, clock: ManualClock
) -> None:
    counter.call("PUT", "/v1/customers/ana", {"first_name": HOSTILE})
    counter.call("PUT", "/v1/customers/ana/consents/inbox", {"state": "granted", "how": "asked"})
    inbox = counter.call("POST", "/v1/customers/ana/inbox")
    assert counter.call("POST", "/v1/customers/ana/inbox")["address"] == inbox["address"]
    assert "ana" not in inbox["token"].lower()
    other = counter.call("PUT", "/v1/customers/bo", {}) and counter.call("POST", "/v1/customers/bo/inbox")
    shown = counter.write()
    assert shown["state"] == "accepted"
    page = counter.web.get(f"/i/{inbox['token']}", headers={"Origin": ORIGIN})
    assert page.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert (
        "Access-Control-Allow-Origin"
        not in counter.web.get(f"/i/{inbox['token']}", headers={"Origin": "https://evil.example"}).headers
    )
    (message,) = page.get_json()["messages"]
    assert (message["id"], message["read"], page.get_json()["unread"]) == (shown["id"], False, 1)
    assert [one["label"] for one in message["buttons"]] == ["Order one", "Choose"]
    assert counter.web.get(f"/i/{other['token']}").get_json() == {"unread": 0, "messages": []}
    assert counter.web.get(f"/i/{inbox['token'][:-2]}xx").status_code == 404
    back = message["back"]
    word = {"message": back["message"], "token": back["token"], "event": "opened"}
    signed = f"{back['url']}?signature={back['signatures']['opened']}"
    assert (
        counter.web.post(
            f"/webhooks/inbox?signature={back['signatures']['delivered']}", data=json.dumps(word)
        ).status_code
        == 403
    )
    assert counter.post(signed, json.dumps(word)).status_code == 200
    assert counter.worked(shown["id"])["state"] == "delivered"
    assert counter.facts().count("opened") == 1
    assert counter.web.get(f"/i/{inbox['token']}").get_json()["unread"] == 0
    clock.advance(timedelta(days=31).total_seconds())
    assert counter.web.get(f"/i/{inbox['token']}").status_code == 404


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


def test_mail_by_a_server_of_ones_own_goes_out_and_comes_back(services: Services, routes: Flask, box: Mailbox) -> None:
    environment = {
        "ENCORE_SMTP_URL": f"smtp://127.0.0.1:{box.port}",
        "ENCORE_SMTP_PLAIN": "true",
        "ENCORE_SMTP_BOUNCES": "bounces@shop.example",
    }
    shop = Services(msgspec.structs.replace(services.settings, environment=environment), services.clock, Bench())
    counter = Counter(shop, routes)
    counter.customer("email", "ana@example.com")
    shown = counter.write()
    assert shown["state"] == "accepted"
    (taken,) = box.taken
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in taken.mail
    report = (
        f"To: {taken.sender}\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Final-Recipient: rfc822; bo@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    assert counter.post("/webhooks/email", report, {"Content-Type": "message/rfc822"}).status_code == 200
    assert counter.post("/webhooks/email", report.replace("+", "-")).status_code == 403
    assert counter.worked(shown["id"])["state"] == "bounced"
    assert shop.suppressions.among("email", ["ana@example.com", "bo@example.com"], "marketing") == {
        "ana@example.com": "hard_bounce"
    }
    shop.close()
