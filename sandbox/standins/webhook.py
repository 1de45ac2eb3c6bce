"""A system of the shop's own that takes messages as Standard Webhooks, reports back, and passes on replies."""

import base64
import hmac
import json
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, ClassVar

from sandbox.emit import Target, Webhook
from sandbox.faults import Rule
from sandbox.standin import Judged, Request, StandIn

PATH = "/hooks/encore"
KEY = sha256(b"the stand-in's webhook key").digest()
SECRET = "whsec_" + base64.b64encode(KEY).decode()


class WebhookSystem(StandIn):
    """Takes a message once, by its webhook-id."""

    name: ClassVar[str] = "webhook"
    channel: ClassVar[str] = "webhook"

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def environment(self, address: str) -> dict[str, str]:
        """The settings for it."""
        return {
            "ENCORE_WEBHOOK_URL": address + PATH,
            "ENCORE_WEBHOOK_SECRET": SECRET,
            "ENCORE_WEBHOOK_PRIVATE": "true",
        }

    def owns(self, path: str) -> bool:
        """Its one route."""
        return path == PATH

    def judge(self, request: Request) -> Judged:
        """A letter, or a refusal."""
        id_, stamp = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        if request.headers.get("webhook-signature") != signature(id_, stamp, request.body):
            return Judged([], 401, {"error": "The signature does not fit."})
        body = json.loads(request.body)
        if body["type"] == "lookup":
            return Judged([], 200, {"taken": [id_ for id_ in body["ids"] if id_ in self._taken]})
        if body["type"] == "reply":
            letter = {"provider": self.name, "message": "", "token": "", "address": body["address"], "id": id_}
            return Judged([{**letter, "text": body["text"], "reply_to": body["reply_to"]}], 202, {"id": id_})
        if id_ in self._taken:
            return Judged([], 202, {"id": id_})
        if " " in body["address"]:
            return Judged([], 422, {"error": "There is no such customer."})
        if body["address"].startswith("gone"):
            return Judged([], 410, {"error": "They have left."})
        about = {"provider": self.name, "message": body["message"], "token": body["token"], "address": body["address"]}
        letter = {**body["parts"], **about, "id": id_, "name": body["name"], "buttons": body["buttons"]}
        return Judged([letter], 202, {"id": id_})

    def taken(self, letters: Sequence[dict[str, Any]]) -> None:
        """What it took, it knows."""
        self._taken.update(letter["id"] for letter in letters)

    def reset(self) -> None:
        """Forget that."""
        self._taken.clear()

    def refusal(self, rule: Rule) -> Any:
        """Any words do."""
        return {"error": rule.words or "The sandbox was told to refuse this."}

    def webhooks(
        self, target: Target, letters: dict[str, dict[str, Any]], events: Sequence[dict[str, Any]]
    ) -> Iterator[Webhook]:
        """One webhook for all events."""
        told = [{**event, **_about(letters[event["message"]]), "type": event["event"]} for event in events]
        if told:
            yield _signed(target, {"events": told})

    def replies(self, target: Target, replies: Sequence[dict[str, Any]]) -> Iterator[Webhook]:
        """What customers wrote."""
        said = [
            {"id": reply.get("id") or f"r{time.time_ns()}", "address": reply["from"], "text": reply["text"]}
            for reply in replies
        ]
        if said:
            yield _signed(target, {"replies": said})


def _about(letter: dict[str, Any]) -> dict[str, Any]:
    return {"message": letter["message"], "token": letter["token"], "address": letter["address"]}


def signature(id_: str, stamp: str, body: bytes) -> str:
    """The signature by Standard Webhooks."""
    digest = hmac.digest(KEY, f"{id_}.{stamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"


def _signed(target: Target, said: dict[str, Any]) -> Webhook:
    body = json.dumps(said, separators=(",", ":"))
    id_, stamp = f"evt_{sha256(body.encode()).hexdigest()[:16]}", str(int(time.time()))
    headers = {"Content-Type": "application/json", "Webhook-Id": id_, "Webhook-Timestamp": stamp}
    headers["Webhook-Signature"] = signature(id_, stamp, body.encode())
    return Webhook(f"{target.public_url.rstrip('/')}/webhooks/webhook", headers, body)
