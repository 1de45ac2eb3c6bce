"""WhatsApp: what only it does."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
import pytest

from common.errors import Invalid
from common.settings import Settings
from messaging.channel import Accepted, Hook, NotTaken, Outbox, Rejected
from messaging.channels._whatsapp_body import body
from messaging.channels._whatsapp_numbers import from_wa_id
from messaging.channels.whatsapp import WhatsApp
from tests.messaging.channels.chats import Heard
from tests.support import cloud_api, openapi
from tests.support.clock import ManualClock
from tests.support.letters import letter, parcel, parcel_of
from tests.support.sandbox import ProviderSandbox

NO_OUTBOX: Outbox = None  # type: ignore[assignment]  # it has credentials
AT = ManualClock().now()
PICTURE = "https://shop.example/cake.jpg"


@pytest.fixture
def provider(provider_sandbox: ProviderSandbox, clock: ManualClock) -> Iterator[WhatsApp]:
    whatsapp = WhatsApp(provider_sandbox.settings(Settings(http_timeout=1.0)), NO_OUTBOX, clock)
    whatsapp.heard = Heard(clock, hours=1)
    yield whatsapp
    whatsapp.close()


def kind_of(parts: dict[str, str], *, window_open: bool = True) -> dict[str, Any]:
    """The request for a letter of these parts, which fits Meta's own file."""
    sent = letter("whatsapp", 1, **parts)
    made = body(sent, "t1", window_open=window_open)
    assert made is not None
    if openapi.available():
        assert cloud_api.faults(openapi.PROVIDERS / cloud_api.FILE, made) == []
    return made


def test_the_window_decides_between_free_text_and_the_approved_template(
    provider: WhatsApp, provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    both = letter("whatsapp", 1, text="Free", template="winback/de", values="Ana\nCODE1")
    provider.hand_over(parcel("whatsapp", [both]))
    provider.heard = Heard(clock, hours=24)
    provider.hand_over(parcel("whatsapp", [both]))
    free, template = provider_sandbox.accepted()
    assert (free["text"], free["template"]) == ("Free", {})
    assert (template["text"], template["template"]["name"]) == ("", "winback")
    provider.heard = None  # nobody was ever heard
    outcome = provider.hand_over(parcel_of("whatsapp"))["m0"]
    assert isinstance(outcome, Rejected)
    assert outcome.reason == "outside_window"
    assert len(provider_sandbox.accepted()) == 2


def test_what_a_letter_holds_decides_the_form() -> None:
    links = {"button_1": "To the shop", "button_1_url": "https://shop.example/a"}
    answers = {"button_1": "Yes please", "button_2": "No"}
    assert kind_of({})["type"] == "text"
    assert kind_of({"media": PICTURE})["image"]["link"] == PICTURE
    link = kind_of({**links, "media": PICTURE})["interactive"]
    assert (link["type"], link["header"]["image"]["link"]) == ("cta_url", PICTURE)
    replies = kind_of(answers)["interactive"]["action"]["buttons"]
    assert [one["reply"]["title"] for one in replies] == ["Yes please", "No"]
    mixed = kind_of({**answers, "button_3": "Shop", "button_3_url": "https://shop.example"})["interactive"]
    assert mixed["body"]["text"].endswith("Shop: https://shop.example")
    long = kind_of({"text": "x" * 1_100, **links, "media": PICTURE})
    assert (long["type"], long["text"]["body"][-22:]) == ("text", "https://shop.example/a")
    parts = {"template": "winback", "values": "Ana\nCODE1", "template_links": "CODE1", "media": PICTURE}
    template = kind_of(parts, window_open=False)["template"]
    assert template["language"]["code"] == "en"
    assert [(one["type"], len(one["parameters"])) for one in template["components"]] == [
        ("header", 1),
        ("body", 2),
        ("button", 1),
    ]


@pytest.mark.parametrize(
    ("status", "code", "type_", "reason"),
    [
        (400, 131026, Rejected, "unreachable_address"),
        (400, 131047, Rejected, "outside_window"),
        (400, 131049, Rejected, "provider_limit"),
        (400, 132001, Rejected, "no_such_template"),
        (400, 132016, Rejected, "template_disabled"),
        (400, 999999, Rejected, "refused"),
        (400, 130429, NotTaken, "rate_limited"),
        (400, 131056, NotTaken, "rate_limited"),
        (400, 131042, NotTaken, "payment_due"),
        (403, 131031, NotTaken, "account_blocked"),
        (400, 368, NotTaken, "account_blocked"),
        (404, 190, NotTaken, "credentials"),
    ],
)
def test_meta_s_codes_in_our_words(
    provider: WhatsApp, provider_sandbox: ProviderSandbox, status: int, code: int, type_: type, reason: str
) -> None:
    provider_sandbox.misbehave({"status": status, "code": code})
    outcome = provider.hand_over(parcel_of("whatsapp"))["m0"]
    assert isinstance(outcome, type_)
    assert isinstance(outcome, Rejected | NotTaken)
    assert outcome.reason == reason
    assert str(code) in outcome.detail
    if isinstance(outcome, NotTaken):
        assert outcome.stop == (reason != "rate_limited")


@pytest.mark.parametrize(
    ("event", "error", "types", "permanent"),
    [
        ("sent", 0, ["accepted"], False),
        ("delivered", 0, ["delivered"], False),
        ("read", 0, ["opened"], False),
        ("failed", 131026, ["undelivered"], False),
        ("failed", 131030, ["undelivered"], True),
        ("failed", 131050, ["undelivered", "unsubscribed"], False),
    ],
)
def test_statuses_in_our_words(
    provider: WhatsApp, provider_sandbox: ProviderSandbox, event: str, error: int, types: list[str], permanent: bool
) -> None:
    provider.hand_over(parcel_of("whatsapp"))
    (hook,) = provider_sandbox.hooks(AT, [{"message": "m0", "event": event, "error": error}])
    provider.verify(hook)
    receipts = provider.receipts(hook)
    assert [one.type for one in receipts] == types
    first = receipts[0]
    assert (first.message, first.token, first.address, first.permanent) == ("m0", "t1", "+12025550000", permanent)
    assert str(error) in first.detail or not error
    assert provider.replies(hook) == []


def test_a_template_s_fate_and_a_number_s_quality_are_noticed(
    provider: WhatsApp, provider_sandbox: ProviderSandbox
) -> None:
    template = {"message_template_name": "winback", "message_template_language": "de", "message_template_id": 1}
    changes: list[dict[str, Any]] = [
        {"field": "message_template_status_update", "value": {**template, "event": "PAUSED", "reason": "QUALITY"}},
        {"field": "message_template_quality_update", "value": {**template, "new_quality_score": "RED"}},
        {"field": "phone_number_quality_update", "value": {"display_phone_number": "155", "event": "DOWNGRADE"}},
        {"field": "user_preferences", "value": {"user_preferences": [{"wa_id": "12025550000", "value": "stop"}]}},
        {"field": "something_new", "value": {"a": 1}},
    ]
    hooks = provider_sandbox.hooks(AT, replies=[{"channel": "whatsapp", "change": one} for one in changes])
    for hook in hooks:
        provider.verify(hook)
    noticed = [(one.about, one.name, one.state, one.detail) for hook in hooks for one in provider.notices(hook)]
    assert noticed == [
        ("template", "winback/de", "PAUSED", "QUALITY"),
        ("template_quality", "winback/de", "RED", ""),
        ("number", "155", "DOWNGRADE", ""),
    ]
    said = [(one.type, one.address) for hook in hooks for one in provider.receipts(hook)]
    assert said == [("unsubscribed", "+12025550000"), ("unknown", "")]


def test_a_tapped_button_is_a_reply_and_a_click_on_the_message_it_stood_below(
    provider: WhatsApp, provider_sandbox: ProviderSandbox
) -> None:
    outcome = provider.hand_over(parcel_of("whatsapp"))["m0"]
    assert isinstance(outcome, Accepted)
    tap = {"channel": "whatsapp", "from": "+12025550000", "text": "Stop", "button": outcome.provider_id}
    (hook,) = provider_sandbox.hooks(AT, replies=[tap])
    (reply,), (receipt,) = provider.replies(hook), provider.receipts(hook)
    assert (reply.text, reply.address) == ("Stop", "+12025550000")
    assert (receipt.type, receipt.provider_id) == ("clicked", outcome.provider_id)


@pytest.mark.parametrize(
    ("wa_id", "number"),
    [
        ("16505551234", "+16505551234"),
        ("351912345678", "+351912345678"),
        ("555192345678", "+5551992345678"),
        ("5551992345678", "+5551992345678"),
        ("555133334444", "+555133334444"),
        ("5215512345678", "+525512345678"),
        ("541123456789", "+5491123456789"),
        ("5491123456789", "+5491123456789"),
        ("", ""),
        ("nobody", ""),
    ],
)
def test_people_are_found_by_the_number_that_is_dialled_today(wa_id: str, number: str) -> None:
    assert from_wa_id(wa_id) == number


EXAMPLES = openapi.PROVIDERS / "whatsapp" / "official_examples.json"


@pytest.mark.skipif(not EXAMPLES.exists(), reason=openapi.MISSING)
def test_every_webhook_that_meta_shows_is_read(provider: WhatsApp) -> None:
    shown = json.loads(EXAMPLES.read_text())["/whatsapp/webhooks"]
    texts = {}
    for name, example in shown.items():
        hook = Hook(url="", at=AT, headers={}, body=json.dumps(example).encode())
        provider.receipts(hook)
        provider.notices(hook)
        texts[name] = [(one.address, one.text, type(one.at)) for one in provider.replies(hook)]
    assert texts["Text Message"] == [("+16505551234", "Does it come in another color?", datetime)]
    assert texts["Button Message"][0][1] == "Unsubscribe"
    assert texts["Interactive Button Reply Message"][0][1] == "Cancel"
    assert texts["Image Message"][0][1] == "Taj Mahal"
    assert texts["Reaction Message"] == []


def test_what_is_about_another_number_of_the_same_app_is_not_ours(
    provider: WhatsApp, provider_sandbox: ProviderSandbox
) -> None:
    provider.hand_over(parcel_of("whatsapp"))
    said = [{"channel": "whatsapp", "from": "+12025550000", "text": "STOP"}]
    hooks = provider_sandbox.hooks(AT, [{"message": "m0", "event": "delivered"}], said)
    for hook in hooks:
        other = msgspec.structs.replace(hook, body=hook.body.replace(b"106540352242922", b"999"))
        assert provider.replies(other) == []
        assert [(one.type, one.detail) for one in provider.receipts(other)] == [("unknown", "of another number: 999")]


def test_a_link_opens_a_chat_whose_first_words_bring_the_token(provider: WhatsApp) -> None:
    assert provider.deep_link("abc", "Hi & hello:") == "https://wa.me/15550783881?text=Hi%20%26%20hello%3A%20abc"
    bare = WhatsApp(Settings(), NO_OUTBOX, ManualClock())
    with pytest.raises(Invalid) as refusal:
        bare.deep_link("abc", "")
    assert list(refusal.value.fields) == ["ENCORE_WHATSAPP_NUMBER"]


@pytest.mark.skipif(not openapi.available(), reason=openapi.MISSING)
def test_a_request_that_does_not_fit_meta_s_own_file_would_be_noticed() -> None:
    made = kind_of({})
    file = openapi.PROVIDERS / cloud_api.FILE
    assert cloud_api.faults(file, {**made, "surprise": 1}) != []
    assert cloud_api.faults(file, {**made, "text": {"words": "x"}}) != []
    assert cloud_api.faults(file, {name: value for name, value in made.items() if name != "to"}) != []


def test_a_body_that_is_no_json_is_refused_as_such(provider: WhatsApp) -> None:
    hook = Hook(url="", at=AT, headers={}, body=b"\xff")
    for read in (provider.receipts, provider.replies, provider.notices):
        with pytest.raises(Invalid):
            read(msgspec.structs.replace(hook))
