"""Messenger and Instagram: what only they do."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from common.settings import Settings
from messaging.channel import Accepted, Hook, NotTaken, Outbox, Rejected
from messaging.channels._page import Page, request
from messaging.channels.instagram import Instagram
from messaging.channels.messenger import Messenger
from tests.messaging.channels.chats import Heard
from tests.support.clock import ManualClock
from tests.support.letters import parcel_of
from tests.support.sandbox import ProviderSandbox

NO_OUTBOX: Outbox = None  # type: ignore[assignment]  # it has credentials
AT = ManualClock().now()
PICTURE = "https://shop.example/cake.jpg"
KINDS = {"messenger": Messenger, "instagram": Instagram}


@pytest.fixture(params=sorted(KINDS))
def provider(request: pytest.FixtureRequest, provider_sandbox: ProviderSandbox, clock: ManualClock) -> Iterator[Page]:
    settings = provider_sandbox.settings(Settings(http_timeout=1.0))
    environment = {
        **settings.environment,
        "ENCORE_MESSENGER_TAG": "ACCOUNT_UPDATE",
        "ENCORE_INSTAGRAM_TAG": "HUMAN_AGENT",
    }
    page = KINDS[request.param](msgspec.structs.replace(settings, environment=environment), NO_OUTBOX, clock)
    page.heard = Heard(clock, hours=1)
    yield page
    page.close()


def test_outside_the_window_only_what_is_no_marketing_goes_and_under_its_tag(
    provider: Page, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    channel = provider.channel
    provider.hand_over(parcel_of(channel))
    provider.heard = Heard(clock, hours=25)
    refused = provider.hand_over(parcel_of(channel))["m0"]
    assert isinstance(refused, Rejected)
    assert refused.reason == "outside_window"
    provider.hand_over(parcel_of(channel, purpose="service"))
    within, later = provider_sandbox.accepted()
    assert (within["kind"], within["tag"]) == ("UPDATE" if channel == "messenger" else "", "")
    assert (later["kind"], later["tag"]) == (
        "MESSAGE_TAG",
        {"messenger": "ACCOUNT_UPDATE", "instagram": "HUMAN_AGENT"}[channel],
    )


def test_what_a_letter_holds_decides_the_form() -> None:
    link, answer = {"button_1": "Shop", "button_1_url": "https://a.b"}, {"button_2": "Yes"}
    assert request({"text": "Hello"}, 2_000) == {"text": "Hello"}
    card = request({"text": "Cake\nfor you", "media": PICTURE, **link, **answer}, 2_000)["attachment"]["payload"]
    (element,) = card["elements"]
    assert (element["title"], element["subtitle"], element["image_url"]) == ("Cake", "for you", PICTURE)
    assert [one["type"] for one in element["buttons"]] == ["web_url", "postback"]
    buttons = request({"text": "x" * 640, **link}, 2_000)["attachment"]["payload"]
    assert (buttons["template_type"], len(buttons["buttons"])) == ("button", 1)
    long = request({"text": "x" * 641, **link, **answer}, 2_000)
    assert long["text"].endswith("Shop: https://a.b")
    assert [one["title"] for one in long["quick_replies"]] == ["Yes"]
    assert request({"text": "x" * 100, "media": PICTURE}, 2_000)["text"].endswith(PICTURE)


@pytest.mark.parametrize(
    ("code", "subcode", "type_", "reason", "suppress"),
    [
        (10, 2018278, Rejected, "outside_window", ""),
        (10, 2534022, Rejected, "outside_window", ""),
        (100, 2018001, Rejected, "invalid_address", ""),
        (200, 1545041, Rejected, "unreachable_address", ""),
        (551, 0, Rejected, "blocked", "blocked"),
        (10, 0, NotTaken, "credentials", ""),
        (190, 463, NotTaken, "credentials", ""),
        (613, 0, NotTaken, "rate_limited", ""),
        (368, 0, NotTaken, "account_blocked", ""),
    ],
)
def test_the_graph_s_codes_in_our_words(
    provider: Page, provider_sandbox: ProviderSandbox, code: int, subcode: int, type_: type, reason: str, suppress: str
) -> None:
    provider_sandbox.misbehave({"status": 400, "code": code, "subcode": subcode})
    outcome = provider.hand_over(parcel_of(provider.channel))["m0"]
    assert isinstance(outcome, type_)
    assert isinstance(outcome, Rejected | NotTaken)
    assert outcome.reason == reason
    assert getattr(outcome, "suppress", "") == suppress


def test_deliveries_reads_and_echoes_in_our_words(provider: Page, provider_sandbox: ProviderSandbox) -> None:
    outcome = provider.hand_over(parcel_of(provider.channel))["m0"]
    assert isinstance(outcome, Accepted)
    name = provider_sandbox.accepted()[0]["message"]
    words = ["delivered", "read", "echo"]
    hooks = provider_sandbox.hooks(AT, [{"message": name, "event": word, "at": AT.timestamp()} for word in words])
    said = [(one.type, one.provider_id, one.up_to, one.message) for hook in hooks for one in provider.receipts(hook)]
    delivered, read, *echo = said
    assert delivered == ("delivered", outcome.provider_id, None, "")
    if provider.channel == "messenger":
        assert read == ("opened", "", AT, "")
        assert echo == [("accepted", outcome.provider_id, None, "m0")]
    else:
        assert read == ("opened", outcome.provider_id, None, "")
    assert [one for hook in hooks for one in provider.replies(hook)] == []


def test_taps_links_and_words_are_replies(provider: Page, provider_sandbox: ProviderSandbox) -> None:
    channel = provider.channel
    said: list[dict[str, Any]] = [
        {"text": "Hello"},
        {"text": "Stop", "button": True},
        {"text": "", "ref": "abc"},
    ]
    hooks = provider_sandbox.hooks(AT, replies=[{"channel": channel, "from": "2400", **one} for one in said])
    heard = [(one.text, one.link, one.address) for hook in hooks for one in provider.replies(hook)]
    assert heard == [("Hello", "", "2400"), ("Stop", "", "2400"), ("[opened the chat by a link]", "abc", "2400")]
    assert [one.type for hook in hooks for one in provider.receipts(hook)] == ["clicked"]


@pytest.mark.parametrize(
    "event",
    [
        {"delivery": {"mids": 5}},
        {"read": []},
        {"message": "x"},
        {"message": {"mid": {"$gt": ""}, "text": ["a"]}, "sender": {"id": "5"}},
        {"sender": 5, "timestamp": "never"},
    ],
)
def test_an_event_of_a_strange_form_is_no_error(provider: Page, event: dict[str, Any]) -> None:
    entry = [{"id": provider.account.id, "messaging": [event]}, 5, {"messaging": 5}]
    body = json.dumps({"object": "page", "entry": entry}).encode()
    hook = Hook(url="", at=AT, headers={}, body=body)
    assert len(provider.receipts(hook)) + len(provider.replies(hook)) <= 1


def test_what_is_about_another_page_of_the_same_app_is_not_ours(
    provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    page = Messenger(provider_sandbox.settings(Settings()), NO_OUTBOX, clock)
    (hook,) = provider_sandbox.hooks(AT, replies=[{"channel": "messenger", "from": "2400", "text": "STOP"}])
    assert len(page.replies(hook)) == 1
    other = msgspec.structs.replace(hook, body=hook.body.replace(page.account.id.encode(), b"999"))
    assert page.replies(other) == []
    assert [(one.type, one.detail) for one in page.receipts(other)] == [("unknown", "of another account: 999")]
