"""WhatsApp's Cloud API: POST /v23.0/{number}/messages, and its status and message webhooks."""

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

NUMBER_ID = "106540352242922"
NUMBER = "15550783881"
ACCOUNT = "102290129340398"
_PATH = re.compile(rf"^/v\d+\.\d+/{NUMBER_ID}/messages$")
_TO = re.compile(r"^\+?[1-9]\d{6,14}$")
_KINDS = {"text": "body", "image": "link", "interactive": "type", "template": "name"}
_LONGEST = 4_096


class WhatsApp(StandIn):
    """Takes texts, pictures, buttons and templates; a template called `paused` is paused."""

    name: ClassVar[str] = "whatsapp"
    channel: ClassVar[str] = "whatsapp"

    def environment(self, address: str) -> dict[str, str]:
        """The settings for it."""
        return {
            "ENCORE_WHATSAPP_ACCESS_TOKEN": graph.TOKEN,
            "ENCORE_WHATSAPP_NUMBER_ID": NUMBER_ID,
            "ENCORE_WHATSAPP_NUMBER": NUMBER,
            "ENCORE_WHATSAPP_APP_SECRET": graph.SECRET,
            "ENCORE_WHATSAPP_VERIFY_TOKEN": graph.VERIFY,
            "ENCORE_WHATSAPP_URL": address,
        }

    def owns(self, path: str) -> bool:
        """The number's messages."""
        return bool(_PATH.match(path))

    def judge(self, request: Request) -> Judged:
        """A letter, or a refusal with one of the Cloud API's codes."""
        if refused := graph.refused_token(request):
            return refused
        body = json.loads(request.body)
        if fault := _fault(body):
            return Judged([], 400, fault)
        id_ = "wamid." + secrets.token_urlsafe(24)
        to = str(body["to"]).lstrip("+")
        answer = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": body["to"], "wa_id": to}],
            "messages": [{"id": id_, "message_status": "accepted"}],
        }
        return Judged([_letter(body, id_)], 200, answer)

    def refusal(self, rule: Rule) -> Any:
        """A Graph error."""
        return graph.refusal(rule)

    def webhooks(
        self, target: Target, letters: dict[str, dict[str, Any]], events: Sequence[dict[str, Any]]
    ) -> Iterator[Webhook]:
        """A status each; `error` is the code of a failure."""
        for event in events:
            letter = letters[event["message"]]
            status: dict[str, Any] = {
                "id": letter["id"],
                "status": event["event"],
                "timestamp": str(int(event.get("at", time.time()))),
                "recipient_id": letter["address"].lstrip("+"),
                "biz_opaque_callback_data": letter["tracking"],
                "pricing": {"billable": True, "pricing_model": "PMP", "category": "marketing"},
            }
            if event.get("error"):
                words = "The sandbox was told to fail this."
                one = {"code": event["error"], "title": words, "message": words, "error_data": {"details": words}}
                status["errors"] = [one]
            yield _changed(target, "messages", {"statuses": [status]})

    def replies(self, target: Target, replies: Sequence[dict[str, Any]]) -> Iterator[Webhook]:
        """A message each; with `button` it is the tap of one below the message with that id. Or a `change` as it is."""
        for reply in replies:
            if "change" in reply:
                yield _changed(target, reply["change"]["field"], reply["change"]["value"])
                continue
            about = f"{reply['from']} {reply['text']} {reply.get('id', time.time_ns())}"
            said: dict[str, Any] = {
                "from": reply["from"].lstrip("+"),
                "id": "wamid." + sha256(about.encode()).hexdigest()[:40],
                "timestamp": str(int(reply.get("at", time.time()))),
            }
            if reply.get("button"):
                said |= {"type": "button", "button": {"payload": reply["text"], "text": reply["text"]}}
                said["context"] = {"from": NUMBER, "id": reply["button"]}
            else:
                said |= {"type": "text", "text": {"body": reply["text"]}}
            contact = {"profile": {"name": "Ana"}, "wa_id": said["from"]}
            yield _changed(target, "messages", {"contacts": [contact], "messages": [said]})


def _changed(target: Target, field: str, value: dict[str, Any]) -> Webhook:
    metadata = {"display_phone_number": NUMBER, "phone_number_id": NUMBER_ID}
    whole = {"messaging_product": "whatsapp", "metadata": metadata, **value} if field == "messages" else value
    entry = {"id": ACCOUNT, "time": int(time.time()), "changes": [{"value": whole, "field": field}]}
    return graph.webhook(target, "whatsapp", {"object": "whatsapp_business_account", "entry": [entry]})


def _fault(body: dict[str, Any]) -> dict[str, Any] | None:
    kind = body.get("type", "text")
    content = body.get(kind)
    if body.get("messaging_product") != "whatsapp" or kind not in _KINDS or not isinstance(content, dict):
        return graph.error(100, "Invalid parameter")
    if not _TO.match(str(body.get("to", ""))):
        return graph.error(131009, "Parameter value is not valid", details="Recipient is not a valid phone number")
    if not content.get(_KINDS[kind]):
        return graph.error(131008, "Required parameter is missing", details=f"{kind}.{_KINDS[kind]} is missing")
    if kind == "text" and len(content["body"]) > _LONGEST:
        return graph.error(100, "Invalid parameter", details="Param text['body'] must be at most 4096 characters long.")
    if kind == "template" and content["name"] == "paused":
        return graph.error(132015, "Template is Paused")
    return None


def _letter(body: dict[str, Any], id_: str) -> dict[str, Any]:
    tracking = body.get("biz_opaque_callback_data", "")
    message, _, token = tracking.partition(":")
    interactive, template = body.get("interactive", {}), body.get("template", {})
    image = body.get("image") or interactive.get("header", {}).get("image") or {}
    text = body.get("text", {}).get("body") or image.get("caption") or interactive.get("body", {}).get("text", "")
    return {
        "provider": "whatsapp",
        "message": message,
        "token": token,
        "tracking": tracking,
        "id": id_,
        "address": "+" + str(body["to"]).lstrip("+"),
        "text": text,
        "media": image.get("link", ""),
        "template": template,
        "interactive": interactive,
    }
