"""Telegram through a bot, one message a request."""

import hmac
import json
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx2
import msgspec

from common.clock import Clock
from common.errors import Forged, Invalid
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
from messaging.channels import _telegram_events as events
from messaging.channels._chat import Chat, inner, needed
from messaging.channels._http import rate_limited, said

# Bot API, sendPhoto: a caption of 1 to 1,024 characters; InlineKeyboardButton: callback_data of 1 to 64 bytes.
CAPTION = 1_024
ANSWER_BYTES = 64
SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105  # the name of a header
# A 403 that speaks of the receiver, not of the bot.
_BLOCKED = ("blocked by the user", "user is deactivated", "bot was kicked", "not a member")
_NEVER_STARTED = "can't initiate conversation"


class TelegramSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The bot's token, or the channel delivers to the outbox.

    `telegram_webhook_secret` is a word of your own, given to setWebhook; `telegram_bot` is the bot's name, for links.
    """

    telegram_bot_token: str = ""
    telegram_webhook_secret: str = ""
    telegram_bot: str = ""
    telegram_url: str = "https://api.telegram.org"


class Telegram(Chat):
    """No idempotency key, no look-up, no receipts: all that is known is what Telegram took, and who blocked the bot."""

    name: ClassVar[str] = "telegram"
    channel: ClassVar[str] = "telegram"
    reports: ClassVar[frozenset[ReceiptType]] = frozenset()

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self._own = settings.section(TelegramSettings)
        self._url = base_url("ENCORE_TELEGRAM_URL", self._own.telegram_url)
        token = self._own.telegram_bot_token
        if not token.isascii() or not token.isprintable() or "/" in token:
            raise Invalid.field("ENCORE_TELEGRAM_BOT_TOKEN", "Holds characters that no token has.")

    def configured(self) -> bool:
        """Whether there is a bot's token."""
        return bool(self._own.telegram_bot_token)

    def hand(self, parcel: Parcel, letter: Letter) -> Outcome:
        """A picture with its caption, or a text, and the buttons below it."""
        if not letter.address.removeprefix("-").isdigit():
            return Rejected(reason="invalid_address", detail="Not a chat id.")
        method, body = request(letter.rendered.parts)
        return self._call(method, {"chat_id": int(letter.address), **body})

    def verify(self, hook: Hook) -> None:
        """Check the secret that setWebhook was given, in its header; raises Forged. The body is not signed."""
        secret, given = self._own.telegram_webhook_secret, hook.headers.get(SECRET, "")
        if not secret:
            raise Forged("ENCORE_TELEGRAM_WEBHOOK_SECRET is not set, so no update of Telegram's can be believed.")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            raise Forged("The secret token does not fit.")

    def receipts(self, hook: Hook) -> list[Receipt]:
        """Blocks, their end, and presses of buttons."""
        return events.receipts(hook)

    def replies(self, hook: Hook) -> list[Reply]:
        """What people wrote to the bot."""
        return events.replies(hook)

    def answer(self, text: str, hook: Hook) -> tuple[str, str]:
        """The answer to an update may carry out a method: a tapped button is taken note of."""
        query = events.query_of(hook)
        method = {"method": "answerCallbackQuery", "callback_query_id": query} if query else {}
        return "application/json", json.dumps(method) if method else ""

    def say(self, reply: Reply, text: str) -> bool:
        """Answer in a message of its own."""
        return isinstance(
            self._call("sendMessage", {"chat_id": int(reply.address), **request({"text": text})[1]}), Accepted
        )

    def deep_link(self, token: str, greeting: str) -> str:
        """The address that opens the bot with `/start token`; raises Invalid without the bot's name."""
        return f"https://t.me/{needed('ENCORE_TELEGRAM_BOT', self._own.telegram_bot).lstrip('@')}?start={token}"

    def _call(self, method: str, body: Mapping[str, Any]) -> Outcome:
        return self.ask(f"{self._url}/bot{self._own.telegram_bot_token}/{method}", body, {}, _outcome)


def request(parts: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    """The method of the Bot API and its fields, but for the chat."""
    text, media = parts.get("text", ""), parts.get("media", "")
    rows = [[_button(one)] for one in buttons_of(parts)]
    keyboard = {"reply_markup": {"inline_keyboard": rows}} if rows else {}
    if media and len(text) <= CAPTION:
        return "sendPhoto", {"photo": media, "caption": text, **keyboard}
    # A longer text has its picture as the preview of a link.
    preview: dict[str, Any] = {"is_disabled": True}
    if media:
        preview = {"url": media, "prefer_large_media": True, "show_above_text": True}
    return "sendMessage", {"text": text, "link_preview_options": preview, **keyboard}


def _button(button: Button) -> dict[str, str]:
    if button.url:
        return {"text": button.label, "url": button.url}
    return {"text": button.label, "callback_data": button.label.encode()[:ANSWER_BYTES].decode("utf-8", "ignore")}


def _outcome(response: httpx2.Response) -> Outcome:
    status, answer = response.status_code, said(response)
    message = inner(answer, "result")
    if status < 300:
        taken = answer.get("ok") is True and "message_id" in message
        return Accepted(events.provider_id(message)) if taken else Uncertain(reason="strange_answer")
    words = str(answer.get("description") or "")
    detail = f"HTTP {status}: {words}"[:300]
    if status == 429:
        return rate_limited(response, detail, inner(answer, "parameters").get("retry_after"))
    if status == 403 and any(one in words for one in _BLOCKED):
        return Rejected(reason="blocked", detail=detail, suppress="blocked")
    if status == 403 and _NEVER_STARTED in words:
        return Rejected(reason="not_started", detail=detail)
    if status in (401, 403):
        return NotTaken(reason="credentials", stop=True, detail=detail)
    if status == 400 and words:
        return Rejected(reason="invalid_address" if "chat not found" in words else "refused", detail=detail)
    return NotTaken(reason="wrong_url", stop=True, detail=detail)
