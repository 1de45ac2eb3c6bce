"""Telegram: what only it does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from common.errors import Forged
from common.settings import Settings
from messaging.channel import Accepted, Hook, NotTaken, Outbox, Rejected
from messaging.channels.telegram import Telegram, request
from tests.support import bot_api, openapi
from tests.support.clock import ManualClock
from tests.support.letters import letter, parcel, parcel_of
from tests.support.sandbox import ProviderSandbox

NO_OUTBOX: Outbox = None  # type: ignore[assignment]  # it has credentials
AT = ManualClock().now()
PICTURE = "https://shop.example/cake.jpg"


@pytest.fixture
def provider(provider_sandbox: ProviderSandbox, clock: ManualClock) -> Iterator[Telegram]:
    telegram = Telegram(provider_sandbox.settings(Settings(http_timeout=1.0)), NO_OUTBOX, clock)
    yield telegram
    telegram.close()


def made(**parts: str) -> tuple[str, dict[str, Any]]:
    """The method for these parts and its fields, which fit Telegram's own file."""
    method, body = request(parts)
    if openapi.available():
        assert bot_api.faults(openapi.PROVIDERS / bot_api.FILE, method, {"chat_id": 1, **body}) == []
    return method, body


def test_what_a_letter_holds_decides_the_method() -> None:
    assert made(text="Hello")[0] == "sendMessage"
    method, photo = made(text="Hello", media=PICTURE, button_1="Yes " * 30, button_2="Shop", button_2_url="https://a.b")
    assert (method, photo["photo"], photo["caption"]) == ("sendPhoto", PICTURE, "Hello")
    (answer,), (link,) = photo["reply_markup"]["inline_keyboard"]
    assert link == {"text": "Shop", "url": "https://a.b"}
    assert len(answer["callback_data"].encode()) <= 64
    method, long = made(text="x" * 1_025, media=PICTURE)
    assert (method, long["link_preview_options"]["url"]) == ("sendMessage", PICTURE)


@pytest.mark.parametrize(
    ("status", "words", "type_", "reason", "suppress"),
    [
        (403, "Forbidden: bot was blocked by the user", Rejected, "blocked", "blocked"),
        (403, "Forbidden: user is deactivated", Rejected, "blocked", "blocked"),
        (403, "Forbidden: bot can't initiate conversation with a user", Rejected, "not_started", ""),
        (403, "Forbidden: something about the bot", NotTaken, "credentials", ""),
        (400, "Bad Request: chat not found", Rejected, "invalid_address", ""),
        (400, "Bad Request: wrong file identifier/HTTP URL specified", Rejected, "refused", ""),
        (404, "Not Found", NotTaken, "wrong_url", ""),
    ],
)
def test_telegram_s_words_in_ours(
    provider: Telegram,
    provider_sandbox: ProviderSandbox,
    status: int,
    words: str,
    type_: type,
    reason: str,
    suppress: str,
) -> None:
    provider_sandbox.misbehave({"status": status, "words": words})
    outcome = provider.hand_over(parcel_of("telegram"))["m0"]
    assert isinstance(outcome, type_)
    assert isinstance(outcome, Rejected | NotTaken)
    assert outcome.reason == reason
    assert getattr(outcome, "suppress", "") == suppress


def test_the_time_to_wait_stands_in_the_answer(provider: Telegram, provider_sandbox: ProviderSandbox) -> None:
    provider_sandbox.misbehave({"status": 429, "retry_after": 31})
    outcomes = provider.hand_over(parcel_of("telegram", 3))
    assert [(type(one), one.retry_after) for one in outcomes.values() if isinstance(one, NotTaken)] == [
        (NotTaken, 31)
    ] * 3
    assert len([line for line in provider_sandbox.lines() if line["type"] == "open"]) == 1


def test_who_blocked_the_bot_is_told_and_refused(provider: Telegram, provider_sandbox: ProviderSandbox) -> None:
    outcome = provider.hand_over(parcel_of("telegram"))["m0"]
    assert isinstance(outcome, Accepted)
    name = provider_sandbox.accepted()[0]["message"]
    told = [{"message": name, "event": word, "words": "Yes"} for word in ("blocked", "unblocked", "pressed", "blocked")]
    hooks = provider_sandbox.hooks(AT, told)
    receipts = [one for hook in hooks for one in provider.receipts(hook)]
    assert [one.type for one in receipts] == ["blocked", "unblocked", "clicked", "blocked"]
    assert {one.address for one in receipts} == {"700000000"}
    assert receipts[2].provider_id == outcome.provider_id
    assert len({one.key for one in receipts}) == 4
    (tapped,) = provider.replies(hooks[2])
    assert (tapped.text, tapped.address) == ("Yes", "700000000")
    kind, body = provider.answer("", hooks[2])
    assert (kind, json.loads(body)["method"]) == ("application/json", "answerCallbackQuery")
    assert provider.answer("", hooks[0]) == ("application/json", "")
    again = provider.hand_over(parcel_of("telegram"))["m0"]
    assert isinstance(again, Rejected)
    assert again.suppress == "blocked"


def test_the_token_of_a_link_is_told_apart(provider: Telegram, provider_sandbox: ProviderSandbox) -> None:
    said = [{"channel": "telegram", "from": "7", "text": words} for words in ("/start abc123", "/start", "start abc")]
    heard = [one for hook in provider_sandbox.hooks(AT, replies=said) for one in provider.replies(hook)]
    assert [one.link for one in heard] == ["abc123", "", ""]


def test_without_the_secret_nothing_is_believed(provider_sandbox: ProviderSandbox) -> None:
    token_alone = {
        name: value for name, value in provider_sandbox.environment.items() if name != "ENCORE_TELEGRAM_WEBHOOK_SECRET"
    }
    bare = Telegram(Settings(environment=token_alone), NO_OUTBOX, ManualClock())
    assert bare.configured()
    for given in ("", "telegram-webhook-secret"):
        headers = {"x-telegram-bot-api-secret-token": given}
        with pytest.raises(Forged):
            bare.verify(Hook(url="", at=AT, headers=headers, body=b"{}"))


def test_an_update_that_is_no_json_is_acknowledged(provider: Telegram) -> None:
    assert provider.answer("", Hook(url="", at=AT, headers={}, body=b"\xff")) == ("application/json", "")


def test_an_address_that_is_no_chat_id_is_not_sent(provider: Telegram, provider_sandbox: ProviderSandbox) -> None:
    bad = letter("telegram", 1)
    outcome = provider.hand_over(parcel("telegram", [type(bad)(message="m1", address="@ana", rendered=bad.rendered)]))
    assert isinstance(outcome["m1"], Rejected)
    assert provider_sandbox.lines() == []


@pytest.mark.skipif(not openapi.available(), reason=openapi.MISSING)
def test_a_call_that_does_not_fit_telegram_s_own_file_would_be_noticed() -> None:
    file = openapi.PROVIDERS / bot_api.FILE
    good: dict[str, Any] = {"chat_id": 1, "text": "Hello"}
    assert bot_api.faults(file, "sendMessage", good) == []
    for bad in ({**good, "surprise": 1}, {"chat_id": 1}, {**good, "text": 5}, {**good, "entities": [{"type": "bold"}]}):
        assert bot_api.faults(file, "sendMessage", bad) != []
    assert bot_api.faults(file, "sendPigeon", good) != []
