"""Viber: what only it does."""

import json
from collections.abc import Iterator

import pytest

from common.settings import Settings
from messaging.channel import Accepted, Hook, NotTaken, Outbox, Rejected, Uncertain
from messaging.channels.viber import Viber, request
from tests.support.clock import ManualClock
from tests.support.letters import parcel_of
from tests.support.sandbox import ProviderSandbox

NO_OUTBOX: Outbox = None  # type: ignore[assignment]  # it has credentials
AT = ManualClock().now()
PICTURE = "https://shop.example/cake.jpg"


@pytest.fixture
def provider(provider_sandbox: ProviderSandbox, clock: ManualClock) -> Iterator[Viber]:
    viber = Viber(provider_sandbox.settings(Settings(http_timeout=1.0)), NO_OUTBOX, clock)
    yield viber
    viber.close()


def test_what_a_letter_holds_decides_the_type_and_the_clients_that_are_needed() -> None:
    plain = request({"text": "Hello"})
    assert (plain["type"], plain["min_api_version"], "keyboard" in plain) == ("text", 1, False)
    picture = request(
        {"text": "Hello", "media": PICTURE, "button_1": "Yes", "button_2": "Shop", "button_2_url": "https://a.b"}
    )
    assert (picture["type"], picture["media"], picture["min_api_version"]) == ("picture", PICTURE, 7)
    buttons = picture["keyboard"]["Buttons"]
    assert [(one["ActionType"], one["ActionBody"]) for one in buttons] == [
        ("reply", "Yes"),
        ("open-url", "https://a.b"),
    ]
    long = request({"text": "x" * 800, "media": PICTURE})
    assert (long["type"], long["text"].endswith(PICTURE)) == ("text", True)


@pytest.mark.parametrize(
    ("code", "type_", "reason", "suppress"),
    [
        (2, NotTaken, "credentials", ""),
        (5, Rejected, "invalid_address", ""),
        (6, Rejected, "not_subscribed", "blocked"),
        (12, NotTaken, "rate_limited", ""),
        (13, Rejected, "unsuitable_device", ""),
        (24, NotTaken, "payment_due", ""),
        (99, Uncertain, "provider_error", ""),
    ],
)
def test_viber_answers_200_whatever_it_says(
    provider: Viber, provider_sandbox: ProviderSandbox, code: int, type_: type, reason: str, suppress: str
) -> None:
    provider_sandbox.misbehave({"status": 200, "code": code})
    outcome = provider.hand_over(parcel_of("viber"))["m0"]
    assert isinstance(outcome, type_)
    assert isinstance(outcome, Rejected | NotTaken | Uncertain)
    assert outcome.reason == reason
    assert getattr(outcome, "suppress", "") == suppress


def test_events_in_our_words(provider: Viber, provider_sandbox: ProviderSandbox) -> None:
    outcome = provider.hand_over(parcel_of("viber"))["m0"]
    assert isinstance(outcome, Accepted)
    words = ["delivered", "seen", "failed", "unsubscribed", "subscribed"]
    hooks = provider_sandbox.hooks(AT, [{"message": "m0", "event": word} for word in words])
    for hook in hooks:
        provider.verify(hook)
    receipts = [one for hook in hooks for one in provider.receipts(hook)]
    assert [one.type for one in receipts] == ["delivered", "opened", "undelivered", "blocked", "unblocked"]
    assert [one.provider_id for one in receipts] == [outcome.provider_id] * 3 + ["", ""]
    assert {one.address for one in receipts} == {"00000000000A="}
    assert "failure description" in receipts[2].detail


def test_a_number_of_64_bits_is_kept_exactly(provider: Viber) -> None:
    number = 9_223_372_036_854_775_807
    event = {"event": "delivered", "timestamp": 1_457_764_197_627, "message_token": number, "user_id": "01234567890A="}
    (receipt,) = provider.receipts(Hook(url="", at=AT, headers={}, body=json.dumps(event).encode()))
    assert receipt.provider_id == str(number)
    assert receipt.at.isoformat() == "2016-03-12T06:29:57.627000+00:00"


def test_the_set_up_s_own_callback_says_nothing(provider: Viber) -> None:
    hook = Hook(url="", at=AT, headers={}, body=b'{"event":"webhook","timestamp":1457764197627,"message_token":1}')
    assert (provider.receipts(hook), provider.replies(hook)) == ([], [])


def test_a_sender_has_a_name_that_fits(provider: Viber, provider_sandbox: ProviderSandbox) -> None:
    provider.hand_over(parcel_of("viber", sender_name="A shop with quite a long name indeed"))
    provider.hand_over(parcel_of("viber", sender_name=""))
    assert [one["sender"] for one in provider_sandbox.accepted()] == ["A shop with quite a long nam", "Shop"]
