"""LINE through its Messaging API, one message a request, each under a key of its own that LINE takes once."""

import base64
import hmac
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

import httpx2
import msgspec

from common.clock import Clock
from common.errors import Forged
from common.settings import Settings
from content.cards import Button, buttons_of
from messaging.channel import (
    Accepted,
    Hook,
    Letter,
    NotTaken,
    Outbox,
    Outcome,
    Parcel,
    Profile,
    Receipt,
    ReceiptType,
    Rejected,
    Reply,
    Uncertain,
    base_url,
)
from messaging.channels import _line_events as events
from messaging.channels._chat import Chat, listed, needed
from messaging.channels._http import rate_limited, said

SIGNATURE = "x-line-signature"
# Messaging API: a buttons template's text without and with a picture, its actions, a label, an alternative text.
TEXT, TEXT_WITH_PICTURE, ACTIONS, LABEL, ALT_TEXT = 160, 60, 4, 20, 400
_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "line.encore")
_MONTHLY = "monthly limit"


class LineSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A channel access token, or the channel delivers to the outbox.

    `line_channel_secret` signs webhooks; `line_account` is the basic id (@shop), for links.
    """

    line_access_token: str = ""
    line_channel_secret: str = ""
    line_account: str = ""
    line_url: str = "https://api.line.me"


class Line(Chat):
    """LINE remembers a request's retry key for 24 hours, and answers 409 to one that it took before."""

    name: ClassVar[str] = "line"
    channel: ClassVar[str] = "line"
    profile: ClassVar[Profile] = "idempotent"
    key_hours: ClassVar[float] = 24.0
    reports: ClassVar[frozenset[ReceiptType]] = frozenset()

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self._own = settings.section(LineSettings)
        self._url = base_url("ENCORE_LINE_URL", self._own.line_url)

    def configured(self) -> bool:
        """Whether there is an access token."""
        return bool(self._own.line_access_token)

    def hand(self, parcel: Parcel, letter: Letter) -> Outcome:
        """One push; a multicast would have one key and one answer for many, and none for each."""
        body = {"to": letter.address, "messages": messages(letter.rendered.parts)}
        key = str(uuid.uuid5(_NAMESPACE, f"{letter.message}:{parcel.token}"))
        return self.ask(f"{self._url}/v2/bot/message/push", body, {**self._bearer(), "X-Line-Retry-Key": key}, _outcome)

    def say(self, reply: Reply, text: str) -> bool:
        """Answer with the reply token, which costs nothing and lasts a minute."""
        if reply.token:
            body = {"replyToken": reply.token, "messages": [{"type": "text", "text": text}]}
            return isinstance(self.ask(f"{self._url}/v2/bot/message/reply", body, self._bearer(), _outcome), Accepted)
        return False

    def verify(self, hook: Hook) -> None:
        """Check X-Line-Signature, HMAC-SHA256 of the raw body by the channel's secret in base64; raises Forged."""
        secret = self._own.line_channel_secret
        if not secret:
            raise Forged("ENCORE_LINE_CHANNEL_SECRET is not set, so no webhook of LINE's can be believed.")
        fitting = base64.b64encode(hmac.digest(secret.encode(), hook.body, "sha256"))
        if not hmac.compare_digest(hook.headers.get(SIGNATURE, "").encode(), fitting):
            raise Forged("The signature does not fit.")

    def receipts(self, hook: Hook) -> list[Receipt]:
        """Who follows, who does not any more, and presses of buttons."""
        return events.receipts(hook)

    def replies(self, hook: Hook) -> list[Reply]:
        """What people wrote."""
        return events.replies(hook)

    def deep_link(self, token: str, greeting: str) -> str:
        """The address that opens the chat, its first message written; raises Invalid without the account's id."""
        account = needed("ENCORE_LINE_ACCOUNT", self._own.line_account)
        return f"https://line.me/R/oaMessage/{quote(account, safe='')}/?{quote(f'{greeting} {token}')}"

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._own.line_access_token}"}


def messages(parts: Mapping[str, str]) -> list[dict[str, Any]]:
    """What arrives together: a card where words and buttons fit on one, else picture and text with quick replies."""
    text, media, buttons = parts.get("text", ""), parts.get("media", ""), buttons_of(parts)
    if buttons and len(buttons) <= ACTIONS and len(text) <= (TEXT_WITH_PICTURE if media else TEXT):
        picture = {"thumbnailImageUrl": media} if media else {}
        template = {"type": "buttons", **picture, "text": text, "actions": _actions(buttons)}
        return [{"type": "template", "altText": text[:ALT_TEXT], "template": template}]
    made: list[dict[str, Any]] = []
    if media:
        made.append({"type": "image", "originalContentUrl": media, "previewImageUrl": media})
    words: dict[str, Any] = {"type": "text", "text": text}
    if buttons:
        words["quickReply"] = {"items": [{"type": "action", "action": one} for one in _actions(buttons)]}
    return [*made, words]


def _actions(buttons: Sequence[Button]) -> list[dict[str, str]]:
    return [
        {"type": "uri", "label": one.label[:LABEL], "uri": one.url}
        if one.url
        else {"type": "message", "label": one.label[:LABEL], "text": one.label}
        for one in buttons
    ]


def _outcome(response: httpx2.Response) -> Outcome:
    status, answer = response.status_code, said(response)
    words = str(answer.get("message") or "")
    detail = f"HTTP {status}: {words} {'; '.join(str(one.get('property')) for one in listed(answer.get('details')))}"
    if status < 300:
        return _taken(response, answer)
    if status == 409 and response.headers.get("X-Line-Accepted-Request-Id"):
        return _taken(response, answer)
    if status == 429 and _MONTHLY in words:
        return NotTaken(reason="out_of_quota", stop=True, detail=detail[:300])
    if status == 429:
        return rate_limited(response, detail[:300])
    if status in (401, 403):
        return NotTaken(reason="credentials", stop=True, detail=detail[:300])
    if status in (400, 413) and words:
        return Rejected(reason="invalid_address" if "'to'" in words else "refused", detail=detail[:300])
    return NotTaken(reason="wrong_url", stop=True, detail=detail[:300])


def _taken(response: httpx2.Response, answer: Mapping[str, Any]) -> Outcome:
    """LINE's id of the message, else of the request; an answer that is not LINE's says nothing."""
    sent = next((str(one["id"]) for one in listed(answer.get("sentMessages")) if one.get("id")), "")
    request = response.headers.get("X-Line-Accepted-Request-Id", "") or response.headers.get("X-Line-Request-Id", "")
    return Accepted(sent or request) if sent or request else Uncertain(reason="strange_answer")
