"""What LINE's webhooks say: what people wrote and tapped, who follows and who does not. It reports no deliveries."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from common.ids import derive
from messaging.attachments import Attachment, attachment, place
from messaging.channel import Hook, Receipt, ReceiptType, Reply
from messaging.channels._chat import inner, instant, listed, read, text

EVENTS: dict[str, ReceiptType] = {"unfollow": "blocked", "follow": "unblocked"}
# No word of ours in them; what is neither here nor above is unknown, never dropped.
_SILENT = frozenset({"message", "accountLink", "unsend", "postback"})
_MILLISECONDS = 1_000
_SENT = frozenset({"image", "video", "audio", "file"})


def receipts(hook: Hook) -> list[Receipt]:
    """Who stopped following, who follows again; and presses of buttons, which count for the latest message."""
    return [one for event in _events(hook) for one in _receipts(event, hook.at)]


def replies(hook: Hook) -> list[Reply]:
    """What people wrote and tapped; the nonce of an account link is the token of the link they came by."""
    return [one for event in _events(hook) for one in _replies(event, hook.at)]


def _events(hook: Hook) -> list[dict[str, Any]]:
    return listed(read(hook.body).get("events"))


def _receipts(event: dict[str, Any], came_in: datetime) -> Iterator[Receipt]:
    word, at = text(event.get("type"), 100), instant(event.get("timestamp"), came_in, _MILLISECONDS)
    address, key = text(inner(event, "source").get("userId"), 60), derive("line", word, _id(event))
    if word == "postback":
        words = text(inner(event, "postback").get("data"), 300)
        yield Receipt(key=key, type="clicked", at=at, address=address, up_to=at, detail=words)
    elif word not in _SILENT:
        yield Receipt(key=key, type=EVENTS.get(word, "unknown"), at=at, address=address, detail=word)


def _replies(event: dict[str, Any], came_in: datetime) -> Iterator[Reply]:
    word, address = event.get("type"), text(inner(event, "source").get("userId"), 60)
    link, sent = "", list[Attachment]()
    if word == "message":
        message = inner(event, "message")
        sent = _attachments(message)
        words = text(message.get("text")) or f"[{text(message.get('type'), 40)}]"
    elif word == "postback":
        words = text(inner(event, "postback").get("data"))
    elif word == "accountLink" and inner(event, "link").get("result") == "ok":
        words, link = "[linked the account]", text(inner(event, "link").get("nonce"), 200)
    else:
        return
    if address and words:
        at = instant(event.get("timestamp"), came_in, _MILLISECONDS)
        id_, token = _id(event), text(event.get("replyToken"), 100)
        key = derive("line", "reply", id_)
        reply = Reply(key=key, address=address, to="", text=words, at=at, provider_id=id_, link=link, token=token)
        yield msgspec.structs.replace(reply, attachments=sent)


def _attachments(message: dict[str, Any]) -> list[Attachment]:
    """LINE hands contents out by the message's id, to the channel's token, for some days."""
    kind = text(message.get("type"), 40)
    if kind == "location":
        return place(message, message.get("title"))
    if kind not in _SENT or not message.get("id"):
        return []
    lies = inner(message, "contentProvider").get("originalContentUrl")
    return [attachment(kind, id=message["id"], url=lies, name=message.get("fileName"))]


def _id(event: dict[str, Any]) -> str:
    """The same when LINE sends an event again; older accounts' events have none."""
    given = text(event.get("webhookEventId"), 100)
    return given or derive(text(inner(event, "source").get("userId"), 60), text(event.get("timestamp"), 20))
