"""What the webhooks of Messenger and Instagram say: one form for both, a page's or a professional account's chats.

Messenger names the messages that were delivered and, of those that were read, only up to when; Instagram names what
was read and says nothing of deliveries. Echoes bring our own ids back, and with them proof that a message was taken.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from common.ids import derive
from messaging.attachments import attachment
from messaging.channel import Hook, Receipt, ReceiptType, Reply
from messaging.channels._chat import inner, instant, listed, read, text, whole

_MILLISECONDS = 1_000
# Events that say something of a person but nothing of ours; what is not here is unknown, never dropped.
_KNOWN = frozenset(
    {"sender", "recipient", "timestamp", "message", "delivery", "read", "postback", "referral", "optin", "reaction"}
)


def receipts(hook: Hook, channel: str, ours: str = "") -> list[Receipt]:
    """What a webhook says of our messages; what is about another page than `ours`, where it is named, is unknown."""
    found: list[Receipt] = []
    for page, event in _events(hook):
        if ours not in ("", page):
            key = derive(channel, "other", page, whole(event))
            found.append(Receipt(key=key, type="unknown", at=hook.at, detail=f"of another account: {page}"))
        else:
            found += _receipts(event, hook.at, channel)
    return found


def replies(hook: Hook, channel: str, ours: str = "") -> list[Reply]:
    """What people wrote and tapped, and the links they came by."""
    return [one for page, event in _events(hook) if ours in ("", page) for one in _replies(event, hook.at, channel)]


def _events(hook: Hook) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each event with the id of the page or account whose it is."""
    for entry in listed(read(hook.body).get("entry")):
        for event in listed(entry.get("messaging")):
            yield text(entry.get("id"), 40), event


def _receipts(event: dict[str, Any], came_in: datetime, channel: str) -> Iterator[Receipt]:
    at = instant(event.get("timestamp"), came_in, _MILLISECONDS)
    person = text(inner(event, "sender").get("id"), 40)
    message, delivery, seen = inner(event, "message"), inner(event, "delivery"), inner(event, "read")
    if message.get("is_echo"):
        yield from _echo(message, text(inner(event, "recipient").get("id"), 40), at, channel)
    mids = delivery.get("mids")
    for mid in mids if isinstance(mids, list) else []:
        yield _about(channel, "delivered", text(mid, 200), person, at)
    if mid := text(seen.get("mid"), 200):
        yield _about(channel, "opened", mid, person, at)
    elif seen:
        watermark = instant(seen.get("watermark"), at, _MILLISECONDS)
        key = derive(channel, "read", person, watermark.isoformat())
        yield Receipt(key=key, type="opened", at=at, address=person, up_to=watermark, detail="read")
    if mid := text(inner(event, "postback").get("mid"), 200):
        yield _pressed(channel, mid, person, at, text(inner(event, "postback").get("title"), 200))
    for strange in sorted(event.keys() - _KNOWN):
        key = derive(channel, strange, person, at.isoformat())
        yield Receipt(key=key, type="unknown", at=at, address=person, detail=text(strange, 100))


def _echo(message: dict[str, Any], person: str, at: datetime, channel: str) -> Iterator[Receipt]:
    ours, _, token = text(message.get("metadata"), 200).partition(":")
    mid = text(message.get("mid"), 200)
    if ours and token:
        key = derive(channel, "accepted", mid)
        yield Receipt(
            key=key, type="accepted", at=at, message=ours, token=token, provider_id=mid, address=person, detail="echo"
        )


def _about(channel: str, type_: ReceiptType, mid: str, person: str, at: datetime) -> Receipt:
    key = derive(channel, type_, mid)
    return Receipt(key=key, type=type_, at=at, provider_id=mid, address=person, detail=type_)


def _pressed(channel: str, mid: str, person: str, at: datetime, words: str) -> Receipt:
    """A button below one of our messages: whose id `mid` is, no reference says, so it counts as said of the latest."""
    return Receipt(key=derive(channel, "press", mid), type="clicked", at=at, address=person, up_to=at, detail=words)


def _replies(event: dict[str, Any], came_in: datetime, channel: str) -> Iterator[Reply]:
    at = instant(event.get("timestamp"), came_in, _MILLISECONDS)
    message, postback = inner(event, "message"), inner(event, "postback")
    if message.get("is_echo") or message.get("is_deleted"):
        return
    person, ours = text(inner(event, "sender").get("id"), 40), text(inner(event, "recipient").get("id"), 40)
    link = _link(event, message, postback)
    words = text(message.get("text") or postback.get("title"))
    if message and not words:
        words = "[no text]"
    if not words and link:
        words = "[opened the chat by a link]"
    if person and words:
        id_ = text(message.get("mid") or postback.get("mid"), 200) or f"{person} {at.isoformat()}"
        key = derive(channel, "reply", id_)
        sent = [
            attachment(one.get("type"), url=inner(one, "payload").get("url"), name=inner(one, "payload").get("title"))
            for one in listed(message.get("attachments"))
        ]
        yield Reply(key=key, address=person, to=ours, text=words, at=at, provider_id=id_, link=link, attachments=sent)


def _link(event: dict[str, Any], *more: dict[str, Any]) -> str:
    """The `ref` of the link that a chat was opened by: an event of its own, or beside a message or a first tap."""
    referrals = [inner(one, "referral") for one in (event, *more)]
    return next((text(one["ref"], 200) for one in referrals if one.get("ref")), "")
