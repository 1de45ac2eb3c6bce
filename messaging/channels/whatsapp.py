"""WhatsApp through Meta's Cloud API, one message a request."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar
from urllib.parse import quote, urlencode

import httpx2
import msgspec

from common.clock import Clock
from common.settings import Settings
from messaging.channel import (
    Accepted,
    Hook,
    Letter,
    Notice,
    Outbox,
    Outcome,
    Parcel,
    Receipt,
    ReceiptType,
    Reply,
    Uncertain,
    base_url,
)
from messaging.channels import _meta as meta
from messaging.channels import _whatsapp_errors as errors
from messaging.channels import _whatsapp_events as events
from messaging.channels._chat import Chat, listed, needed
from messaging.channels._http import said
from messaging.channels._whatsapp_body import body, free


class WhatsAppSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The number's id and an access token, or the channel delivers to the outbox.

    `whatsapp_app_secret` signs webhooks; `whatsapp_verify_token` is a word of your own, given to Meta at set-up.
    """

    whatsapp_access_token: str = ""
    whatsapp_number_id: str = ""
    whatsapp_number: str = ""
    whatsapp_app_secret: str = ""
    whatsapp_verify_token: str = ""
    whatsapp_url: str = "https://graph.facebook.com"


class WhatsApp(Chat):
    """No idempotency key and no look-up: our ids travel in a field that statuses bring back."""

    name: ClassVar[str] = "whatsapp"
    channel: ClassVar[str] = "whatsapp"
    window: ClassVar[timedelta | None] = timedelta(hours=24)
    reports: ClassVar[frozenset[ReceiptType]] = frozenset({"accepted", "delivered", "undelivered", "opened"})

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self._own = settings.section(WhatsAppSettings)
        self._url = base_url("ENCORE_WHATSAPP_URL", self._own.whatsapp_url)

    def configured(self) -> bool:
        """Whether there are a number and a token for it."""
        return bool(self._own.whatsapp_access_token and self._own.whatsapp_number_id)

    def hand(self, parcel: Parcel, letter: Letter) -> Outcome:
        """Free text within 24 hours of the receiver's last word, else the approved template."""
        request = body(letter, parcel.token, window_open=self.window_open(letter.address))
        return self._post(request) if request else errors.OUTSIDE_WINDOW

    def say(self, reply: Reply, text: str) -> bool:
        """Answer in free text; whoever just wrote has opened the window."""
        to = reply.address.removeprefix("+")
        return isinstance(
            self._post(
                {"messaging_product": "whatsapp", "recipient_type": "individual", "to": to, **free({"text": text})}
            ),
            Accepted,
        )

    def verify(self, hook: Hook) -> None:
        """Check X-Hub-Signature-256; raises Forged."""
        meta.verify(hook, self._own.whatsapp_app_secret, "ENCORE_WHATSAPP_APP_SECRET")

    def challenge(self, query: Mapping[str, str]) -> str:
        """Meta's handshake; raises Forged."""
        return meta.challenge(query, self._own.whatsapp_verify_token)

    def receipts(self, hook: Hook) -> list[Receipt]:
        """Statuses, presses of buttons, and wishes for no more marketing."""
        return events.receipts(hook, self._own.whatsapp_number_id)

    def replies(self, hook: Hook) -> list[Reply]:
        """What people wrote."""
        return events.replies(hook, self._own.whatsapp_number_id)

    def notices(self, hook: Hook) -> list[Notice]:
        """What became of templates, of the number and of the account."""
        return events.notices(hook)

    def deep_link(self, token: str, greeting: str) -> str:
        """The address that opens a chat with us, its first message written; raises Invalid without our number."""
        number = needed("ENCORE_WHATSAPP_NUMBER", self._own.whatsapp_number)
        return f"https://wa.me/{number.lstrip('+')}?{urlencode({'text': f'{greeting} {token}'}, quote_via=quote)}"

    def _post(self, request: Mapping[str, object]) -> Outcome:
        url = f"{self._url}/{meta.VERSION}/{self._own.whatsapp_number_id}/messages"
        return self.ask(url, request, {"Authorization": f"Bearer {self._own.whatsapp_access_token}"}, _outcome)


def _outcome(response: httpx2.Response) -> Outcome:
    if response.status_code >= 300:
        return meta.refusal(response, errors.REFUSED, errors.TOO_MANY)
    id_ = next((one.get("id") for one in listed(said(response).get("messages"))), None)
    return Accepted(id_) if isinstance(id_, str) and id_ else Uncertain(reason="strange_answer")
