"""A customer on a chat, over the API: written to, told of, answering, stopping; found by a link, and strangers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.context import provide
from tests.journeys.shop import Bench
from tests.support.clock import ManualClock
from tests.support.letters import ADDRESSES
from tests.support.sandbox import ProviderSandbox
from wiring import Services

PICTURE = "https://shop.example/cake.jpg"


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A channel: what its provider says first of a message and what that makes of it; how a link's token comes back.

    `windowed` is where a customer must have written before the shop may; `asking` what a link leads to.
    """

    channel: str
    word: str
    state: str
    fact: str = ""
    windowed: bool = False
    asking: str
    by_link: Callable[[str, str], dict[str, Any]]


def in_text(token: str, url: str) -> dict[str, Any]:
    return {"text": f"Hello! {token} thanks"}


CHATS = [
    Chat(channel="whatsapp", word="read", state="delivered", fact="opened", windowed=True,
         asking="https://wa.me/15550783881?text=Hello", by_link=in_text),
    Chat(channel="telegram", word="pressed", state="delivered", fact="clicked", asking="https://t.me/harbour_bot?start=",
         by_link=lambda token, url: {"text": f"/start {token}"}),
    Chat(channel="viber", word="seen", state="delivered", fact="opened", asking="viber://pa?chatURI=harbour&context=",
         by_link=lambda token, url: {"text": "", "context": token}),
    Chat(channel="messenger", word="read", state="delivered", fact="opened", windowed=True,
         asking="https://m.me/harbour?ref=", by_link=lambda token, url: {"text": "", "ref": token}),
    Chat(channel="instagram", word="read", state="delivered", fact="opened", windowed=True,
         asking="https://ig.me/m/harbour?ref=", by_link=lambda token, url: {"text": "", "ref": token}),
    Chat(channel="line", word="unfollow", state="accepted", asking="https://line.me/R/oaMessage/%40harbour/?Hello",
         by_link=lambda token, url: {"text": "", "nonce": token}),
]  # fmt: skip


@pytest.fixture(params=CHATS, ids=lambda chat: chat.channel)
def chat(request: pytest.FixtureRequest) -> Chat:
    found: Chat = request.param
    return found


class Counter:
    """The shop over its API, its worker, and the provider's webhooks."""

    def __init__(
        self, web: FlaskClient, shop: Services, sandbox: ProviderSandbox, clock: ManualClock, chat: Chat
    ) -> None:
        self.web = web
        self.shop, self.sandbox, self.clock, self.chat = shop, sandbox, clock, chat
        self.address = ADDRESSES[chat.channel](1)
        _, self.key = shop.keys.create("tests", ["admin"])

    def call(self, method: str, path: str, body: Any = None) -> TestResponse:
        answer = self.web.open(path, method=method, json=body, headers={"Authorization": f"Bearer {self.key}"})
        assert answer.status_code < 300, answer.text
        return answer

    def write(self, purpose: str = "marketing") -> dict[str, Any]:
        """Send one message, let the worker work, and look at it."""
        body = {"customer": "ana", "template": "cake", "purpose": purpose}
        id_ = self.call("POST", "/v1/messages", body).get_json()["id"]
        self.work()
        shown: dict[str, Any] = self.call("GET", f"/v1/messages/{id_}").get_json()
        return shown

    def say(self, text: str, sender: str = "", **more: Any) -> TestResponse:
        """A customer writes."""
        reply = {"channel": self.chat.channel, "from": sender or self.address, "to": "", "text": text, **more}
        return self.post(self.sandbox.webhooks(replies=[{**reply, "at": self.later()}]))

    def post(self, webhooks: list[Any]) -> TestResponse:
        """The provider posts, twice, as some do; later the worker works."""
        for one in [*webhooks, *webhooks]:
            answer = self.web.post(
                one["url"].removeprefix("http://shop.test"), data=one["body"], headers=one["headers"]
            )
            assert answer.status_code == 200
        return answer

    def later(self) -> float:
        """Two seconds on, and the provider's clock with it."""
        self.clock.advance(2)
        return self.clock.now().timestamp()

    def work(self) -> None:
        bench = self.shop.doorbell
        assert isinstance(bench, Bench)
        bench.work(self.shop)

    def customer(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.call("GET", "/v1/customers/ana").get_json()
        return shown


@pytest.fixture
def counter(
    routes: Flask, shop: Services, provider_sandbox: ProviderSandbox, clock: ManualClock, chat: Chat
) -> Counter:
    clock.set(datetime.now(UTC))
    provide(routes, shop)
    counter = Counter(routes.test_client(), shop, provider_sandbox, clock, chat)
    counter.call("PUT", "/v1/shop", {"name": "Harbour Records", "postal_address": "1 Harbour Lane"})
    counter.call("PUT", "/v1/customers/ana", {"first_name": "Ana", "addresses": {chat.channel: [counter.address]}})
    counter.call("PUT", f"/v1/customers/ana/consents/{chat.channel}", {"state": "granted", "purpose": "marketing"})
    words = {
        "text": "Cake for {{ first_name }}",
        "media": PICTURE,
        "buttons": "Yes please\nTo the shop | https://a.example",
    }
    counter.call("POST", "/v1/templates", {"id": "cake", "name": "Cake", "content": {chat.channel: {"en": words}}})
    return counter


def test_a_customer_on_a_chat_is_written_to_told_of_and_obeyed(counter: Counter, chat: Chat) -> None:
    if chat.windowed:
        assert counter.write()["reason"] == "outside_window"
    counter.say("Do you have cake?")
    counter.work()
    shown = counter.write()
    assert (shown["state"], shown["provider"]) == ("accepted", chat.channel)
    taken = counter.sandbox.accepted()[-1]
    assert taken["text"].startswith("Cake for Ana")
    assert (taken["address"], taken["media"]) == (counter.address, PICTURE)
    assert "Yes please" in str(taken)

    said = {"message": taken["message"], "event": chat.word, "words": "Yes please", "at": counter.later()}
    counter.post(counter.sandbox.webhooks([said]))
    counter.work()
    assert counter.call("GET", f"/v1/messages/{shown['id']}").get_json()["state"] == chat.state
    facts = [fact.type for fact in counter.shop.facts.of_customer("ana", 10)]
    assert facts == ([chat.fact] if chat.fact else [])

    if chat.word == "unfollow":
        assert counter.write("transactional")["reason"] == "suppressed"
        counter.say("I am back")
        counter.work()
        assert counter.write("transactional")["state"] == "accepted"
    counter.say("Stop please")  # obeyed before it is acknowledged, so that no worker need have worked
    assert counter.write("transactional")["reason"] == "suppressed"
    assert counter.customer()["consents"][chat.channel]["marketing"]["state"] == "denied"
    counter.say("START")
    counter.work()
    assert counter.write()["state"] == "accepted"
    before = len(counter.sandbox.accepted())
    counter.say("HELP")
    counter.work()
    assert ["Harbour Records" in one["text"] for one in counter.sandbox.accepted()[before:]] == [True]
    thread = counter.call("GET", "/v1/conversations/ana").get_json()["data"]
    assert [one["keyword"] for one in thread if one["direction"] == "in" and one["keyword"]] == [
        "stop",
        "start",
        "help",
    ]


def test_a_chat_that_comes_by_a_link_is_the_customers_and_strangers_are_nobodys(counter: Counter, chat: Chat) -> None:
    asked = {"channel": chat.channel, "wording": "Yes, cake news here", "source": "receipt"}
    link = counter.call("POST", "/v1/customers/ana/chat-links", asked).get_json()
    assert link["url"].startswith(chat.asking)
    assert link["token"] in link["url"]
    newcomer, stranger, thief = (ADDRESSES[chat.channel](number) for number in (2, 3, 4))
    counter.say("Who are you?", stranger)
    counter.say(sender=newcomer, id="link", **chat.by_link(link["token"], link["url"]))
    counter.work()
    counter.say(sender=thief, id="stolen", **chat.by_link(link["token"], link["url"]))
    counter.work()
    shown = counter.customer()
    assert shown["addresses"][chat.channel] == [newcomer, counter.address]
    word = shown["consents"][chat.channel]["marketing"]
    assert (word["state"], word["wording"], word["source"]) == ("granted", "Yes, cake news here", "receipt")
    assert link["token"] not in str(list(counter.shop.database["conversations"].find()))
    strangers = counter.call("GET", "/v1/conversations").get_json()["data"]
    assert {one["address"] for one in strangers} == {stranger, thief}
    greeted = [one for one in counter.sandbox.accepted() if "Harbour Records" in one["text"]]
    assert len(greeted) == 1
    assert counter.shop.customers.find("", 5, stranger, chat.channel) == []
