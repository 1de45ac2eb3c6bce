"""Viber through its REST Bot API, one message a request."""

import hmac
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
    Receipt,
    ReceiptType,
    Rejected,
    Reply,
    Uncertain,
    base_url,
)
from messaging.channels import _viber_events as events
from messaging.channels._chat import Chat, needed
from messaging.channels._http import rate_limited, said

SIGNATURE = "x-viber-content-signature"
# REST Bot API: a sender's name of 28 characters, a picture's text of 768 (120 for clients below version 7).
SENDER, CAPTION = 28, 768
# What clients must know at least: plain text and keyboards; pictures with more text and rich media.
PLAIN_CLIENT, RICH_CLIENT = 1, 7
_WIDTH, _HIGHEST = 6, 7
OK, TOO_MANY = 0, 12
_STOP = {2: "credentials", 7: "account_blocked", 8: "credentials", 9: "account_blocked", 10: "webhook_not_set",
         15: "credentials", 23: "out_of_quota", 24: "payment_due"}  # fmt: skip
_REFUSED = {1: "bad_media", 3: "refused", 4: "refused", 5: "invalid_address", 11: "unsuitable_device",
            13: "unsuitable_device", 14: "unsuitable_device", 21: "country_not_allowed"}  # fmt: skip
NOT_SUBSCRIBED = 6


class ViberSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The bot's authentication token, or the channel delivers to the outbox; `viber_bot` is its URI, for links."""

    viber_auth_token: str = ""
    viber_bot: str = ""
    viber_url: str = "https://chatapi.viber.com"


class Viber(Chat):
    """No idempotency key: receipts name Viber's own id of a message, which is found by its receiver."""

    name: ClassVar[str] = "viber"
    channel: ClassVar[str] = "viber"
    reports: ClassVar[frozenset[ReceiptType]] = frozenset({"delivered", "opened", "undelivered"})

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self._own = settings.section(ViberSettings)
        self._url = base_url("ENCORE_VIBER_URL", self._own.viber_url)

    def configured(self) -> bool:
        """Whether there is a token."""
        return bool(self._own.viber_auth_token)

    def hand(self, parcel: Parcel, letter: Letter) -> Outcome:
        """One message, with our ids in its tracking data."""
        tracking = {"tracking_data": f"{letter.message}:{parcel.token}"}
        return self._post(letter.address, parcel.sender_name, {**request(letter.rendered.parts), **tracking})

    def say(self, reply: Reply, text: str) -> bool:
        """Answer in a message of its own."""
        return isinstance(self._post(reply.address, "", request({"text": text})), Accepted)

    def verify(self, hook: Hook) -> None:
        """Check X-Viber-Content-Signature, HMAC-SHA256 of the raw body by the token; raises Forged."""
        given = hook.headers.get(SIGNATURE, "")
        token = self._own.viber_auth_token
        fitting = hmac.digest(token.encode(), hook.body, "sha256").hex()
        if not token or not hmac.compare_digest(given.encode(), fitting.encode()):
            raise Forged("The signature does not fit.")

    def receipts(self, hook: Hook) -> list[Receipt]:
        """Delivered, seen, failed; subscribed and unsubscribed."""
        return events.receipts(hook)

    def replies(self, hook: Hook) -> list[Reply]:
        """What people wrote, and the link they came by."""
        return events.replies(hook)

    def deep_link(self, token: str, greeting: str) -> str:
        """The address that opens the chat and tells the token; raises Invalid without the bot's URI."""
        bot = needed("ENCORE_VIBER_BOT", self._own.viber_bot)
        return f"viber://pa?chatURI={quote(bot, safe='')}&context={token}"

    def _post(self, receiver: str, sender: str, message: Mapping[str, Any]) -> Outcome:
        name = sender[:SENDER] or "Shop"
        body = {"receiver": receiver, "sender": {"name": name}, **message}
        headers = {"X-Viber-Auth-Token": self._own.viber_auth_token}
        return self.ask(f"{self._url}/pa/send_message", body, headers, _outcome)


def request(parts: Mapping[str, str]) -> dict[str, Any]:
    """The message's own fields: a text, a picture with a text, or both as rich media, with a keyboard of buttons."""
    text, media, buttons = parts.get("text", ""), parts.get("media", ""), buttons_of(parts)
    keyboard = {"keyboard": _keyboard(buttons)} if buttons else {}
    if media and len(text) <= CAPTION:
        return {"min_api_version": RICH_CLIENT, "type": "picture", "text": text, "media": media, **keyboard}
    if media:
        text = f"{text}\n{media}"
    return {"min_api_version": PLAIN_CLIENT, "type": "text", "text": text, **keyboard}


def _keyboard(buttons: Sequence[Button]) -> dict[str, Any]:
    made = [
        {
            "Columns": _WIDTH,
            "Rows": 1,
            "ActionType": "open-url" if one.url else "reply",
            "ActionBody": one.url or one.label,
            "Text": one.label,
        }
        for one in buttons[:_HIGHEST]
    ]
    return {"Type": "keyboard", "DefaultHeight": False, "Buttons": made}


def _outcome(response: httpx2.Response) -> Outcome:
    http, answer = response.status_code, said(response)
    status, token = answer.get("status"), answer.get("message_token")
    detail = f"HTTP {http}: {status} {answer.get('status_message', '')}"[:300]
    if http == 429 or status == TOO_MANY:
        return rate_limited(response, detail)
    if http in (401, 403):
        return NotTaken(reason="credentials", stop=True, detail=detail)
    if http >= 300:
        return NotTaken(reason="wrong_url", stop=True, detail=detail)
    if status == OK:
        return Accepted(str(token)) if token else Uncertain(reason="strange_answer", detail=detail)
    if status in _STOP:
        return NotTaken(reason=_STOP[status], stop=True, detail=detail)
    if status == NOT_SUBSCRIBED:
        return Rejected(reason="not_subscribed", detail=detail, suppress="blocked")
    if status in _REFUSED:
        return Rejected(reason=_REFUSED[status], detail=detail)
    return Uncertain(reason="provider_error", detail=detail)
