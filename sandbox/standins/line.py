"""LINE's Messaging API: push, under a retry key that is taken once, reply, and its webhooks."""

import base64
import hmac
import json
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, ClassVar
from uuid import UUID

from sandbox.emit import Target, Webhook
from sandbox.faults import Rule
from sandbox.standin import Judged, Request, StandIn

TOKEN = "line-channel-access-token"  # noqa: S105  # of the stand-in
SECRET = "8c570fa6dd201bb328f1c1eac23a96d8"  # noqa: S105  # as above
_PUSH, _REPLY = "/v2/bot/message/push", "/v2/bot/message/reply"
_PERSON = re.compile(r"^U[0-9a-f]{32}$")
_MOST, _LONGEST, _LABEL = 5, 5_000, 20


class Line(StandIn):
    """Remembers retry keys: the same one again is answered 409, and nobody gets anything."""

    name: ClassVar[str] = "line"
    channel: ClassVar[str] = "line"

    def __init__(self) -> None:
        self._keys: dict[str, tuple[str, str]] = {}

    def environment(self, address: str) -> dict[str, str]:
        """The settings for it."""
        return {
            "ENCORE_LINE_ACCESS_TOKEN": TOKEN,
            "ENCORE_LINE_CHANNEL_SECRET": SECRET,
            "ENCORE_LINE_ACCOUNT": "@harbour",
            "ENCORE_LINE_URL": address,
        }

    def owns(self, path: str) -> bool:
        """Push and reply."""
        return path in (_PUSH, _REPLY)

    def judge(self, request: Request) -> Judged:
        """A letter, 409 for a retry key that was taken, or a refusal."""
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Judged([], 401, {"message": "Authentication failed. Confirm that the access token is valid."})
        body = json.loads(request.body)
        key = request.headers.get("x-line-retry-key", "")
        if key and str(UUID(key)) in self._keys:
            accepted, sent = self._keys[key]
            answer = {"message": "The retry key is already accepted", "sentMessages": [{"id": sent}]}
            return Judged([], 409, answer, {"X-Line-Request-Id": _id(), "X-Line-Accepted-Request-Id": accepted})
        to = body.get("to") if request.path == _PUSH else "U" + "0" * 32
        if fault := _fault(to, body.get("messages")):
            return Judged([], 400, {"message": fault})
        number, sent = _id(), str(secrets.randbelow(10**18))
        if key:
            self._keys[key] = (number, sent)
        letter = _letter(body, to, sent, key)
        return Judged([letter], 200, {"sentMessages": [{"id": sent}]}, {"X-Line-Request-Id": number})

    def refusal(self, rule: Rule) -> Any:
        """A message."""
        return {"message": rule.words or "The sandbox was told to refuse this."}

    def webhooks(
        self, target: Target, letters: dict[str, dict[str, Any]], events: Sequence[dict[str, Any]]
    ) -> Iterator[Webhook]:
        """`follow`, `unfollow`, or an event by any other name, of the letter's receiver."""
        for event in events:
            yield _signed(target, _event(letters[event["message"]]["address"], event["event"], _id(), event))

    def replies(self, target: Target, replies: Sequence[dict[str, Any]]) -> Iterator[Webhook]:
        """A message each; with `nonce`, an account that was linked."""
        for reply in replies:
            about = f"{reply['from']} {reply['text']} {reply.get('id', time.time_ns())}"
            id_ = sha256(about.encode()).hexdigest()[:26]
            kind, more = "message", {"message": {"type": "text", "id": str(int(id_[:12], 16)), "text": reply["text"]}}
            if reply.get("nonce"):
                kind, more = "accountLink", {"link": {"result": "ok", "nonce": reply["nonce"]}}
            token = {"replyToken": secrets.token_hex(16)}
            yield _signed(target, {**_event(reply["from"], kind, id_, reply), **token, **more})

    def reset(self) -> None:
        """No key was ever used."""
        self._keys.clear()


def _fault(to: Any, messages: Any) -> str:
    if not _PERSON.match(str(to)):
        return "The property, 'to', in the request body is invalid (line: -, column: -)"
    if not isinstance(messages, list) or not 1 <= len(messages) <= _MOST:
        return "The property, 'messages', in the request body is invalid (line: -, column: -)"
    if any(one["type"] == "text" and not 1 <= len(one["text"]) <= _LONGEST for one in messages):
        return "A message (messages[0]) in the request body is invalid"
    labels = [action["label"] for one in messages for action in _actions(one)]
    return "The label is too long" if any(len(label) > _LABEL for label in labels) else ""


def _actions(message: dict[str, Any]) -> list[dict[str, Any]]:
    quick = [item["action"] for item in message.get("quickReply", {}).get("items", [])]
    return [*quick, *message.get("template", {}).get("actions", [])]


def _letter(body: dict[str, Any], to: str, sent: str, key: str) -> dict[str, Any]:
    messages = body["messages"]
    template: dict[str, Any] = next((one["template"] for one in messages if one["type"] == "template"), {})
    text = next((one["text"] for one in messages if one["type"] == "text"), template.get("text", ""))
    picture = next((one["originalContentUrl"] for one in messages if one["type"] == "image"), "")
    return {
        "provider": "line",
        "message": f"line-{sent}",
        "token": "",
        "id": sent,
        "address": to,
        "retry_key": key,
        "text": text,
        "media": picture or template.get("thumbnailImageUrl", ""),
        "buttons": [action for one in messages for action in _actions(one)],
    }


def _event(person: str, kind: str, id_: str, told: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": kind,
        "mode": "active",
        "timestamp": int(told.get("at", time.time()) * 1_000),
        "source": {"type": "user", "userId": person},
        "webhookEventId": id_,
        "deliveryContext": {"isRedelivery": False},
    }


def _signed(target: Target, event: dict[str, Any]) -> Webhook:
    text = json.dumps({"destination": "U" + "f" * 32, "events": [event]}, separators=(",", ":"), ensure_ascii=False)
    signature = base64.b64encode(hmac.digest(SECRET.encode(), text.encode(), "sha256")).decode()
    headers = {"Content-Type": "application/json", "X-Line-Signature": signature}
    return Webhook(f"{target.public_url.rstrip('/')}/webhooks/line", headers, text)


def _id() -> str:
    return secrets.token_hex(13)
