"""The sandbox over HTTP: the providers' own routes, and `/_…` for whoever runs it."""

import base64
import json
import secrets
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sandbox import emit, sendgrid, twilio
from sandbox.emit import Webhook
from sandbox.faults import Faults, Rule
from sandbox.log import Log
from sandbox.signing import SendGridSigner
from sandbox.standin import Request, StandIn, stand_ins

# As good as for ever, for a client with a time-out of its own.
HANG_SECONDS = 600.0


@dataclass(frozen=True)
class Accounts:
    """The credentials that the sandbox lets in."""

    sendgrid_key: str
    twilio_sid: str
    twilio_token: str


class Hung(Exception):
    """The answer that is not coming."""


class Sandbox:
    """What all requests share."""

    def __init__(
        self, log: Log, accounts: Accounts, signer: SendGridSigner, target: emit.Target, keeps_bodies: bool = False
    ) -> None:
        self.keeps_bodies = keeps_bodies
        self.log = log
        self.accounts = accounts
        self.signer = signer
        self.target = target
        self.faults = Faults()
        self.stand_ins = {one.name: one for one in stand_ins()}
        self.stopped: set[str] = set()
        self.closing = threading.Event()

    def reset(self) -> None:
        """Behave, and forget what was accepted."""
        self.faults.set([])
        self.stopped.clear()
        for one in self.stand_ins.values():
            one.reset()
        self.log.empty()

    def emit(self, order: dict[str, Any]) -> dict[str, Any]:
        """Make and post webhooks: `events` on accepted letters, `replies` of customers; `dry` only shows them."""
        events = list(order.get("events", []))
        wanted = {event["message"] for event in events}
        letters = [letter for letter in self.log.read("accepted") if letter["message"] in wanted]
        mails = {letter["message"] for letter in letters if letter["provider"] == "sendgrid"}
        texts = {letter["message"] for letter in letters if letter["provider"] == "twilio"}
        said = list(order.get("replies", []))
        replies = [reply for reply in said if reply.get("channel", "sms") == "sms"]
        self._note_stops(replies)
        account = self.accounts
        webhooks = [
            *emit.sendgrid_webhooks(
                self.signer, self.target, letters, [event for event in events if event["message"] in mails]
            ),
            *emit.twilio_webhooks(
                account.twilio_token,
                account.twilio_sid,
                [letter for letter in letters if letter["provider"] == "twilio"],
                [event for event in events if event["message"] in texts],
            ),
            *emit.twilio_replies(account.twilio_token, account.twilio_sid, self.target, replies),
            *self._by_stand_ins(letters, events, said),
        ]
        if order.get("dry"):
            return {"webhooks": [emit.shown(webhook) for webhook in webhooks]}
        return {"answers": [emit.post(self.target, webhook) for webhook in webhooks]}

    def _by_stand_ins(
        self, letters: list[dict[str, Any]], events: list[dict[str, Any]], said: list[dict[str, Any]]
    ) -> Iterator[Webhook]:
        for name, one in self.stand_ins.items():
            theirs = {letter["message"]: letter for letter in letters if letter["provider"] == name}
            yield from one.webhooks(self.target, theirs, [event for event in events if event["message"] in theirs])
            yield from one.replies(self.target, [reply for reply in said if reply.get("channel") == one.channel])

    def owner(self, path: str) -> StandIn | None:
        """Whom a request to this path is for."""
        return next((one for one in self.stand_ins.values() if one.owns(path)), None)

    def desk(self, path: str) -> StandIn | None:
        """Whom a request to this path is for that hands nothing over."""
        return next((one for one in self.stand_ins.values() if one.answers(path)), None)

    def _note_stops(self, replies: list[dict[str, str]]) -> None:
        for reply in replies:
            word = reply["text"].strip().upper()
            if word in ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"):
                self.stopped.add(reply["from"])
            elif word in ("START", "UNSTOP"):
                self.stopped.discard(reply["from"])


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    wbufsize = 65_536  # an answer leaves in one piece
    disable_nagle_algorithm = True
    server: "Server"

    def log_message(self, *_: Any) -> None:
        """Say nothing: the log is the oracle's."""

    def do_GET(self) -> None:  # the base class's word
        """What tests ask."""
        url = urlsplit(self.path)
        sandbox = self.server.sandbox
        if url.path == "/_accepted":
            wanted = parse_qs(url.query).get("message", [])
            letters = [one for one in sandbox.log.read("accepted") if not wanted or one["message"] in wanted]
            self._answer(200, {"data": letters})
        elif url.path == "/_log":
            self._answer(200, {"data": list(sandbox.log.read())})
        elif url.path == "/_key":
            self._answer(200, {"sendgrid_webhook_key": sandbox.signer.public_key})
        else:
            self._answer(404, {})

    def do_POST(self) -> None:  # the base class's word
        """A provider's route, or an order to the sandbox."""
        path = urlsplit(self.path).path
        try:
            if path == "/v3/mail/send":
                self._provide("sendgrid")
            elif twilio.PATH.match(path):
                self._provide("twilio")
            elif owner := self.server.sandbox.owner(path):
                self._provide(owner.name)
            elif desk := self.server.sandbox.desk(path):
                judged = desk.answer(self._request(self._body()))
                self._answer(judged.status, judged.answer, judged.headers)
            else:
                self._order(path, self._body() or b"{}")
        except (ValueError, KeyError, TypeError) as error:
            self._answer(422, {"detail": f"{type(error).__name__}: {error}"})
        except (Hung, ConnectionError):
            self.close_connection = True

    def _order(self, path: str, body: bytes) -> None:
        sandbox = self.server.sandbox
        answer: dict[str, Any] = {}
        if path == "/_control":
            rules = json.loads(body)
            sandbox.faults.set(rules if isinstance(rules, list) else [rules] if rules else [])
        elif path == "/_reset":
            sandbox.reset()
        elif path == "/_emit":
            answer = sandbox.emit(json.loads(body))
        else:
            self._answer(404, {"errors": [sendgrid.problem(None, "not found")]})
            return
        self._answer(200, answer)

    def _provide(self, provider: str) -> None:
        if self.server.sandbox.faults.resets_before(provider):
            self._reset()
        body = self._body()
        number = secrets.token_hex(8)
        letters, status, answer, headers = self._judge(provider, body)
        rule = self.server.sandbox.faults.draw(provider, [letter["address"] for letter in letters])
        log = self.server.sandbox.log
        whole = {"body": body.decode("utf-8", "replace"), "path": self.path}
        raw = whole if self.server.sandbox.keeps_bodies else {}
        log.note("open", request=number, provider=provider, messages=[one["message"] for one in letters], **raw)
        closed = "broken"
        try:
            time.sleep(rule.delay_seconds)
            if rule.hang:
                self._hang()
            if rule.garbage:
                status = self._garbage()
            elif rule.status:
                status = self._refuse(provider, rule)
            else:
                self._accept(letters, rule)
                time.sleep(rule.delay_after)
                self._answer(status, answer, headers)
            self.wfile.flush()
            closed = str(status)
        finally:
            log.note("close", request=number, answer=closed)

    def _judge(self, provider: str, body: bytes) -> tuple[list[dict[str, Any]], int, Any, dict[str, str]]:
        """The letters of a request (none where it is refused), and the answer to it."""
        if provider in ("sendgrid", "twilio"):
            return self._judge_mail(body) if provider == "sendgrid" else self._judge_text(body)
        judged = self.server.sandbox.stand_ins[provider].judge(self._request(body))
        return judged.letters, judged.status, judged.answer, judged.headers

    def _request(self, body: bytes) -> Request:
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, url.path, url.query, headers, body)

    def _judge_mail(self, body: bytes) -> tuple[list[dict[str, Any]], int, Any, dict[str, str]]:
        if self.headers.get("Authorization") != f"Bearer {self.server.sandbox.accounts.sendgrid_key}":
            refusal = "The provided authorization grant is invalid, expired, or revoked"
            return [], 401, {"errors": [sendgrid.problem(None, refusal)]}, {}
        if self.headers.get_content_type() != "application/json":
            return [], 415, {"errors": [sendgrid.problem(None, "Content-Type should be application/json.")]}, {}
        parsed = sendgrid.parse(body)
        if found := sendgrid.errors(parsed):
            return [], 400, {"errors": found}, {}
        id_ = secrets.token_urlsafe(16)
        return list(sendgrid.letters(parsed, id_)), 202, None, {"X-Message-Id": id_}

    def _judge_text(self, body: bytes) -> tuple[list[dict[str, Any]], int, Any, dict[str, str]]:
        accounts = self.server.sandbox.accounts
        expected = base64.b64encode(f"{accounts.twilio_sid}:{accounts.twilio_token}".encode()).decode()
        named = twilio.PATH.match(urlsplit(self.path).path)
        if self.headers.get("Authorization") != f"Basic {expected}" or not named or named[1] != accounts.twilio_sid:
            return [], 401, twilio.Refused(20003, "Authenticate", 401).body(), {}
        fields = twilio.fields_of(body)
        try:
            twilio.check(fields, self.server.sandbox.stopped)
        except twilio.Refused as refusal:
            return [], refusal.status, refusal.body(), {}
        sid = "SM" + secrets.token_hex(16)
        return [twilio.letter(fields, sid)], 201, twilio.answer(fields, accounts.twilio_sid, sid), {}

    def _accept(self, letters: list[dict[str, Any]], rule: Rule) -> None:
        if letters:
            self.server.sandbox.log.accepted(letters)
            if owner := self.server.sandbox.stand_ins.get(letters[0]["provider"]):
                owner.taken(letters)
        if rule.reset_after:
            self._reset()
        if rule.accept_then_hang:
            self._hang()

    def _refuse(self, provider: str, rule: Rule) -> int:
        words = "The sandbox was told to refuse this."
        if one := self.server.sandbox.stand_ins.get(provider):
            return self._refused(rule, one.refusal(rule))
        code = {401: 20003, 429: 20429}.get(rule.status, rule.status + 20_000)
        refusal = twilio.Refused(code, words, rule.status).body()
        body = {"errors": [sendgrid.problem(None, words)]} if provider == "sendgrid" else refusal
        return self._refused(rule, body)

    def _refused(self, rule: Rule, body: Any) -> int:
        headers = {"Retry-After": str(rule.retry_after)} if rule.retry_after else {}
        if 300 <= rule.status < 400:
            headers["Location"] = "/_key"  # where something answers 200
        self._answer(rule.status, body, headers)
        return rule.status

    def _garbage(self) -> int:
        page = b"<html><body>It works!</body></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)
        return 200

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _hang(self) -> None:
        self.server.sandbox.closing.wait(HANG_SECONDS)
        raise Hung

    def _reset(self) -> None:
        """Close so that the other side sees a reset, not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for end in (self.rfile, self.wfile, self.connection):
            end.close()
        raise ConnectionResetError

    def _answer(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        text = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)


class Server(ThreadingHTTPServer):
    """A thread a connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], sandbox: Sandbox) -> None:
        super().__init__(address, Handler)
        self.sandbox = sandbox

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that is gone, by order or not, is nothing to talk about; a mistake of ours is."""
        if not isinstance(sys.exception(), ConnectionError | ValueError):
            super().handle_error(request, client_address)
