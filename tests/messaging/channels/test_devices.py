"""Webhooks, web push and Firebase: what only they do; and no address from outside leads into our own network."""

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from common.errors import Forged, Invalid
from common.settings import Settings
from messaging.channel import Accepted, Hook, NotTaken, Outbox, Outcome, Provider, Rejected, Uncertain
from messaging.channels import _standard
from messaging.channels._guarded import is_public
from messaging.channels.fcm import Fcm
from messaging.channels.inbox import Inbox
from messaging.channels.web_push import WebPush, private_key
from messaging.channels.webhook import Webhook
from sandbox.standins.web_push import opened, subscription
from tests.support.clock import ManualClock
from tests.support.letters import letter, parcel, parcel_of
from tests.support.mail import certificate
from tests.support.sandbox import ProviderSandbox

NO_OUTBOX: Outbox = None  # type: ignore[assignment]  # they have credentials
CLOCK = ManualClock()
Make = Callable[..., Provider]


@pytest.fixture
def make(provider_sandbox: ProviderSandbox) -> Iterator[Make]:
    made: list[Provider] = []

    def maker(kind: type[Provider], **own: str) -> Provider:
        base = Settings(public_url="http://shop.test", http_timeout=1.0, secret_keys="k")
        settings = provider_sandbox.settings(base)
        settings = msgspec.structs.replace(settings, environment=settings.environment | own)
        made.append(kind(settings, NO_OUTBOX, CLOCK))
        return made[-1]

    yield maker
    for one in made:
        one.close()


def only(provider: Provider, **changes: Any) -> Outcome:
    """What becomes of one letter."""
    one = msgspec.structs.replace(letter(provider.channel, 0), **changes)
    return provider.hand_over(parcel(provider.channel, [one]))["m0"]


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("::1", "fc00::1", "fe80::1%eth0", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::"),
    ],
)
def test_an_address_of_our_own_network_is_not_public(address: str) -> None:
    assert not is_public(address)


def test_an_address_of_the_public_network_is() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2606:4700:4700::1111")


class Strange(BaseHTTPRequestHandler):
    """Answers whatever it was told to."""

    answer: tuple[int, dict[str, str], bytes] = (200, {}, b"")
    asked: list[str] = []  # of the test's own subclass

    def do_POST(self) -> None:  # the base class's word
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(self.path)
        status, headers, body = self.answer
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def strange(tmp_path: Path) -> Iterator[Callable[..., tuple[type[Strange], str]]]:
    running: list[HTTPServer] = []

    def serve(*answer: Any, tls: bool = False) -> tuple[type[Strange], str]:
        kind = type("Told", (Strange,), {"answer": answer, "asked": []})
        server = HTTPServer(("127.0.0.1", 0), kind)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate(tmp_path, "localhost"))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that leaves is what is wanted
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running.append(server)
        return kind, f"{'https' if tls else 'http'}://localhost:{server.server_port}"

    yield serve
    for server in running:
        server.shutdown()
        server.server_close()


def test_a_webhook_into_our_own_network_goes_nowhere_unless_the_operator_says_so(
    make: Make, strange: Callable[..., Any]
) -> None:
    kind, url = strange(202, {}, b"")
    port = url.rpartition(":")[2]
    for host in ("localhost", "127.0.0.1", "[::1]", "2130706433", "0x7f.1", "127.1"):
        found = only(make(Webhook, ENCORE_WEBHOOK_URL=f"http://{host}:{port}", ENCORE_WEBHOOK_PRIVATE="false"))
        assert isinstance(found, Rejected | NotTaken), host
    assert kind.asked == []
    assert isinstance(only(make(Webhook, ENCORE_WEBHOOK_URL=url)), Accepted)
    assert kind.asked == ["/"]


def test_a_name_that_leads_home_is_caught_when_it_is_connected_to(
    make: Make, strange: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    kind, url = strange(202, {}, b"")
    port = int(url.rpartition(":")[2])
    answers = [["8.8.8.8", "127.0.0.1"], ["127.0.0.1"]]

    def told(host: str, *_: Any, **__: Any) -> list[Any]:  # a name service that says what it likes
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in answers.pop(0)]

    monkeypatch.setattr(socket, "getaddrinfo", told)
    own = {"ENCORE_WEBHOOK_URL": f"http://rebinding.example:{port}", "ENCORE_WEBHOOK_PRIVATE": "false"}
    for _ in range(2):
        found = only(make(Webhook, **own))
        assert isinstance(found, Rejected)
        assert found.reason == "private_address"
    assert kind.asked == []


def test_a_subscription_that_names_a_host_of_ours_is_refused(make: Make, strange: Callable[..., Any]) -> None:
    kind, url = strange(201, {}, b"", tls=True)
    endpoint = f"{url}/send/browser0"
    keys = json.loads(subscription("browser0"))["keys"]
    found = only(make(WebPush, ENCORE_WEB_PUSH_URL=""), address=json.dumps({"endpoint": endpoint, "keys": keys}))
    assert isinstance(found, Rejected)
    assert found.reason == "private_address"
    assert kind.asked == []


def test_a_wrong_certificate_takes_nothing(make: Make, strange: Callable[..., Any]) -> None:
    kind, url = strange(202, {}, b"", tls=True)
    found = only(make(Webhook, ENCORE_WEBHOOK_URL=url))
    assert isinstance(found, NotTaken)
    assert found.reason == "certificate"
    assert kind.asked == []


@pytest.mark.parametrize(
    ("status", "headers", "body", "outcome"),
    [
        (200, {"Content-Type": "text/html"}, b"<html>It works!</html>", Uncertain),
        (200, {}, b'{"id": "x1"}', Accepted),
        (204, {}, b"", Accepted),
        (202, {}, b"[]", Accepted),
        (302, {"Location": "http://localhost/elsewhere"}, b"", NotTaken),
        (404, {}, b"", NotTaken),
        (410, {}, b"", Rejected),
        (400, {}, b"\xff\xfe no", Rejected),
        (502, {"Content-Type": "text/html"}, b"<html>", Uncertain),
        (200, {"Content-Encoding": "gzip"}, b"not gzip", Uncertain),
        (200, {}, b"x" * 3_000_000, Uncertain),
        (299, {}, b"null", Accepted),
    ],
)
def test_a_webhooks_answer_is_believed_where_it_makes_sense(
    make: Make,
    strange: Callable[..., Any],
    status: int,
    headers: dict[str, str],
    body: bytes,
    outcome: type[Outcome],
) -> None:
    kind, url = strange(status, headers, body)
    assert isinstance(only(make(Webhook, ENCORE_WEBHOOK_URL=url)), outcome)
    assert kind.asked == ["/"]


def test_a_webhook_says_whose_attempt_it_is_so_that_it_can_be_taken_once(make: Make) -> None:
    gone = only(make(Webhook), address="gone:1")
    assert isinstance(gone, Rejected)
    assert gone.suppress == "gone"
    assert make(Webhook).promise() == "blind"
    idempotent = make(Webhook, ENCORE_WEBHOOK_IDEMPOTENT="true")
    assert idempotent.promise() == "idempotent"
    assert {only(idempotent), only(idempotent)} == {Accepted("m0.t1")}


KEY = _standard.key_of("A", "whsec_" + "AAAA" * 10)


def test_a_signed_time_that_is_not_now_is_forged() -> None:
    now = CLOCK.now()
    headers = _standard.signed(KEY, "id", now, b"{}")
    _standard.check(KEY, headers, b"{}", now)
    other = {**headers, _standard.SIGNATURE: f"v1,AAAA v1a,x {headers[_standard.SIGNATURE]}"}
    _standard.check(KEY, other, b"{}", now)  # one of several fits, as while keys change
    later = ManualClock()
    later.advance(301)
    for bad in (
        (headers, b"{}", later.now()),
        ({**headers, _standard.ID: "other"}, b"{}", now),
        ({**headers, _standard.TIME: "soon"}, b"{}", now),
        (headers, b"{} ", now),
        ({}, b"{}", now),
    ):
        with pytest.raises(Forged):
            _standard.check(KEY, *bad)


@pytest.mark.parametrize("secret", ["", "wrong", "whsec_", "whsec_AAAA", "whsec_" + "A" * 200, "AAAA" * 10])
def test_a_secret_that_is_none_is_named(secret: str) -> None:
    with pytest.raises(Invalid) as refusal:
        _standard.key_of("ENCORE_WEBHOOK_SECRET", secret)
    assert list(refusal.value.fields) == ["ENCORE_WEBHOOK_SECRET"]


def test_a_push_message_is_sealed_for_one_browser_and_another_cannot_open_it(
    make: Make, provider_sandbox: ProviderSandbox
) -> None:
    assert isinstance(only(make(WebPush)), Accepted)
    (line,) = [line for line in provider_sandbox.lines() if line["type"] == "accepted"]
    assert line["title"] == "For you, no. 0"
    with pytest.raises(Exception, match=r".+"):
        opened("browser1", b"\0" * 200)


@pytest.mark.parametrize(
    ("rule", "outcome", "reason", "suppress"),
    [
        ({"status": 404}, Rejected, "gone", "gone"),
        ({"status": 410}, Rejected, "gone", "gone"),
        ({"status": 413}, Rejected, "too_large", ""),
        ({"status": 403, "words": "VapidPkHashMismatch"}, Rejected, "other_key", ""),
        ({"status": 403, "words": "no"}, NotTaken, "credentials", ""),
        ({"status": 400}, Rejected, "refused", ""),
    ],
)
def test_what_a_push_service_says_is_understood(
    make: Make,
    provider_sandbox: ProviderSandbox,
    rule: dict[str, Any],
    outcome: type[Outcome],
    reason: str,
    suppress: str,
) -> None:
    provider_sandbox.misbehave(rule)
    found: Any = only(make(WebPush))
    assert isinstance(found, outcome)
    assert (found.reason, getattr(found, "suppress", "")) == (reason, suppress)


def test_a_push_message_that_is_too_long_or_a_subscription_that_is_none_is_rejected(make: Make) -> None:
    long = msgspec.structs.replace(letter("web_push", 0).rendered, parts={"title": "a", "body": "🎂" * 1_000})
    found: Any = only(make(WebPush), rendered=long)
    assert (type(found), found.reason) == (Rejected, "too_large")
    off = json.loads(subscription("browser0"))
    off["keys"]["p256dh"] = off["keys"]["p256dh"][:-4] + "AAAA"  # no point of the curve
    for address in ("{}", "nonsense", json.dumps(off)):
        found = only(make(WebPush), address=address)
        assert (type(found), found.reason) == (Rejected, "invalid_address")


@pytest.mark.parametrize(
    "key", ["", "wrong", "AAAA", "A" * 43, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        private_key(key)


@pytest.mark.parametrize(
    ("rule", "outcome", "reason", "suppress"),
    [
        ({"status": 404, "words": "UNREGISTERED"}, Rejected, "gone", "gone"),
        ({"status": 404}, NotTaken, "wrong_url", ""),
        ({"status": 400, "words": "INVALID_ARGUMENT"}, Rejected, "refused", ""),
        ({"status": 403, "words": "SENDER_ID_MISMATCH"}, Rejected, "other_sender", ""),
        ({"status": 401, "words": "THIRD_PARTY_AUTH_ERROR"}, NotTaken, "credentials", ""),
        ({"status": 429, "words": "QUOTA_EXCEEDED", "retry_after": 60}, NotTaken, "rate_limited", ""),
        ({"status": 503, "words": "UNAVAILABLE"}, Uncertain, "provider_error", ""),
    ],
)
def test_what_firebase_says_is_understood(
    make: Make,
    provider_sandbox: ProviderSandbox,
    rule: dict[str, Any],
    outcome: type[Outcome],
    reason: str,
    suppress: str,
) -> None:
    provider_sandbox.misbehave(rule)
    found: Any = only(make(Fcm))
    assert isinstance(found, outcome)
    assert (found.reason, getattr(found, "suppress", "")) == (reason, suppress)


def test_without_an_access_token_no_letter_leaves_the_house(
    make: Make, provider_sandbox: ProviderSandbox, strange: Callable[..., Any]
) -> None:
    for status, stop in ((400, True), (503, False), (200, False)):
        _, url = strange(status, {}, b"<html>")
        found = only(make(Fcm, ENCORE_FCM_TOKEN_URL=url))
        assert isinstance(found, NotTaken)
        assert found.stop == stop
    account = json.loads(provider_sandbox.environment["ENCORE_FCM_KEY"])
    for key in ("wrong", "{}", json.dumps(account | {"private_key": "none"})):
        found = only(make(Fcm, ENCORE_FCM_KEY=key))
        assert isinstance(found, NotTaken)
        assert (found.reason, found.stop) == ("credentials", True)
    assert provider_sandbox.accepted() == []


def test_a_token_is_fetched_once_and_anew_when_it_was_refused_or_is_old(
    make: Make, provider_sandbox: ProviderSandbox
) -> None:
    fcm = make(Fcm)
    assert isinstance(fcm, Fcm)
    assert all(isinstance(one, Accepted) for one in fcm.hand_over(parcel_of("mobile_push", 3)).values())
    assert fcm._tokens._until is not None
    provider_sandbox.misbehave({"status": 401, "count": 1})
    assert isinstance(only(fcm), NotTaken)
    assert isinstance(only(fcm), Accepted)


def test_an_inbox_takes_what_a_page_can_show(make: Make) -> None:
    inbox = make(Inbox, ENCORE_INBOX_ORIGINS="https://Shop.example/, http://localhost:8080")
    assert isinstance(inbox, Inbox)
    assert inbox.origins == ["https://shop.example", "http://localhost:8080"]
    assert only(inbox) == Accepted("m0")
    assert isinstance(only(inbox, address="not an address"), Rejected)
    back: Any = inbox.back("m0", "t1")
    for word in ("delivered", "opened", "dismissed"):
        body = json.dumps({"message": "m0", "token": "t1", "event": word}).encode()
        url = f"{back['url']}?signature={back['signatures'][word]}"
        hook = Hook(url=url, at=CLOCK.now(), headers={}, body=body)
        inbox.verify(hook)
        (receipt,) = inbox.receipts(hook)
        assert (receipt.message, receipt.token) == ("m0", "t1")
        assert receipt.type == ("unknown" if word == "dismissed" else word)
        for forged in (b"", b"[]", b'{"message": 5}', body.replace(b"m0", b"m1"), body.replace(b"t1", b"t2")):
            with pytest.raises(Forged):
                inbox.verify(msgspec.structs.replace(hook, body=forged))


@pytest.mark.parametrize("text", ["shop.example", "https://shop.example/path", "ftp://a.example", "*", "https://"])
def test_an_origin_that_is_none_is_named_at_the_start(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Inbox(Settings(environment={"ENCORE_INBOX_ORIGINS": text}), NO_OUTBOX, CLOCK)
    assert list(refusal.value.fields) == ["ENCORE_INBOX_ORIGINS"]
