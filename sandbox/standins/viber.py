"""Viber's REST Bot API: POST /pa/send_message, which answers 200 whatever it says, and its callbacks."""

import hmac
import json
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import count
from typing import Any, ClassVar

from sandbox.emit import Target, Webhook
from sandbox.faults import Rule
from sandbox.standin import Judged, Request, StandIn

TOKEN = "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9"  # noqa: S105  # of the stand-in
_PATH = "/pa/send_message"
_LONGEST = {"text": 7_000, "picture": 768}


class Viber(StandIn):
    """Tells of messages by its own id, a number of 64 bits."""

    name: ClassVar[str] = "viber"
    channel: ClassVar[str] = "viber"

    def __init__(self) -> None:
        self._tokens = count(5_741_311_803_571_721_087)
        self._gone: set[str] = set()

    def environment(self, address: str) -> dict[str, str]:
        """The settings for it."""
        return {"ENCORE_VIBER_AUTH_TOKEN": TOKEN, "ENCORE_VIBER_BOT": "harbour", "ENCORE_VIBER_URL": address}

    def owns(self, path: str) -> bool:
        """The one that sends."""
        return path == _PATH

    def judge(self, request: Request) -> Judged:
        """A letter, or a status other than 0."""
        if request.headers.get("x-viber-auth-token") != TOKEN:
            return Judged([], 200, _status(2, "invalidAuthToken"))
        body = json.loads(request.body)
        if fault := self._fault(body):
            return Judged([], 200, fault)
        number = next(self._tokens)
        letter = _letter(body, number)
        return Judged([letter], 200, {**_status(0, "ok"), "message_token": number, "billing_status": 1})

    def refusal(self, rule: Rule) -> Any:
        """A status, which says more than the HTTP status does."""
        return _status(rule.code or 1, rule.words or "The sandbox was told to refuse this.")

    def webhooks(
        self, target: Target, letters: dict[str, dict[str, Any]], events: Sequence[dict[str, Any]]
    ) -> Iterator[Webhook]:
        """`delivered`, `seen`, `failed` of a message; `subscribed` and `unsubscribed` of its receiver."""
        for event in events:
            letter, word = letters[event["message"]], event["event"]
            body: dict[str, Any] = {"event": word, "timestamp": _now(event), "message_token": int(letter["id"])}
            if word == "subscribed":
                body["user"] = {"id": letter["address"], "name": "Ana", "api_version": 10}
                self._gone.discard(letter["address"])
            else:
                body["user_id"] = letter["address"]
            if word == "unsubscribed":
                self._gone.add(letter["address"])
            if word == "failed":
                body["desc"] = event.get("error", "failure description")
            yield _signed(target, body)

    def replies(self, target: Target, replies: Sequence[dict[str, Any]]) -> Iterator[Webhook]:
        """A message each; with `context` the chat is opened by a link."""
        for reply in replies:
            about = f"{reply['from']} {reply['text']} {reply.get('id', time.time_ns())}"
            number = int(sha256(about.encode()).hexdigest()[:15], 16)
            person = {"id": reply["from"], "name": "Ana", "api_version": 10}
            body: dict[str, Any] = {"timestamp": _now(reply), "message_token": number}
            if reply.get("context"):
                body |= {"event": "conversation_started", "type": "open", "context": reply["context"]}
                body |= {"user": person, "subscribed": False}
            else:
                body |= {"event": "message", "sender": person, "message": {"type": "text", "text": reply["text"]}}
            yield _signed(target, body)

    def reset(self) -> None:
        """Everybody is subscribed."""
        self._gone.clear()

    def _fault(self, body: dict[str, Any]) -> dict[str, Any] | None:
        kind = body.get("type")
        if kind not in _LONGEST or not body.get("sender", {}).get("name") or "min_api_version" not in body:
            return _status(4, "missingData")
        if len(body["sender"]["name"]) > 28 or len(body.get("text", "")) > _LONGEST[kind]:
            return _status(3, "badData")
        if (kind == "text" and not body.get("text")) or (kind == "picture" and not body.get("media")):
            return _status(4, "missingData")
        if " " in body["receiver"]:
            return _status(5, "receiverNotRegistered")
        return _status(6, "receiverNotSubscribed") if body["receiver"] in self._gone else None


def _letter(body: dict[str, Any], number: int) -> dict[str, Any]:
    message, _, token = body.get("tracking_data", "").partition(":")
    return {
        "provider": "viber",
        "message": message,
        "token": token,
        "id": str(number),
        "address": body["receiver"],
        "sender": body["sender"]["name"],
        "text": body.get("text", ""),
        "media": body.get("media", ""),
        "buttons": body.get("keyboard", {}).get("Buttons", []),
    }


def _status(status: int, words: str) -> dict[str, Any]:
    return {"status": status, "status_message": words, "chat_hostname": "SN-CHAT-00_"}


def _now(told: dict[str, Any]) -> int:
    return int(told.get("at", time.time()) * 1_000)


def _signed(target: Target, body: dict[str, Any]) -> Webhook:
    text = json.dumps(body, separators=(",", ":"))
    signature = hmac.digest(TOKEN.encode(), text.encode(), "sha256").hex()
    headers = {"Content-Type": "application/json", "X-Viber-Content-Signature": signature}
    return Webhook(f"{target.public_url.rstrip('/')}/webhooks/viber", headers, text)
