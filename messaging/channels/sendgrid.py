"""E-mail through SendGrid's v3 API: up to a thousand letters a request, each the receiver's own."""

import http.client
import itertools
import logging
import re
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar
from urllib.error import URLError

import msgspec
import python_http_client
import sendgrid
from python_http_client.exceptions import HTTPError

from common.clock import Clock
from common.errors import Invalid
from common.settings import Settings
from messaging.channel import (
    Accepted,
    Hook,
    Letter,
    NotTaken,
    Outbox,
    Outcome,
    Parcel,
    Provider,
    Receipt,
    ReceiptType,
    Uncertain,
    base_url,
)
from messaging.channels import _sendgrid_answers as answers
from messaging.channels import _sendgrid_events as events
from messaging.channels import _skeleton as skeleton

# The limit is 10,000 bytes of substitutions a personalization; what else is counted is not written anywhere.
SUBSTITUTION_BYTES = 9_500
# The provider would count what our own links count already, and would rewrite the links.
TRACKING_OFF = {
    "click_tracking": {"enable": False, "enable_text": False},
    "open_tracking": {"enable": False},
    "subscription_tracking": {"enable": False},
}
CONTENT_TYPES = {"text": "text/plain", "html": "text/html"}
PARTS = list(CONTENT_TYPES)
# What SendGrid refuses in a name.
_NOT_IN_NAMES = re.compile(r"[,;]")


class SendGridSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`sendgrid_webhook_key` is the public key shown beside the signed event webhook, in base64."""

    sendgrid_api_key: str = ""
    sendgrid_url: str = "https://api.sendgrid.com"
    sendgrid_webhook_key: str = ""


class SendGrid(Provider):
    """SendGrid has neither an idempotency key nor a free look-up: a lost answer stays unknown until its webhook."""

    name: ClassVar[str] = "sendgrid"
    channel: ClassVar[str] = "email"
    batch_max: ClassVar[int] = 1_000
    reports: ClassVar[frozenset[ReceiptType]] = frozenset(
        {"accepted", "delivered", "bounced", "undelivered", "clicked", "complained"}
    )

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self._own = settings.section(SendGridSettings)
        self._url = base_url("ENCORE_SENDGRID_URL", self._own.sendgrid_url)
        if not self._own.sendgrid_api_key.isascii() or not self._own.sendgrid_api_key.isprintable():
            raise Invalid.field("ENCORE_SENDGRID_API_KEY", "Holds characters that no key has.")
        self._threads = threading.local()

    def configured(self) -> bool:
        """Whether there is an API key."""
        return bool(self._own.sendgrid_api_key)

    def pack(self, letters: Sequence[Letter], most: int) -> Iterator[list[Letter]]:
        """Letters of one frame go together, no address twice; whose own words are too many goes alone."""
        frames: dict[str, list[Letter]] = {}
        for letter in letters:
            if skeleton.size(skeleton.slots_of(letter.rendered, PARTS)) > SUBSTITUTION_BYTES:
                yield [letter]
            else:
                frames.setdefault(skeleton.frame_of(letter.rendered, PARTS).id, []).append(letter)
        for alike in frames.values():
            yield from _each_address_once(alike, max(1, min(most, self.batch_max)))

    def send(self, parcel: Parcel) -> Mapping[str, Outcome]:
        """One request where the letters were packed, else as many as they need, while there is time for it.

        No request is begun in the second half of the lease, so that none is open when the sweeper looks.
        """
        outcomes: dict[str, Outcome] = {
            letter.message: refused for letter in parcel.letters if (refused := answers.unsendable(letter))
        }
        fit = [letter for letter in parcel.letters if letter.message not in outcomes]
        parts = list(self.pack(fit, self.batch_max))
        until = time.monotonic() + self.settings.claim_lease / 2
        while parts:
            part = parts.pop(0)
            if time.monotonic() > until:
                outcomes.update(dict.fromkeys(_ids(part), NotTaken(reason="out_of_time", retry_after=0.0)))
                continue
            answer = self._request(parcel, part)
            if isinstance(answer, NotTaken):  # nor would it take the others now
                outcomes.update(dict.fromkeys(_ids([*part, *itertools.chain(*parts)]), answer))
                break
            if isinstance(answer, answers.TooMuch) and len(part) > 1:
                parts[:0] = [part[: len(part) // 2], part[len(part) // 2 :]]
            else:
                outcomes.update(answers.outcomes(answer, part))
        return outcomes

    def verify(self, hook: Hook) -> None:
        """Check the ECDSA signature and that it is younger than 48 hours; raises Forged."""
        events.verify(hook, self._own.sendgrid_webhook_key, self.clock.now())

    def receipts(self, hook: Hook) -> list[Receipt]:
        """The events of a verified event webhook."""
        return events.receipts(hook)

    def _request(self, parcel: Parcel, part: Sequence[Letter]) -> answers.Answer:
        try:
            response = self._client().client.mail.send.post(request_body=request_body(parcel, part))
        except HTTPError as error:
            return answers.of_error(error, self.clock.now())
        except URLError as error:  # raised while connecting or writing: the body did not leave whole
            return NotTaken(reason="unreachable", detail=_words(error.reason))
        except TimeoutError as error:
            return Uncertain(reason="no_answer", detail=_words(error))
        except (OSError, http.client.HTTPException) as error:  # reading the answer failed
            return Uncertain(reason="connection_lost", detail=_words(error))
        if response.status_code == 202:
            return Accepted(str(response.headers.get("X-Message-Id") or ""))
        return Uncertain(reason="strange_answer", detail=f"HTTP {response.status_code}")

    def _client(self) -> sendgrid.SendGridAPIClient:
        """One a thread, since a call of the SDK leaves traces in its client for the next."""
        if not hasattr(self._threads, "client"):
            # At DEBUG it would write whole letters and the key to the log.
            logging.getLogger("python_http_client").setLevel(logging.WARNING)
            client = sendgrid.SendGridAPIClient(self._own.sendgrid_api_key, self._url)
            client.client = _Client(client.client.host, client.client.request_headers, version=3)
            client.client.timeout = self.settings.http_timeout
            self._threads.client = client
        return self._threads.client


def request_body(parcel: Parcel, part: Sequence[Letter]) -> dict[str, Any]:
    """The request for letters of one frame; a tag in the content stands for what is the receiver's own."""
    frame = skeleton.frame_of(part[0].rendered, PARTS)
    common = skeleton.extract(frame, [skeleton.slots_of(letter.rendered, PARTS) for letter in part])
    content = [
        {"type": kind, "value": common.parts[name]} for name, kind in CONTENT_TYPES.items() if name in common.parts
    ]
    body: dict[str, Any] = {
        "personalizations": [
            _personalization(parcel, letter, slots) for letter, slots in zip(part, common.slots, strict=True)
        ],
        "from": _named(parcel.sender, parcel.sender_name),
        "subject": part[0].rendered.parts["subject"],  # must be there, though everybody's own overrides it
        "content": content,
        "tracking_settings": TRACKING_OFF,
    }
    if parcel.reply_to:
        body["reply_to"] = {"email": parcel.reply_to}
    if parcel.tags:
        body["categories"] = list(dict.fromkeys(tag[:255] for tag in parcel.tags))[:10]
    return body


def _personalization(parcel: Parcel, letter: Letter, slots: Mapping[str, str]) -> dict[str, Any]:
    envelope: dict[str, Any] = {
        "to": [_named(letter.address, letter.name)],
        "subject": letter.rendered.parts["subject"],
        "custom_args": {events.MESSAGE: letter.message, events.TOKEN: parcel.token},
    }
    if slots:
        envelope["substitutions"] = slots
    if letter.rendered.headers:
        envelope["headers"] = letter.rendered.headers
    return envelope


def _named(address: str, name: str) -> dict[str, str]:
    """An address with a name, without the characters that SendGrid refuses in one."""
    plain = name.strip()
    if not name.isprintable() or _NOT_IN_NAMES.search(name) or "  " in name:
        shown = "".join(letter if letter.isprintable() else " " for letter in _NOT_IN_NAMES.sub(" ", name))
        plain = " ".join(shown.split())
    return {"email": address, "name": plain} if plain else {"email": address}


def _each_address_once(letters: Sequence[Letter], most: int) -> Iterator[list[Letter]]:
    """SendGrid refuses a request in which an address stands twice."""
    left = list(letters)
    while left:
        chosen: dict[str, Letter] = {}
        later: list[Letter] = []
        for letter in left:
            key = letter.address.lower()
            if key in chosen or len(chosen) == most:
                later.append(letter)
            else:
                chosen[key] = letter
        yield list(chosen.values())
        left = later


def _ids(letters: Sequence[Letter]) -> list[str]:
    return [letter.message for letter in letters]


def _words(error: object) -> str:
    return f"{type(error).__name__}: {error}"[:200]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer, not an order: following it would send the letters elsewhere, or a GET."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Never another request."""
        return


class _Client(python_http_client.Client):  # type: ignore[misc]  # it has no types
    """The SDK's own HTTP client, but that it does not follow redirects."""

    def _build_client(self, name: str | None = None) -> "_Client":
        path = [*self._url_path, name] if name else self._url_path
        return _Client(self.host, self.request_headers, self._version, path, self.append_slash, self.timeout)

    def _make_request(self, opener: Any, request: Any, timeout: float | None = None) -> Any:
        return super()._make_request(urllib.request.build_opener(_NoRedirect), request, timeout)
