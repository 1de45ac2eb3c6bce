"""Anything else: each message as a signed POST to a system of the shop's, which passes it on its own way."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

import httpx2
import msgspec

from common.clock import Clock
from common.errors import Forged, Invalid
from common.ids import derive, new_id
from common.settings import Settings
from content.cards import buttons_of
from messaging.channel import (
    GONE,
    Absent,
    Accepted,
    Asked,
    Found,
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
from messaging.channels import _guarded, _standard
from messaging.channels._chat import inner, instant, listed, read, text
from messaging.channels._http import OneByOne, handed, rate_limited
from messaging.channels._reading import bounded, parsed

_REFUSED = {400: "refused", 413: "too_large", 422: "refused"}
EVENTS: Mapping[str, ReceiptType] = {
    "accepted": "accepted",
    "delivered": "delivered",
    "bounced": "bounced",
    "undelivered": "undelivered",
    "opened": "opened",
    "clicked": "clicked",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
}


class WebhookSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where to and the shared secret, or the channel delivers to the outbox.

    `webhook_private` lets the address be in a private network; `webhook_idempotent` says that the other end takes a
    `webhook-id` once, so that what is in doubt may be sent again, `webhook_lookup` that it can be asked what it took:
    a signed `{"type": "lookup", "ids": […]}` is answered with `{"taken": […]}`, complete.
    """

    webhook_url: str = ""
    webhook_secret: str = ""
    webhook_private: bool = False
    webhook_idempotent: bool = False
    webhook_lookup: bool = False


class Webhook(OneByOne):
    """One POST a message; the other end may report back, and pass on replies, signed the same way."""

    name: ClassVar[str] = "webhook"
    channel: ClassVar[str] = "webhook"
    reports: ClassVar[frozenset[ReceiptType]] = frozenset()

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self._own = settings.section(WebhookSettings)
        if self._own.webhook_url:
            base_url("ENCORE_WEBHOOK_URL", self._own.webhook_url)

    @cached_property
    def client(self) -> httpx2.Client:
        """Connections that lead out of our own network, unless the operator says otherwise."""
        return _guarded.client(self.settings.http_timeout, private=self._own.webhook_private)

    def configured(self) -> bool:
        """Whether there are an address and a secret."""
        return bool(self._own.webhook_url and self._own.webhook_secret)

    def promise(self) -> Profile:
        """What the other end was said to do."""
        if self._own.webhook_idempotent:
            return "idempotent"
        return "lookup" if self._own.webhook_lookup else "blind"

    def look_up(self, asked: Sequence[Asked]) -> Mapping[str, Found]:
        """Ask which of these the other end took; an answer that is no list of ids says nothing."""
        ids = {f"{one.message}.{one.token}": one.message for one in asked}
        content = json.dumps({"type": "lookup", "ids": list(ids)}).encode()
        signed = _standard.signed(self._key(), f"lookup.{new_id()}", self.clock.now(), content)
        headers = {"Content-Type": "application/json", **signed}
        answer = handed(self.client, self._own.webhook_url, content, headers)
        if not isinstance(answer, httpx2.Response) or answer.status_code != 200:
            return {}
        taken = read(answer.content).get("taken")
        if not isinstance(taken, list):
            return {}
        return {message: Accepted(id_) if id_ in taken else Absent() for id_, message in ids.items()}

    def hand(self, parcel: Parcel, letter: Letter) -> Outcome:
        """POST one letter. Its id is of message and attempt, so that the same attempt is the same webhook."""
        content = json.dumps(body_of(parcel, letter), ensure_ascii=False).encode("utf-8", "replace")
        return self._post(f"{letter.message}.{parcel.token}", content)

    def _post(self, id_: str, content: bytes) -> Outcome:
        try:
            key = self._key()
        except Invalid as error:
            return NotTaken(reason="credentials", stop=True, detail=str(error))
        headers = {"Content-Type": "application/json", **_standard.signed(key, id_, self.clock.now(), content)}
        answer = handed(self.client, self._own.webhook_url, content, headers)
        return answer if not isinstance(answer, httpx2.Response) else _outcome(answer, id_)

    def say(self, reply: Reply, text: str) -> bool:
        """POST the answer to what a customer wrote, signed like a message, under an id that follows from theirs."""
        about = {"reply_to": reply.provider_id, "address": reply.address, "text": text}
        content = json.dumps({"type": "reply", **about}, ensure_ascii=False).encode("utf-8", "replace")
        return isinstance(self._post(f"reply.{reply.key}", content), Accepted)

    def verify(self, hook: Hook) -> None:
        """Check the signature and the time that is signed; raises Forged."""
        try:
            _standard.check(self._key(), hook.headers, hook.body, hook.at)
        except Invalid as error:
            raise Forged(str(error)) from None

    def receipts(self, hook: Hook) -> list[Receipt]:
        """What is said of messages: `{"events": [{type, message, token, at, …}]}`."""
        return [_receipt(one, hook) for one in listed(read(hook.body).get("events"))]

    def replies(self, hook: Hook) -> list[Reply]:
        """What customers wrote: `{"replies": [{id, address, text, at}]}`."""
        return [
            Reply(
                key=derive("webhook", "reply", text(one.get("id"))),
                address=text(one.get("address"), 200),
                to=text(one.get("to"), 200),
                text=text(one.get("text")),
                at=_at(one.get("at"), hook.at),
                provider_id=text(one.get("id"), 200),
            )
            for one in listed(read(hook.body).get("replies"))
            if one.get("id") and one.get("address")
        ]

    def _key(self) -> bytes:
        return _standard.key_of("ENCORE_WEBHOOK_SECRET", self._own.webhook_secret)


def body_of(parcel: Parcel, letter: Letter) -> dict[str, Any]:
    """The message as the other end gets it."""
    parts = letter.rendered.parts
    words = {name: value for name, value in parts.items() if not name.startswith("button_")}
    buttons = [{"label": one.label, "url": one.url} for one in buttons_of(parts)]
    about = {"message": letter.message, "token": parcel.token, "address": letter.address, "name": letter.name}
    return {"type": "message", **about, "purpose": parcel.purpose, "from": parcel.sender_name} | {
        "parts": words,
        "buttons": buttons,
        "tags": list(parcel.tags),
    }


def _outcome(response: httpx2.Response, id: str) -> Outcome:
    status, detail = response.status_code, f"HTTP {response.status_code}"
    if 200 <= status < 300:
        return _taken(response, id, detail)
    if status >= 500:
        return Uncertain(reason="provider_error", detail=detail)
    if status == 429:
        return rate_limited(response, detail)
    if status in (401, 403):
        return NotTaken(reason="credentials", stop=True, detail=detail)
    if status in _REFUSED:
        return Rejected(reason=_REFUSED[status], detail=f"{detail}: {text(response.text, 200)}")
    if status == 410:
        return Rejected(reason=GONE, detail=detail, suppress=GONE)
    if status == 408:
        return NotTaken(reason="unreachable", detail=detail)
    return NotTaken(reason="wrong_url", stop=True, detail=detail)  # a redirect, or no such page


def _taken(response: httpx2.Response, id: str, detail: str) -> Outcome:
    """An answer of 2xx is a yes where it is empty or JSON; a page of HTML is some other server's."""
    if not response.content.strip():
        return Accepted(id)
    try:
        said = parsed(response.content)
    except Invalid:
        return Uncertain(reason="strange_answer", detail=detail)
    return Accepted(text(said.get("id"), 200) or id if isinstance(said, dict) else id)


def _receipt(said: Mapping[str, Any], hook: Hook) -> Receipt:
    word, message, token = text(said.get("type"), 100), text(said.get("message"), 100), text(said.get("token"), 100)
    about = text(said.get("url"), 2_000)
    return Receipt(
        key=derive("webhook", message, token, word, about),
        type=EVENTS.get(word, "unknown"),
        at=_at(said.get("at"), hook.at),
        message=message,
        token=token,
        address=text(said.get("address"), 200),
        permanent=said.get("permanent") is True,
        soft=word in ("bounced", "undelivered") and said.get("permanent") is not True,
        url=about,
        detail=f"{word} {text(inner(said, 'details').get('reason'), 200)}".strip(),
    )


def _at(given: Any, otherwise: datetime) -> datetime:
    """A time as RFC 3339 or seconds since 1970, never later than the webhook itself."""
    try:
        at = datetime.fromisoformat(given) if isinstance(given, str) else instant(given, otherwise)
    except ValueError:
        return otherwise
    return bounded(at, otherwise) if at.tzinfo else otherwise
