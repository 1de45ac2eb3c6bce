"""SendGrid: what only it does."""

import base64
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from common.errors import Forged, Invalid
from common.settings import Settings
from content.letters import letters_of
from content.vocabulary import sample
from messaging.channel import Accepted, Hook, Letter, NotTaken, Outbox, Rejected, Uncertain
from messaging.channels import _sendgrid_events as events
from messaging.channels.sendgrid import SUBSTITUTION_BYTES, SendGrid, request_body
from messaging.message import Rendered
from tests.support import openapi
from tests.support.clock import ManualClock
from tests.support.letters import letter, parcel, parcel_of
from tests.support.sandbox import ProviderSandbox

NO_OUTBOX: Outbox = None  # type: ignore[assignment]  # it has credentials


@pytest.fixture
def provider(provider_sandbox: ProviderSandbox, clock: ManualClock) -> SendGrid:
    settings = provider_sandbox.settings(Settings(http_timeout=1.0))
    return SendGrid(settings, NO_OUTBOX, clock)


def to(letter: Letter, address: str, **fields: Any) -> Letter:
    return msgspec.structs.replace(letter, address=address, **fields)


def requests(sandbox: ProviderSandbox) -> list[dict[str, Any]]:
    return [json.loads(line["body"]) for line in sandbox.lines() if line["type"] == "open"]


def test_a_thousand_letters_go_in_one_request_and_arrive_word_for_word(
    provider: SendGrid, provider_sandbox: ProviderSandbox
) -> None:
    sent = parcel_of("email", 1_000)
    assert len(list(provider.pack(sent.letters, 5_000))) == 1
    outcomes = provider.hand_over(sent)
    assert {type(outcome) for outcome in outcomes.values()} == {Accepted}
    assert len(requests(provider_sandbox)) == 1
    arrived = {one["message"]: one for one in provider_sandbox.accepted()}
    for one in sent.letters:
        seen = arrived[one.message]
        assert {part: seen[part] for part in ("subject", "text", "html")} == one.rendered.parts
        assert seen["headers"] == one.rendered.headers


def written(number: int, html: str) -> Letter:
    """A letter as the builder writes one from a template with this HTML."""
    letters = letters_of({"subject": "Hello", "html": html}, "email", "en", "service")
    values = sample("en") | {"first_name": f"<Ana {number}>", "last_order": {"products": [f"No {number}", "\u00d6l"]}}
    words = letters.write(values, lambda address: f"http://shop.test/c/{number}?to={address}")
    rendered = Rendered(parts=words.parts, frame=letters.frame, slots=words.slots)
    return Letter(message=f"m{number}", address=f"no{number}@example.com", rendered=rendered)


def test_letters_of_one_template_share_a_request_in_which_its_text_stands_once(
    provider: SendGrid, provider_sandbox: ProviderSandbox
) -> None:
    one = (
        '<p>Dear {{ first_name }}, here is <a href="https://a.test/?n=1&amp;m">it</a>.</p>'
        + "<p>All the same.</p>" * 50
    )
    other = (
        "<p>Hello</p>{% for name in last_order.products %}<p><a href='{{ shop.url }}'>{{ name }}</a></p>{% endfor %}"
    )
    letters = [written(1, one), written(2, other), written(3, one), written(4, other), written(5, one)]
    assert sorted(len(part) for part in provider.pack(letters, 500)) == [2, 3]
    provider.hand_over(parcel("email", letters))
    arrived = {one["message"]: {part: one[part] for part in ("text", "html")} for one in provider_sandbox.accepted()}
    assert arrived == {one.message: {part: one.rendered.parts[part] for part in ("text", "html")} for one in letters}
    assert "http://shop.test/c/3?to=https://a.test/?n=1&amp;m" in arrived["m3"]["html"]
    assert [json.dumps(request).count("All the same") for request in requests(provider_sandbox)] in ([100, 0], [0, 100])


def test_who_has_too_many_words_of_their_own_goes_alone(provider: SendGrid, provider_sandbox: ProviderSandbox) -> None:
    letters = [letter("email", number) for number in range(3)]
    letters[1] = letter("email", 1, text="Hello no. 1,\n" + "ö" * SUBSTITUTION_BYTES + "\n")
    assert sorted(len(part) for part in provider.pack(letters, 500)) == [1, 2]
    outcomes = provider.hand_over(parcel("email", letters))
    assert {type(outcome) for outcome in outcomes.values()} == {Accepted}
    assert len(requests(provider_sandbox)) == 2


def test_an_address_stands_once_in_a_request(provider: SendGrid, provider_sandbox: ProviderSandbox) -> None:
    letters = [to(letter("email", number), "same@example.com") for number in range(2)]
    letters.append(to(letter("email", 2), "SAME@example.com"))
    outcomes = provider.hand_over(parcel("email", letters))
    assert {type(outcome) for outcome in outcomes.values()} == {Accepted}
    assert len(requests(provider_sandbox)) == 3


def test_a_name_loses_the_characters_that_sendgrid_refuses(
    provider: SendGrid, provider_sandbox: ProviderSandbox
) -> None:
    named = msgspec.structs.replace(letter("email", 1), name="Dr. Ana;\r\n Silva, PhD")
    assert isinstance(provider.hand_over(parcel("email", [named], sender_name="Shop, Ltd;"))["m1"], Accepted)
    (arrived,) = provider_sandbox.accepted()
    assert arrived["name"] == "Dr. Ana Silva PhD"
    assert arrived["from_name"] == "Shop Ltd"


def test_tracking_is_off_and_the_campaign_is_the_category(
    provider: SendGrid, provider_sandbox: ProviderSandbox
) -> None:
    provider.hand_over(parcel_of("email", 2, tags=["winback", "winback"], reply_to="care@shop.example"))
    (request,) = requests(provider_sandbox)
    assert not any(kind["enable"] for kind in request["tracking_settings"].values())
    assert request["categories"] == ["winback"]
    assert request["reply_to"] == {"email": "care@shop.example"}


def test_the_refused_personalization_fails_alone_and_the_rest_may_go_again_at_once(provider: SendGrid) -> None:
    letters = [letter("email", 0), to(letter("email", 1), "no address"), letter("email", 2)]
    outcomes = provider.hand_over(parcel("email", letters))
    assert isinstance(outcomes["m1"], Rejected)
    assert "valid address" in outcomes["m1"].detail
    assert outcomes["m0"] == outcomes["m2"] == NotTaken(reason="another_refused", retry_after=0.0)


@pytest.mark.parametrize("status", [400, 413])
def test_a_refusal_that_names_nobody_halves_the_request_until_the_bad_one_stands_alone(
    provider: SendGrid, provider_sandbox: ProviderSandbox, status: int
) -> None:
    sent = parcel_of("email", 16)
    provider_sandbox.misbehave({"status": status, "address": sent.letters[5].address})
    outcomes = provider.hand_over(sent)
    assert isinstance(outcomes["m5"], Rejected)
    assert [id_ for id_, outcome in outcomes.items() if not isinstance(outcome, Accepted)] == ["m5"]
    assert len(provider_sandbox.accepted()) == 15
    assert len(requests(provider_sandbox)) == 1 + 2 * 4


def test_a_sender_that_is_refused_stops_everything_and_fails_nobody(provider: SendGrid) -> None:
    outcomes = provider.hand_over(parcel_of("email", 3, sender="not an address"))
    assert {(outcome.reason, outcome.stop) for outcome in outcomes.values() if isinstance(outcome, NotTaken)} == {
        ("sender_refused", True)
    }
    assert len(outcomes) == 3


def test_after_a_429_the_other_requests_of_a_parcel_are_not_tried(
    provider: SendGrid, provider_sandbox: ProviderSandbox
) -> None:
    provider_sandbox.misbehave({"status": 429, "retry_after": 9})
    letters = [to(letter("email", number), "same@example.com") for number in range(3)]
    outcomes = provider.hand_over(parcel("email", letters))
    assert {outcome.retry_after for outcome in outcomes.values() if isinstance(outcome, NotTaken)} == {9.0}
    assert len(requests(provider_sandbox)) == 1


def test_no_request_is_begun_in_the_second_half_of_the_lease(
    provider_sandbox: ProviderSandbox, clock: ManualClock
) -> None:
    provider_sandbox.misbehave({"delay_seconds": 0.3})
    settings = provider_sandbox.settings(Settings(http_timeout=1.0, claim_lease=0.4))
    letters = [to(letter("email", number), "same@example.com") for number in range(3)]
    outcomes = SendGrid(settings, NO_OUTBOX, clock).hand_over(parcel("email", letters))
    assert isinstance(outcomes["m0"], Accepted)
    assert outcomes["m2"] == NotTaken(reason="out_of_time", retry_after=0.0)
    assert [one["message"] for one in provider_sandbox.accepted()] == ["m0"]


@pytest.mark.parametrize(
    "rendered",
    [
        Rendered(parts={"subject": "", "text": "x"}),
        Rendered(parts={"subject": "x", "text": ""}),
        Rendered(parts={"subject": "a\r\nBcc: all@example.com", "text": "x"}),
        Rendered(parts={"subject": "a", "text": "x"}, headers={"X-A": "b\nBcc: all@example.com"}),
        Rendered(parts={"subject": "a", "text": "x"}, headers={"BCC": "all@example.com"}),
    ],
)
def test_what_would_refuse_the_whole_request_never_enters_it(
    provider: SendGrid, provider_sandbox: ProviderSandbox, rendered: Rendered
) -> None:
    bad = msgspec.structs.replace(letter("email", 1), rendered=rendered)
    outcomes = provider.hand_over(parcel("email", [letter("email", 0), bad]))
    assert isinstance(outcomes["m0"], Accepted)
    assert isinstance(outcomes["m1"], Rejected)


def test_threads_share_an_instance(provider: SendGrid, provider_sandbox: ProviderSandbox) -> None:
    def send(number: int) -> None:
        provider.hand_over(parcel("email", [letter("email", number)]))

    threads = [threading.Thread(target=send, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one["message"] for one in provider_sandbox.accepted()) == [f"m{number}" for number in range(8)]


def test_what_nobody_foresaw_is_uncertain(provider: SendGrid) -> None:
    broken = letter("email", 1, html=object())  # type: ignore[arg-type]
    assert isinstance(provider.hand_over(parcel("email", [broken]))["m1"], Uncertain)


@pytest.mark.skipif(not openapi.available(), reason=openapi.MISSING)
def test_a_request_that_does_not_fit_sendgrids_own_file_would_be_noticed() -> None:
    sent = parcel_of("email", 3, tags=["c"], reply_to="care@shop.example")
    body = request_body(sent, sent.letters)
    assert openapi.faults("sendgrid", body) == []
    assert openapi.faults("sendgrid", {**body, "from": {"name": "nobody"}}) != []
    assert openapi.faults("sendgrid", {**body, "surprise": 1}) != []


VECTORS = openapi.PROVIDERS / "sendgrid_event_webhook" / "vectors.json"


@pytest.mark.skipif(not VECTORS.exists(), reason=openapi.MISSING)
def test_real_signatures_verify_and_wrong_ones_do_not() -> None:
    vectors = json.loads(VECTORS.read_text())["vectors"]
    assert {vector["valid"] for vector in vectors} == {True, False}
    for vector in vectors:
        at = datetime.fromtimestamp(int(vector["timestamp"]), UTC)
        headers = {events.TIMESTAMP: vector["timestamp"], events.SIGNATURE: vector["signature"]}
        hook = Hook(url="", at=at, headers=headers, body=base64.b64decode(vector["payload_base64"]))
        if vector["valid"]:
            events.verify(hook, vector["public_key"], at + timedelta(hours=47))
            with pytest.raises(Forged, match="stale"):
                events.verify(hook, vector["public_key"], at + timedelta(hours=49))
            stripped = msgspec.structs.replace(hook, body=hook.body.strip())
            with pytest.raises(Forged):
                events.verify(stripped, vector["public_key"], at)
        else:
            with pytest.raises(Forged):
                events.verify(hook, vector["public_key"], at)


@pytest.mark.parametrize("key", ["", "not base64", "AAAA"])
def test_without_a_sound_key_nothing_is_believed(key: str, provider_sandbox: ProviderSandbox) -> None:
    now = datetime.now(UTC)
    headers = {events.TIMESTAMP: str(int(now.timestamp())), events.SIGNATURE: "AAAA"}
    with pytest.raises(Forged):
        events.verify(Hook(url="", at=now, headers=headers, body=b"[]"), key, now)


def receipt_of(provider: SendGrid, **event: Any) -> Any:
    body = json.dumps([{"email": "Ana@Example.com", "timestamp": 1_700_000_000, events.MESSAGE: "m1", **event}])
    (receipt,) = provider.receipts(Hook(url="", at=ManualClock().now(), headers={}, body=body.encode()))
    return receipt


@pytest.mark.parametrize(
    ("event", "type_", "permanent"),
    [
        ({"event": "processed"}, "accepted", False),
        ({"event": "deferred"}, "accepted", False),
        ({"event": "delivered"}, "delivered", False),
        ({"event": "bounce", "type": "bounce"}, "bounced", True),
        ({"event": "bounce", "type": "blocked"}, "undelivered", False),
        ({"event": "dropped", "reason": "Bounced Address"}, "undelivered", True),
        ({"event": "dropped", "reason": "Spam Content"}, "undelivered", False),
        ({"event": "open"}, "opened", False),
        ({"event": "click", "url": "https://shop.example/"}, "clicked", False),
        ({"event": "spamreport"}, "complained", False),
        ({"event": "group_unsubscribe"}, "unsubscribed", False),
        ({"event": "\ud800"}, "unknown", False),
        ({}, "unknown", False),
    ],
)
def test_events_in_our_words(provider: SendGrid, event: dict[str, Any], type_: str, permanent: bool) -> None:
    receipt = receipt_of(provider, **event)
    assert (receipt.type, receipt.permanent) == (type_, permanent)
    assert receipt.address == "ana@example.com"
    assert receipt.at == datetime.fromtimestamp(1_700_000_000, UTC)
    receipt.detail.encode()


def test_an_event_keeps_its_key_when_sendgrid_gives_it_another_id(provider: SendGrid) -> None:
    once = receipt_of(provider, event="open", sg_event_id="a")
    assert receipt_of(provider, event="open", sg_event_id="b").key == once.key
    assert receipt_of(provider, event="open", timestamp=1_700_000_001).key != once.key
    assert receipt_of(provider, event="click", url="https://a.example/").key != receipt_of(provider, event="click").key


@pytest.mark.parametrize("stamp", [None, "soon", 10**30, -(10**30), [1]])
def test_an_event_without_a_sound_time_gets_the_time_it_came_in(provider: SendGrid, stamp: object) -> None:
    assert receipt_of(provider, event="open", timestamp=stamp).at == ManualClock().now()


@pytest.mark.parametrize("body", [b"", b"{}", b"nonsense", b"\xff", b"3"])
def test_a_body_that_is_no_list_of_events_is_invalid(provider: SendGrid, body: bytes) -> None:
    with pytest.raises(Invalid):
        provider.receipts(Hook(url="", at=ManualClock().now(), headers={}, body=body))
