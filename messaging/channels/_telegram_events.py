"""What Telegram's updates say: what people wrote and tapped, and who blocked the bot. It reports no deliveries."""

from datetime import datetime
from typing import Any

import msgspec

from common.errors import Invalid
from common.ids import derive
from messaging.attachments import Attachment, attachment, place
from messaging.channel import Hook, Receipt, Reply
from messaging.channels._chat import inner, instant, listed, read, text

_START = "/start"
# What somebody is to the bot in a chat with it; anything else means that it may write.
_GONE = frozenset({"kicked", "left"})
_SENT = ("document", "video", "audio", "voice", "animation", "video_note", "sticker")
_KNOWN = frozenset({"message", "callback_query", "my_chat_member"})


def receipts(hook: Hook) -> list[Receipt]:
    """A block, its end, or the press of a button; an update of a kind we do not know is unknown."""
    update = read(hook.body)
    number = text(update.get("update_id"), 40)
    if member := inner(update, "my_chat_member"):
        return [_membership(member, number, hook.at)]
    if query := inner(update, "callback_query"):
        return [_press(query, hook.at)]
    strange = sorted(update.keys() - _KNOWN - {"update_id"})
    key = derive("telegram", "update", number)
    return [Receipt(key=key, type="unknown", at=hook.at, detail=text(one, 100)) for one in strange]


def replies(hook: Hook) -> list[Reply]:
    """What somebody wrote to the bot, or tapped; `/start token` is the link they came by."""
    update = read(hook.body)
    if query := inner(update, "callback_query"):
        chat = inner(query, "message", "chat") or inner(query, "from")
        return _reply(chat, text(query.get("data")), "query", text(query.get("id"), 100), hook.at)
    message = inner(update, "message")
    if not message:
        return []
    words = text(message.get("text") or message.get("caption")) or "[no text]"
    id_ = provider_id(message)
    found = _reply(inner(message, "chat"), words, "reply", id_, instant(message.get("date"), hook.at))
    return [msgspec.structs.replace(one, attachments=_attachments(message)) for one in found]


def _attachments(message: dict[str, Any]) -> list[Attachment]:
    """Telegram hands files out by their id, to the bot; of a photo the largest of its sizes is noted."""
    found = place(inner(message, "location"))
    sent = {kind: inner(message, kind) for kind in _SENT} | {
        "photo": next(iter(listed(message.get("photo"))[::-1]), {})
    }
    return found + [
        attachment(kind, id=one["file_id"], media_type=one.get("mime_type"), name=one.get("file_name"))
        for kind, one in sent.items()
        if one.get("file_id")
    ]


def query_of(hook: Hook) -> str:
    """The id of the tapped button that waits to be acknowledged, or ""."""
    try:
        return text(inner(read(hook.body), "callback_query").get("id"), 100)
    except Invalid:
        return ""  # whoever works the update off sets it aside


def provider_id(message: dict[str, Any]) -> str:
    """A message's id, which counts within its chat alone."""
    return f"{text(inner(message, 'chat').get('id'), 40)}:{text(message.get('message_id'), 40)}"


def _reply(chat: dict[str, Any], words: str, kind: str, id_: str, at: datetime) -> list[Reply]:
    address = text(chat.get("id"), 40)
    if not address:
        return []
    command, _, token = words.partition(" ")
    link = token.strip() if command == _START else ""
    key = derive("telegram", kind, id_)
    return [Reply(key=key, address=address, to="", text=words, at=at, provider_id=id_, link=link)]


def _membership(member: dict[str, Any], number: str, otherwise: datetime) -> Receipt:
    word = text(inner(member, "new_chat_member").get("status"), 40)
    return Receipt(
        key=derive("telegram", "member", number),
        type="blocked" if word in _GONE else "unblocked",
        at=instant(member.get("date"), otherwise),
        address=text(inner(member, "chat").get("id"), 40),
        detail=word,
    )


def _press(query: dict[str, Any], at: datetime) -> Receipt:
    message = inner(query, "message")
    return Receipt(
        key=derive("telegram", "press", text(query.get("id"), 100)),
        type="clicked",
        at=at,
        provider_id=provider_id(message),
        address=text(inner(message, "chat").get("id") or inner(query, "from").get("id"), 40),
        detail=text(query.get("data"), 200),
    )
