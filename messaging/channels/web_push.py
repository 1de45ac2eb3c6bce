"""Messages to browsers: sealed for one browser (RFC 8291), posted to its push service (RFC 8030), signed (RFC 8292)."""

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlsplit

import http_ece
import httpx2
import jwt
import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from common.clock import Clock
from common.settings import Settings
from content.cards import buttons_of
from customers.subscriptions import Subscription, decoded, encoded, read
from messaging.channel import (
    GONE,
    Accepted,
    Letter,
    NotTaken,
    Outbox,
    Outcome,
    Parcel,
    Rejected,
    Uncertain,
    base_url,
)
from messaging.channels import _guarded
from messaging.channels._http import handed, rate_limited
from messaging.channels._own import Device

# RFC 8030, 7.2: what every push service takes; RFC 8291, 4: sealed it is 103 bytes longer.
LONGEST = 4_096 - 103
# RFC 8292, 2: a token is good for 24 hours at most.
TOKEN_LIFE = timedelta(hours=12)
# How urgent it is, in the words of RFC 8030: marketing may wait until a phone is awake.
_URGENCY = {"marketing": "normal", "service": "normal", "transactional": "high"}

# A subscription that was made for another key, in the words of Google's and Apple's push services.
_OTHER_KEY = ("do not correspond", "VapidPkHashMismatch")


class WebPushSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A key and whom to ask about it, or the channel delivers to the outbox.

    `vapid_key` is a P-256 private key, 32 bytes in base64url or PEM; `vapid_subject` a mailto: or https: address.
    `web_push_url` stands in for every push service; unset, each browser's own is used. `web_push_ttl` is how many
    seconds a push service keeps a message for a browser that is off.
    """

    vapid_key: str = ""
    vapid_subject: str = ""
    web_push_url: str = ""
    web_push_ttl: int = 86_400


class WebPush(Device):
    """Browsers, each through its own push service."""

    name: ClassVar[str] = "web_push"
    channel: ClassVar[str] = "web_push"

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self._own = settings.section(WebPushSettings)
        self._instead = base_url("ENCORE_WEB_PUSH_URL", self._own.web_push_url) if self._own.web_push_url else ""

    @cached_property
    def client(self) -> httpx2.Client:
        """Connections that lead out of our own network: a subscription's address came from outside."""
        return _guarded.client(self.settings.http_timeout, private=bool(self._instead))

    def configured(self) -> bool:
        """Whether there are a key and an address to ask about it."""
        return bool(self._own.vapid_key and self._own.vapid_subject)

    def reach(self, parcel: Parcel, letter: Letter) -> Outcome:
        """Seal one letter and post it."""
        try:
            key = private_key(self._own.vapid_key)
        except ValueError:
            return NotTaken(reason="credentials", stop=True, detail="ENCORE_VAPID_KEY is no P-256 private key.")
        try:
            subscription = read(letter.address)
            sealed = seal(json.dumps(self._payload(parcel, letter), ensure_ascii=False).encode(), subscription)
        except ValueError as error:
            return Rejected(reason="invalid_address", detail=str(error)[:200])
        if sealed is None:
            return Rejected(reason="too_large", detail=f"More than {LONGEST} bytes.")
        answer = handed(self.client, self._place(subscription), sealed, self._headers(key, parcel, subscription))
        return answer if not isinstance(answer, httpx2.Response) else _outcome(answer, letter.message)

    def secret(self) -> bytes:
        """The channel's own key."""
        return self._own.vapid_key.encode()

    def _payload(self, parcel: Parcel, letter: Letter) -> dict[str, Any]:
        """What the page's service worker gets (api/pages/templates/site/push.js)."""
        parts = letter.rendered.parts
        shown = {
            name: parts[name] for name in ("title", "body", "media", "link", "preferences", "why") if parts.get(name)
        }
        back = {
            "url": self.back(),
            "message": letter.message,
            "token": parcel.token,
            "signatures": self.signatures(parcel, letter),
        }
        buttons = [{"label": one.label, "url": one.url} for one in buttons_of(parts)]
        return {**shown, "buttons": buttons, "back": back}

    def _place(self, subscription: Subscription) -> str:
        if not self._instead:
            return subscription.endpoint
        parts = urlsplit(subscription.endpoint)
        return self._instead + parts._replace(scheme="", netloc="").geturl()

    def _headers(self, key: ec.EllipticCurvePrivateKey, parcel: Parcel, subscription: Subscription) -> dict[str, str]:
        parts = urlsplit(subscription.endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((self.clock.now() + TOKEN_LIFE).timestamp()),
            "sub": self._own.vapid_subject,
        }
        token = jwt.encode(claims, key, algorithm="ES256")
        return {
            "Authorization": f"vapid t={token}, k={encoded(_point(key.public_key()))}",
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(self._own.web_push_ttl),
            "Urgency": _URGENCY[parcel.purpose],
        }


def private_key(text: str) -> ec.EllipticCurvePrivateKey:
    """A P-256 key from PEM, or from its 32 bytes in base64url; raises ValueError."""
    if "-----BEGIN" not in text:
        number = int.from_bytes(data) if len(data := decoded(text)) == 32 else 0
        return ec.derive_private_key(number, ec.SECP256R1())  # refuses 0 and what is too large
    try:
        key = load_pem_private_key(text.replace("\\n", "\n").encode(), None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("Another kind of key.")
    return key


def seal(plain: bytes, subscription: Subscription) -> bytes | None:
    """A message that only this browser can open; None where it is too long. Raises ValueError for bad keys."""
    if len(plain) > LONGEST:
        return None
    try:
        sealed: bytes = http_ece.encrypt(
            plain,
            salt=os.urandom(16),
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=decoded(subscription.keys.p256dh),
            auth_secret=decoded(subscription.keys.auth),
            version="aes128gcm",
        )
    except http_ece.ECEException as error:
        raise ValueError(str(error)) from None
    return sealed


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _outcome(response: httpx2.Response, message: str) -> Outcome:
    """RFC 8030, 5 and 7: 201 means that the push service has it; 404 and 410 that there is no such subscription."""
    status, detail = response.status_code, f"HTTP {response.status_code}"
    if status in (200, 201, 202):
        html = response.content.lstrip().startswith(b"<")
        return Uncertain(reason="strange_answer", detail=detail) if html else Accepted(_id(response, message))
    if status >= 500 or status < 300:
        return Uncertain(reason="provider_error" if status >= 500 else "strange_answer", detail=detail)
    return _refusal(response, f"{detail}: {response.text[:200]}" if response.text.isprintable() else detail)


def _refusal(response: httpx2.Response, detail: str) -> Outcome:
    status = response.status_code
    if status in (404, 410):
        return Rejected(reason=GONE, detail=detail, suppress=GONE)
    if status in (401, 403) and any(word in detail for word in _OTHER_KEY):
        return Rejected(reason="other_key", detail=detail)
    if status in (401, 403):
        return NotTaken(reason="credentials", stop=True, detail=detail)
    if status == 429:
        return rate_limited(response, detail)
    if status == 408:
        return NotTaken(reason="unreachable", detail=detail)
    if 300 <= status < 400:
        return NotTaken(reason="wrong_url", detail=detail)
    return Rejected(reason="too_large" if status == 413 else "refused", detail=detail)


def _id(response: httpx2.Response, message: str) -> str:
    place: Mapping[str, str] = response.headers
    return place.get("Location", "")[:500] or message
