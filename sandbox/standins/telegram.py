"""Telegram's Bot API: /bot{token}/sendMessage and sendPhoto, and the updates that its webhook brings."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import count
from typing import Any, ClassVar

from sandbox.emit import Target, Webhook
from sandbox.faults import Rule
from sandbox.standin import Judged, Request, StandIn

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"  # noqa: S105  # of the stand-in
SECRET = "telegram-webhook-secret"  # noqa: S105  # as above
_PATH = re.compile(r"^/bot([^/]+)/(sendMessage|sendPhoto)$")
_TEXT, _CAPTION, _ANSWER = 4_096, 1_024, 64


class Telegram(StandIn):
    """Knows our messages by the order they came in: nothing of ours travels with them."""

    name: ClassVar[str] = "telegram"
    channel: ClassVar[str] = "telegram"

    def __init__(self) -> None:
        self._numbers = count(1)
        self._updates = count(1_000)
        self._blocked: set[str] = set()

    def environment(self, address: str) -> dict[str, str]:
        """The settings for it."""
        return {
            "ENCORE_TELEGRAM_BOT_TOKEN": TOKEN,
            "ENCORE_TELEGRAM_WEBHOOK_SECRET": SECRET,
            "ENCORE_TELEGRAM_BOT": "harbour_bot",
            "ENCORE_TELEGRAM_URL": address,
        }

    def owns(self, path: str) -> bool:
        """The two methods that send."""
        return bool(_PATH.match(path))

    def judge(self, request: Request) -> Judged:
        """A letter, or a refusal in Telegram's words."""
        named = _PATH.match(request.path)
        if not named or named[1] != TOKEN:
            return Judged([], 401, _error(401, "Unauthorized"))
        body = json.loads(request.body)
        if fault := _fault(named[2], body):
            return Judged([], 400, _error(400, f"Bad Request: {fault}"))
        chat = str(body["chat_id"])
        if chat in self._blocked:
            return Judged([], 403, _error(403, "Forbidden: bot was blocked by the user"))
        number = next(self._numbers)
        result = {"message_id": number, "date": int(time.time()), "chat": {"id": body["chat_id"], "type": "private"}}
        return Judged([_letter(body, number, chat)], 200, {"ok": True, "result": result})

    def refusal(self, rule: Rule) -> Any:
        """An error, with the time to wait where there is one."""
        return _error(rule.status, rule.words or "The sandbox was told to refuse this.", rule.retry_after)

    def webhooks(
        self, target: Target, letters: dict[str, dict[str, Any]], events: Sequence[dict[str, Any]]
    ) -> Iterator[Webhook]:
        """`blocked`, `unblocked`, or `pressed` with the words of the button; any other is an update by that name."""
        for event in events:
            letter = letters[event["message"]]
            yield self._update(target, self._told(letter, event))

    def replies(self, target: Target, replies: Sequence[dict[str, Any]]) -> Iterator[Webhook]:
        """A message each."""
        for reply in replies:
            about = f"{reply['from']} {reply['text']} {reply.get('id', time.time_ns())}"
            message = {
                "message_id": int(sha256(about.encode()).hexdigest()[:8], 16),
                "date": int(reply.get("at", time.time())),
                "from": {"id": int(reply["from"]), "is_bot": False, "first_name": "Ana"},
                "chat": {"id": int(reply["from"]), "type": "private", "first_name": "Ana"},
                "text": reply["text"],
            }
            yield self._update(target, {"message": message})

    def reset(self) -> None:
        """Nobody blocks the bot."""
        self._blocked.clear()

    def _told(self, letter: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        chat = {"id": int(letter["address"]), "type": "private"}
        person = {"id": int(letter["address"]), "is_bot": False, "first_name": "Ana"}
        if event["event"] == "pressed":
            message = {"message_id": letter["number"], "date": int(time.time()), "chat": chat}
            query = {"id": f"q{next(self._updates)}", "from": person, "message": message, "chat_instance": "1"}
            return {"callback_query": {**query, "data": event["words"]}}
        if event["event"] not in ("blocked", "unblocked"):
            return {event["event"]: {"date": int(time.time())}}
        gone = event["event"] == "blocked"
        if gone:
            self._blocked.add(letter["address"])
        else:
            self._blocked.discard(letter["address"])
        bot = {"id": 110201543, "is_bot": True, "first_name": "Harbour"}
        new = {"user": bot, "status": "kicked" if gone else "member"}
        old = {"user": bot, "status": "member" if gone else "kicked"}
        member = {"chat": chat, "from": person, "date": int(time.time())}
        return {"my_chat_member": {**member, "old_chat_member": old, "new_chat_member": new}}

    def _update(self, target: Target, what: dict[str, Any]) -> Webhook:
        body = json.dumps({"update_id": next(self._updates), **what}, separators=(",", ":"))
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET}
        return Webhook(f"{target.public_url.rstrip('/')}/webhooks/telegram", headers, body)


def _fault(method: str, body: dict[str, Any]) -> str:
    if not isinstance(body.get("chat_id"), int):
        return "chat not found"
    if method == "sendMessage" and not body.get("text"):
        return "message text is empty"
    if len(body.get("text", "")) > _TEXT:
        return "message is too long"
    if method == "sendPhoto" and not body.get("photo"):
        return "there is no photo in the request"
    if len(body.get("caption", "")) > _CAPTION:
        return "message caption is too long"
    buttons = [one for row in body.get("reply_markup", {}).get("inline_keyboard", []) for one in row]
    if any(len(one.get("callback_data", "x").encode()) > _ANSWER for one in buttons):
        return "BUTTON_DATA_INVALID"
    return ""


def _letter(body: dict[str, Any], number: int, chat: str) -> dict[str, Any]:
    return {
        "provider": "telegram",
        "message": f"telegram-{number}",
        "token": "",
        "id": f"{chat}:{number}",
        "number": number,
        "address": chat,
        "text": body.get("text") or body.get("caption", ""),
        "media": body.get("photo", ""),
        "buttons": body.get("reply_markup", {}).get("inline_keyboard", []),
    }


def _error(status: int, words: str, retry_after: float | str = 0) -> dict[str, Any]:
    error: dict[str, Any] = {"ok": False, "error_code": status, "description": words}
    return {**error, "parameters": {"retry_after": retry_after}} if retry_after else error
