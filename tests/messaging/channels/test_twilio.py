"""Twilio: what only it does."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from common.errors import Forged
from common.settings import Settings
from messaging.channel import Accepted, Hook, NotTaken, Outbox, Rejected
from messaging.channels.twilio import Twilio, signature
from tests.support import openapi
from tests.support.clock import ManualClock
from tests.support.letters import letter, parcel, parcel_of
from tests.support.sandbox import ProviderSandbox

NO_OUTBOX: Outbox = None  # type: ignore[assignment]  # it has credentials
AT = ManualClock().now()


@pytest.fixture
def provider(provider_sandbox: ProviderSandbox, clock: ManualClock) -> Iterator[Twilio]:
    settings = provider_sandbox.settings(Settings(public_url="http://shop.test/", http_timeout=1.0))
    twilio = Twilio(settings, NO_OUTBOX, clock)
    yield twilio
    twilio.close()


def test_the_report_is_asked_for_at_an_address_that_holds_our_ids(
    provider: Twilio, provider_sandbox: ProviderSandbox
) -> None:
    provider.hand_over(parcel_of("sms"))
    (arrived,) = provider_sandbox.accepted()
    assert arrived["callback"] == "http://shop.test/webhooks/sms?message=m0&token=t1"


def test_a_number_that_said_stop_to_the_carrier_is_rejected_and_to_be_suppressed(
    provider: Twilio, provider_sandbox: ProviderSandbox
) -> None:
    sent = parcel_of("sms", 2)
    provider_sandbox.webhooks(replies=[{"from": sent.letters[0].address, "to": sent.sender, "text": "STOP"}])
    outcomes = provider.hand_over(sent)
    first = outcomes["m0"]
    assert isinstance(first, Rejected)
    assert first.suppress == "stop"
    assert isinstance(outcomes["m1"], Accepted)


@pytest.mark.parametrize(("parts", "reason"), [({"text": ""}, "empty_content"), ({"text": "x" * 1_601}, "too_long")])
def test_a_text_that_twilio_refuses_is_rejected_with_a_reason(
    provider: Twilio, parts: dict[str, str], reason: str
) -> None:
    outcome = provider.hand_over(parcel("sms", [letter("sms", 1, **parts)]))["m1"]
    assert isinstance(outcome, Rejected)
    assert (outcome.reason, outcome.suppress) == (reason, "")


def test_a_wrong_sender_stops_everything_and_fails_nobody(provider: Twilio, provider_sandbox: ProviderSandbox) -> None:
    outcomes = provider.hand_over(parcel_of("sms", 3, sender="#"))
    assert [(type(one), one.stop) for one in outcomes.values() if isinstance(one, NotTaken)] == [(NotTaken, True)] * 3
    # Once it is known to stop, nobody else is tried.
    assert len([line for line in provider_sandbox.lines() if line["type"] == "open"]) == 1


@pytest.mark.parametrize(
    ("event", "error", "type_", "permanent"),
    [
        ("queued", "", "accepted", False),
        ("sent", "", "accepted", False),
        ("delivered", "", "delivered", False),
        ("undelivered", "30003", "undelivered", False),
        ("undelivered", "30005", "bounced", True),
        ("failed", "30007", "undelivered", False),
        ("read", "", "opened", False),
    ],
)
def test_statuses_in_our_words(
    provider: Twilio, provider_sandbox: ProviderSandbox, event: str, error: str, type_: str, permanent: bool
) -> None:
    provider.hand_over(parcel_of("sms"))
    (hook,) = provider_sandbox.hooks(AT, [{"message": "m0", "event": event, "error": error}])
    provider.verify(hook)
    (receipt,) = provider.receipts(hook)
    assert (receipt.type, receipt.permanent, receipt.address) == (type_, permanent, "+12025550000")
    assert provider.replies(hook) == []


def test_our_ids_in_the_address_are_signed_too(provider: Twilio, provider_sandbox: ProviderSandbox) -> None:
    provider.hand_over(parcel_of("sms"))
    (hook,) = provider_sandbox.hooks(AT, [{"message": "m0", "event": "delivered"}])
    with pytest.raises(Forged):
        provider.verify(msgspec.structs.replace(hook, url=hook.url.replace("m0", "m1")))


def test_a_reply_is_heard_with_its_number_and_its_words(provider: Twilio, provider_sandbox: ProviderSandbox) -> None:
    words = "Olá & thanks 🎂 +1"
    (hook,) = provider_sandbox.hooks(AT, replies=[{"from": "+12025550007", "to": "+15005550006", "text": words}])
    provider.verify(hook)
    (reply,) = provider.replies(hook)
    assert (reply.address, reply.to, reply.text, reply.at) == ("+12025550007", "+15005550006", words, AT)
    assert provider.receipts(hook) == []
    again = msgspec.structs.replace(hook, at=AT.replace(hour=23))
    assert provider.replies(again)[0].key == reply.key


def test_an_answer_is_escaped(provider: Twilio) -> None:
    hook = Hook(url="", at=AT, headers={}, body=b"")
    kind, body = provider.answer("A & B <C>", hook)
    assert kind == "text/xml"
    assert "<Message>A &amp; B &lt;C&gt;</Message>" in body
    assert "<Message>" not in provider.answer("", hook)[1]


VECTORS = openapi.PROVIDERS / "twilio" / "request_validator_vectors.json"


@pytest.mark.skipif(not VECTORS.exists(), reason=openapi.MISSING)
def test_real_signatures_verify_with_and_without_the_port(clock: ManualClock) -> None:
    data = json.loads(VECTORS.read_text())
    fields = data["vectors"][0]["params"]
    environment = {"ENCORE_TWILIO_ACCOUNT_SID": "AC", "ENCORE_TWILIO_AUTH_TOKEN": data["auth_token"]}
    provider = Twilio(Settings(environment=environment), NO_OUTBOX, clock)
    for vector in data["vectors"]:
        headers = {"x-twilio-signature": vector["signature"]}
        hook = Hook(url=vector["url"], at=AT, headers=headers, body=urlencode(fields).encode())
        provider.verify(hook)
        with pytest.raises(Forged):
            provider.verify(msgspec.structs.replace(hook, url=vector["url"] + "&x=1"))


def test_a_field_that_is_sent_twice_is_signed_once() -> None:
    once: list[tuple[str, str]] = [("A", "1"), ("B", "2")]
    assert signature(b"token", "https://shop.test/", [*once, ("A", "1")]) == signature(
        b"token", "https://shop.test/", once
    )


@pytest.mark.skipif(not openapi.available(), reason=openapi.MISSING)
def test_a_request_that_does_not_fit_twilios_own_file_would_be_noticed() -> None:
    body: dict[str, Any] = {
        "To": "+12025550000",
        "From": "+15005550006",
        "Body": "x",
        "StatusCallback": "http://a.test",
    }
    assert openapi.faults("twilio", body) == []
    assert openapi.faults("twilio", {**body, "Surprise": "1"}) != []
