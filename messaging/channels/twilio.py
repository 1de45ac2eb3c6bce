"""Text messages through Twilio's HTTP API, one a request."""

import base64
import hmac
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.sax.saxutils import escape

import httpx2
import msgspec

from common.clock import Clock
from common.errors import Forged, Invalid
from common.ids import derive
from common.settings import Settings
from messaging.attachments import MOST, Attachment, attachment
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
from messaging.channels._http import OneByOne, handed, rate_limited, said

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}

# Twilio's error codes (twilio.com/docs/api/errors). The receiver or the text is to blame:
_REFUSED = {
    21211: "invalid_address",
    21214: "invalid_address",
    21217: "invalid_address",
    21614: "not_mobile",
    21408: "country_not_allowed",
    21612: "unreachable_address",
    21265: "invalid_address",
    21602: "empty_content",
    21617: "too_long",
    21619: "empty_content",
    30039: "loop",
}
# … the sender, so that every other letter would fare the same:
_SENDER_REFUSED = frozenset({21212, 21603, 21606, 21607, 21659, 21660, 21661, 21703})
# … or nobody: too many at once.
_TOO_MANY = frozenset({20429, 21611, 63038, 30001, 30022})
STOPPED = 21610
# Of a delivery report: the number will never take a text message.
_NEVER = frozenset({"30005", "30006", "21211", "21614"})
# The handset is off or out of reach, or nobody says why.
_PUT_OFF = frozenset({"30003", "30008"})

STATUSES: dict[str, ReceiptType] = {
    "accepted": "accepted",
    "scheduled": "accepted",
    "queued": "accepted",
    "sending": "accepted",
    "sent": "accepted",
    "delivered": "delivered",
    "read": "opened",
    "undelivered": "undelivered",
    "failed": "undelivered",
    "canceled": "undelivered",
}


class TwilioSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Both credentials, or the channel delivers to the outbox."""

    twilio_account_sid: str = ""
    twilio_auth_token: str = ""
    twilio_url: str = "https://api.twilio.com"


class Twilio(OneByOne):
    """Twilio has no idempotency key; our ids travel in the address that it reports back to."""

    name: ClassVar[str] = "twilio"
    channel: ClassVar[str] = "sms"
    answers_at_once: ClassVar[bool] = True
    reports: ClassVar[frozenset[ReceiptType]] = frozenset({"accepted", "delivered", "undelivered", "bounced"})

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self._own = settings.section(TwilioSettings)
        self._url = base_url("ENCORE_TWILIO_URL", self._own.twilio_url)

    @cached_property
    def client(self) -> httpx2.Client:
        """The connections, with the account's name and token."""
        client = super().client
        client.auth = (self._own.twilio_account_sid, self._own.twilio_auth_token)
        return client

    def configured(self) -> bool:
        """Whether there are an account and its token."""
        return bool(self._own.twilio_account_sid and self._own.twilio_auth_token)

    def hand(self, parcel: Parcel, letter: Letter) -> Outcome:
        """One text message, with our ids in the address that Twilio reports back to."""
        ids = urlencode({"message": letter.message, "token": parcel.token})
        back = f"{self.settings.public_url.rstrip('/')}/webhooks/{self.channel}?{ids}"
        return self._post(letter.address, parcel.sender, letter.rendered.parts.get("text", ""), StatusCallback=back)

    def _post(self, to: str, sender: str, text: str, **more: str) -> Outcome:
        form = {"To": to, "From": sender, "Body": text, **more}
        path = f"{self._url}/2010-04-01/Accounts/{self._own.twilio_account_sid}/Messages.json"
        answer = handed(self.client, path, urlencode(form, errors="replace").encode(), _FORM)
        return _outcome(answer) if isinstance(answer, httpx2.Response) else answer

    def verify(self, hook: Hook) -> None:
        """Check X-Twilio-Signature over the address and the form's fields; raises Forged. It carries no time."""
        given = hook.headers.get("x-twilio-signature", "")
        token = self._own.twilio_auth_token.encode()
        fields = _form(hook)
        fitting = [signature(token, url, fields) for url in _spellings(hook.url)]
        if not any(hmac.compare_digest(given.encode(), one.encode()) for one in fitting):
            raise Forged("The signature does not fit.")

    def receipts(self, hook: Hook) -> list[Receipt]:
        """The report on one message; its id and token stand in the address that was called."""
        fields = dict(_form(hook))
        status = fields.get("MessageStatus", "")
        if not status:
            return []
        ours = dict(parse_qsl(urlsplit(hook.url).query))
        code, sid = fields.get("ErrorCode", ""), fields.get("MessageSid", "")
        type_ = STATUSES.get(status, "unknown")
        return [
            Receipt(
                key=derive("twilio", sid, status),
                type="bounced" if type_ == "undelivered" and code in _NEVER else type_,
                at=hook.at,
                message=ours.get("message", ""),
                token=ours.get("token", ""),
                provider_id=sid,
                address=fields.get("To", ""),
                permanent=code in _NEVER,
                soft=type_ == "undelivered" and code in _PUT_OFF,
                detail=f"{status}: error {code}" if code else status[:500],
            )
        ]

    def replies(self, hook: Hook) -> list[Reply]:
        """A text message that a customer sent to one of our numbers."""
        fields = dict(_form(hook))
        if "MessageStatus" in fields or "Body" not in fields or "From" not in fields:
            return []
        sid = fields.get("MessageSid", "")
        return [
            Reply(
                key=derive("twilio", "reply", sid),
                address=fields["From"],
                to=fields.get("To", ""),
                text=fields["Body"],
                at=hook.at,
                provider_id=sid,
                attachments=_attachments(fields),
            )
        ]

    def say(self, reply: Reply, text: str) -> bool:
        """Text back from the number that was written to."""
        return bool(reply.to) and isinstance(self._post(reply.address, reply.to, text), Accepted)

    def answer(self, text: str, hook: Hook) -> tuple[str, str]:
        """An answer to the webhook that makes Twilio text this back, nothing where it is empty (TwiML)."""
        message = f"<Message>{escape(text)}</Message>" if text else ""
        return "text/xml", f'<?xml version="1.0" encoding="UTF-8"?><Response>{message}</Response>'


def _attachments(fields: Mapping[str, str]) -> list[Attachment]:
    """Pictures of an MMS: Twilio tells how many, and where it keeps each."""
    return [
        attachment(kind.partition("/")[0] or "file", url=fields[f"MediaUrl{number}"], media_type=kind)
        for number in range(MOST)
        if f"MediaUrl{number}" in fields
        for kind in [fields.get(f"MediaContentType{number}", "")]
    ]


def signature(token: bytes, url: str, fields: list[tuple[str, str]]) -> str:
    """Twilio's signature: HMAC-SHA1 over the address and the form's fields in order, in base64."""
    text = url + "".join(name + value for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.digest(token, text.encode(), "sha1")).decode()


def _outcome(response: httpx2.Response) -> Outcome:
    status, answer = response.status_code, said(response)
    if status in (200, 201):
        sid = answer.get("sid")
        return Accepted(sid) if isinstance(sid, str) and sid else Uncertain(reason="strange_answer")
    if status < 300 or status >= 500:
        # Twilio's reference does not say of any 5xx that the message was not taken, so none counts as that.
        return Uncertain(reason="provider_error" if status >= 500 else "strange_answer", detail=f"HTTP {status}")
    return _refusal(response, answer, f"HTTP {status}: {answer.get('code', '')} {answer.get('message', '')}"[:300])


def _refusal(response: httpx2.Response, answer: Mapping[str, Any], detail: str) -> Outcome:
    status, code = response.status_code, answer.get("code")
    if code == STOPPED:
        return Rejected(reason="stopped", detail=detail, suppress="stop")
    if code in _REFUSED:
        return Rejected(reason=_REFUSED[code], detail=detail)
    if status == 429 or code in _TOO_MANY:
        return rate_limited(response, detail)
    if status in (401, 403):
        return NotTaken(reason="credentials", stop=True, detail=detail)
    if code in _SENDER_REFUSED:
        return NotTaken(reason="sender_refused", stop=True, detail=detail)
    if status == 400 and code:
        return Rejected(reason="refused", detail=detail)
    return NotTaken(reason="wrong_url", stop=True, detail=detail)


def _form(hook: Hook) -> list[tuple[str, str]]:
    try:
        return parse_qsl(hook.body.decode(), keep_blank_values=True, max_num_fields=200)
    except ValueError as error:
        raise Invalid("The webhook is not a form.") from error


def _spellings(url: str) -> list[str]:
    """The address with and without its scheme's usual port: Twilio signs the one or the other."""
    parts = urlsplit(url)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    host = parts.netloc.rpartition(":")[0] if parts.port == usual else parts.netloc
    if parts.port not in (None, usual):
        return [url]
    return [url, parts._replace(netloc=host).geturl(), parts._replace(netloc=f"{host}:{usual}").geturl()]
