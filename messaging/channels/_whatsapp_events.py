"""What WhatsApp's webhooks say: statuses of messages, what people wrote, and what becomes of templates and numbers."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from common.ids import derive
from messaging.attachments import Attachment, attachment, place
from messaging.channel import Hook, Notice, Receipt, ReceiptType, Reply
from messaging.channels import _whatsapp_errors as errors
from messaging.channels._chat import inner, instant, listed, read, text, whole
from messaging.channels._whatsapp_numbers import from_wa_id

STATUSES: dict[str, ReceiptType] = {
    "sent": "accepted",
    "delivered": "delivered",
    "read": "opened",
    "played": "opened",
    "failed": "undelivered",
}
# Fields of the webhook that are about the account, not about a message.
_NOTICES = {
    "message_template_status_update": ("template", "event"),
    "message_template_quality_update": ("template_quality", "new_quality_score"),
    "template_category_update": ("template_category", "new_category"),
    "phone_number_quality_update": ("number", "event"),
    "account_update": ("account", "event"),
    "account_alerts": ("account_alert", "alert_type"),
}


_SENT = frozenset({"image", "video", "audio", "document", "sticker"})


def receipts(hook: Hook, number_id: str) -> list[Receipt]:
    """The statuses of messages, the presses of buttons, and who wants no more marketing.

    What is about another number of the same app than the one with this id is unknown to us.
    """
    found: list[Receipt] = []
    for field, value, at in _changes(hook):
        if other := _other(value, number_id):
            key = derive("whatsapp", "other", other, whole(value))
            found.append(Receipt(key=key, type="unknown", at=at, detail=f"of another number: {other}"))
            continue
        found += [one for status in listed(value.get("statuses")) for one in _of_status(status, hook.at)]
        found += [one for said in listed(value.get("messages")) for one in _of_press(said, hook.at)]
        if field == "user_preferences":
            found += [one for said in listed(value.get("user_preferences")) for one in _of_preference(said, hook.at)]
        elif field != "messages" and field not in _NOTICES:
            key = derive("whatsapp", field, whole(value))
            found.append(Receipt(key=key, type="unknown", at=at, detail=f"{field}: {whole(value)[:400]}"))
    return found


def replies(hook: Hook, number_id: str) -> list[Reply]:
    """What people wrote or tapped; of a picture its caption, of what has no words what kind it is."""
    found: list[Reply] = []
    for _, value, _ in _changes(hook):
        if _other(value, number_id):
            continue
        ours = text(inner(value, "metadata").get("display_phone_number"), 40)
        for said in listed(value.get("messages")):
            address, id_ = from_wa_id(text(said.get("from"), 40)), text(said.get("id"), 200)
            if address and id_ and said.get("type") not in ("reaction", "system"):
                key = derive("whatsapp", "reply", id_)
                when = instant(said.get("timestamp"), hook.at)
                reply = Reply(key=key, address=address, to=ours, text=_words(said), at=when, provider_id=id_)
                found.append(msgspec.structs.replace(reply, attachments=_attachments(said)))
    return found


def notices(hook: Hook) -> list[Notice]:
    """What became of templates, of the number's quality and of the account."""
    found: list[Notice] = []
    for field, value, at in _changes(hook):
        if field in _NOTICES:
            about, state = _NOTICES[field]
            name = text(value.get("message_template_name") or value.get("display_phone_number"), 512)
            language = text(value.get("message_template_language"), 20)
            said = text(value.get(state), 100)
            found.append(
                Notice(
                    key=derive("whatsapp", field, name, language, said, at.isoformat()),
                    about=about,
                    name=f"{name}/{language}" if language else name,
                    state=said,
                    at=at,
                    detail=text(value.get("reason") or value.get("current_limit"), 500),
                )
            )
    return found


def _changes(hook: Hook) -> Iterator[tuple[str, dict[str, Any], datetime]]:
    """Each change's field, its value and the time of its entry."""
    for entry in listed(read(hook.body).get("entry")):
        at = instant(entry.get("time"), hook.at)
        for change in listed(entry.get("changes")):
            yield text(change.get("field"), 100), inner(change, "value"), at


def _other(value: dict[str, Any], number_id: str) -> str:
    """The id of the number that a change is about where it is another than this, else ""."""
    about = text(inner(value, "metadata").get("phone_number_id"), 40)
    return about if about != number_id else ""


def _of_status(status: dict[str, Any], at: datetime) -> Iterator[Receipt]:
    word, id_ = text(status.get("status"), 100), text(status.get("id"), 200)
    message, _, token = text(status.get("biz_opaque_callback_data"), 512).partition(":")
    error = next(iter(listed(status.get("errors"))), {})
    code = error.get("code") if isinstance(error.get("code"), int) else None
    details = text(inner(error, "error_data").get("details") or error.get("title"), 300)
    receipt = Receipt(
        key=derive("whatsapp", id_, word),
        type=STATUSES.get(word, "unknown"),
        at=instant(status.get("timestamp"), at),
        message=message,
        token=token,
        provider_id=id_,
        address=from_wa_id(text(status.get("recipient_id"), 40)),
        permanent=code in errors.NEVER,
        detail=f"{word}: error {code} {details}"[:500] if error else word,
    )
    yield receipt
    if code == errors.NO_MARKETING:
        yield _no_more(receipt.address, receipt.at, derive("whatsapp", id_, "stopped marketing"), details)


def _of_press(said: dict[str, Any], at: datetime) -> Iterator[Receipt]:
    """A button that was tapped below one of our messages; which one, its context says."""
    about = text(inner(said, "context").get("id"), 200)
    if about and said.get("type") in ("button", "interactive"):
        yield Receipt(
            key=derive("whatsapp", "press", text(said.get("id"), 200)),
            type="clicked",
            at=instant(said.get("timestamp"), at),
            provider_id=about,
            address=from_wa_id(text(said.get("from"), 40)),
            detail=_words(said)[:500],
        )


def _of_preference(said: dict[str, Any], at: datetime) -> Iterator[Receipt]:
    address, when = from_wa_id(text(said.get("wa_id"), 40)), instant(said.get("timestamp"), at)
    key = derive("whatsapp", "preference", address, text(said.get("value")), when.isoformat())
    if said.get("value") == "stop":
        yield _no_more(address, when, key, text(said.get("detail"), 300))
    else:
        yield Receipt(key=key, type="unknown", at=when, address=address, detail=f"preference: {whole(said)[:400]}")


def _no_more(address: str, at: datetime, key: str, detail: str) -> Receipt:
    return Receipt(key=key, type="unsubscribed", at=at, address=address, detail=detail)


def _attachments(said: dict[str, Any]) -> list[Attachment]:
    """A picture, video, voice, file or place; Meta hands it out by its id, to the shop's token, for 30 days."""
    kind = text(said.get("type"), 40)
    sent = inner(said, kind)
    if kind == "location":
        return place(sent, sent.get("name"))
    if not sent.get("id") or kind not in _SENT:
        return []
    return [attachment(kind, id=sent["id"], media_type=sent.get("mime_type"), name=sent.get("filename"))]


def _words(said: dict[str, Any]) -> str:
    kind = text(said.get("type"), 40)
    interactive = inner(said, "interactive")
    words = (
        inner(said, "text").get("body")
        or inner(said, "button").get("text")
        or inner(interactive, "button_reply").get("title")
        or inner(interactive, "list_reply").get("title")
        or inner(said, kind).get("caption")
    )
    return text(words) or f"[{kind}]"
