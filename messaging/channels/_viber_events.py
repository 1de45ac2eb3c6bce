"""What Viber's callbacks say: how far messages came, what people wrote, who came and who went."""

from collections.abc import Iterator
from typing import Any

import msgspec

from common.ids import derive
from messaging.attachments import Attachment, attachment, place
from messaging.channel import Hook, Receipt, ReceiptType, Reply
from messaging.channels._chat import inner, instant, read, text

EVENTS: dict[str, ReceiptType] = {
    "delivered": "delivered",
    "seen": "opened",
    "failed": "undelivered",
    "unsubscribed": "blocked",
    "subscribed": "unblocked",
}
# About a message of ours, which is found by its receiver and Viber's id of it.
_ABOUT_A_MESSAGE = frozenset({"delivered", "seen", "failed"})
# No word of a message nor of a person: the set-up asks whether anybody is there.
_SILENT = frozenset({"webhook", "message", "conversation_started", "client_status"})
_MILLISECONDS = 1_000


def receipts(hook: Hook) -> list[Receipt]:
    """What one callback says; of a message in which a button was tapped, that it was."""
    said = read(hook.body)
    return list(_receipts(said, hook))


def _receipts(said: dict[str, Any], hook: Hook) -> Iterator[Receipt]:
    word, number = text(said.get("event"), 100), text(said.get("message_token"), 40)
    if word in _SILENT:
        return
    address = text(said.get("user_id") or inner(said, "user").get("id"), 100)
    ours = word in _ABOUT_A_MESSAGE or word not in EVENTS
    detail = f"{word}: {text(said.get('desc'), 300)}" if said.get("desc") else word
    yield Receipt(
        key=derive("viber", word, number, address),
        type=EVENTS.get(word, "unknown"),
        at=instant(said.get("timestamp"), hook.at, _MILLISECONDS),
        provider_id=number if ours else "",
        address=address,
        detail=detail,
    )


def replies(hook: Hook) -> list[Reply]:
    """What somebody wrote or tapped, or that they opened the chat by a link, whose token stands in the context."""
    said = read(hook.body)
    word, number = said.get("event"), text(said.get("message_token"), 40)
    at = instant(said.get("timestamp"), hook.at, _MILLISECONDS)
    if word == "message":
        address, message = text(inner(said, "sender").get("id"), 100), inner(said, "message")
        words = text(message.get("text")) or f"[{text(message.get('type'), 40)}]"
        reply = msgspec.structs.replace(_reply(number, address, words, at, ""), attachments=_attachments(message))
        return [reply] if address else []
    token = text(said.get("context"), 200)
    address = text(inner(said, "user").get("id"), 100)
    if word == "conversation_started" and token and address:
        return [_reply(number, address, "[opened the chat by a link]", at, token)]
    return []


def _attachments(message: dict[str, Any]) -> list[Attachment]:
    where = inner(message, "location")
    if where:
        return place({"latitude": where.get("lat"), "longitude": where.get("lon")})
    kind, lies = message.get("type"), message.get("media")
    return [attachment(kind, url=lies, name=message.get("file_name"))] if lies else []


def _reply(number: str, address: str, words: str, at: Any, link: str) -> Reply:
    key = derive("viber", "reply", number)
    return Reply(key=key, address=address, to="", text=words, at=at, provider_id=number, link=link)
