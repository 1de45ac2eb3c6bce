"""What the stand-ins for Messenger and Instagram share: POST /v23.0/{account}/messages, and their webhooks."""

import json
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, ClassVar

from sandbox.emit import Target, Webhook
from sandbox.faults import Rule
from sandbox.standin import Judged, Request, StandIn
from sandbox.standins import _graph as graph

_PERSON = re.compile(r"^\d{5,32}$")


class Page(StandIn):
    """The chats of one account."""

    account: ClassVar[str]
    object: ClassVar[str]
    longest: ClassVar[int]

    def owns(self, path: str) -> bool:
        """The account's messages."""
        return bool(re.match(rf"^/v\d+\.\d+/{self.account}/messages$", path))

    def judge(self, request: Request) -> Judged:
        """A letter, or a refusal."""
        if refused := graph.refused_token(request):
            return refused
        body = json.loads(request.body)
        if fault := self._fault(body):
            return Judged([], 400, fault)
        id_ = f"m_{secrets.token_urlsafe(24)}"
        person = body["recipient"]["id"]
        return Judged([self._letter(body, id_)], 200, {"recipient_id": person, "message_id": id_})

    def refusal(self, rule: Rule) -> Any:
        """A Graph error."""
        return graph.refusal(rule)

    def webhooks(
        self, target: Target, letters: dict[str, dict[str, Any]], events: Sequence[dict[str, Any]]
    ) -> Iterator[Webhook]:
        """`delivered`, `read`, `echo`; any other is an event by that name."""
        for event in events:
            letter = letters[event["message"]]
            told = {"timestamp": _now(event), **self._told(letter, event)}
            people = {"sender": {"id": letter["address"]}, "recipient": {"id": self.account}}
            if event["event"] == "echo":
                people = {"sender": {"id": self.account}, "recipient": {"id": letter["address"]}}
            yield self._signed(target, {**people, **told})

    def replies(self, target: Target, replies: Sequence[dict[str, Any]]) -> Iterator[Webhook]:
        """A message each; with `ref` the chat is opened by a link, with `button` one was tapped."""
        for reply in replies:
            about = f"{reply['from']} {reply['text']} {reply.get('id', time.time_ns())}"
            mid = "m_" + sha256(about.encode()).hexdigest()[:40]
            people = {"sender": {"id": reply["from"]}, "recipient": {"id": self.account}, "timestamp": _now(reply)}
            if reply.get("ref"):
                said: dict[str, Any] = {"referral": {"ref": reply["ref"], "source": "SHORTLINK", "type": "OPEN_THREAD"}}
            elif reply.get("button"):
                said = {"postback": {"mid": mid, "title": reply["text"], "payload": reply["text"]}}
            else:
                said = {"message": {"mid": mid, "text": reply["text"]}}
            yield self._signed(target, {**people, **said})

    def _told(self, letter: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        word = event["event"]
        if word == "delivered":
            return {"delivery": {"mids": [letter["id"]], "watermark": _now(event)}}
        if word == "read":
            return {"read": self._read(letter, _now(event))}
        if word == "echo":
            metadata = f"{letter['message']}:{letter['token']}"
            return {"message": {"is_echo": True, "mid": letter["id"], "metadata": metadata, "app_id": 1517776481860111}}
        return {word: {"mid": letter["id"]}}

    def _read(self, letter: dict[str, Any], now: int) -> dict[str, Any]:
        """Up to when everything was read."""
        return {"watermark": now}

    def _signed(self, target: Target, event: dict[str, Any]) -> Webhook:
        entry = {"id": self.account, "time": event["timestamp"], "messaging": [event]}
        return graph.webhook(target, self.channel, {"object": self.object, "entry": [entry]})

    def _fault(self, body: dict[str, Any]) -> dict[str, Any] | None:
        message = body.get("message", {})
        if not _PERSON.match(str(body.get("recipient", {}).get("id", ""))):
            return graph.error(100, "No matching user found", 2018001)
        if not message.get("text") and "attachment" not in message:
            return graph.error(100, "Message cannot be empty, must provide valid attachment or text")
        if len(message.get("text", "")) > self.longest:
            return graph.error(100, f"Length of param message[text] must be less than or equal to {self.longest}")
        return None

    def _letter(self, body: dict[str, Any], id_: str) -> dict[str, Any]:
        message = body["message"]
        payload = message.get("attachment", {}).get("payload", {})
        element: dict[str, Any] = next(iter(payload.get("elements", [])), {})
        ours, _, token = message.get("metadata", "").partition(":")
        card = "\n".join(words for words in (element.get("title"), element.get("subtitle")) if words)
        return {
            "provider": self.name,
            "message": ours or f"{self.name}-{id_}",
            "token": token,
            "id": id_,
            "address": body["recipient"]["id"],
            "kind": body.get("messaging_type", ""),
            "tag": body.get("tag", ""),
            "text": message.get("text") or payload.get("text") or card,
            "media": element.get("image_url", ""),
            "buttons": payload.get("buttons") or element.get("buttons") or message.get("quick_replies") or [],
        }


def _now(told: dict[str, Any]) -> int:
    return int(told.get("at", time.time()) * 1_000)
