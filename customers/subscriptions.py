"""A browser's push subscription as an address: where its push service is, and the keys that letters are sealed with."""

import base64
import binascii
from urllib.parse import urlsplit

import msgspec

# What browsers hand out has some 500 characters.
LONGEST = 3_000
LONGEST_ENDPOINT = 2_000
_POINT, _UNCOMPRESSED = 65, 4
_SECRET = 16


class Keys(msgspec.Struct, frozen=True, kw_only=True):
    """The browser's public key (P-256, uncompressed) and its secret, in URL-safe base64 without padding (RFC 8291)."""

    auth: str
    p256dh: str


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """What `JSON.stringify(subscription)` gives in a browser; what else it holds is left out."""

    endpoint: str
    keys: Keys


def subscription(raw: str) -> str:
    """A subscription in its kept form, the same for the same subscription; raises ValueError saying what is wrong."""
    if len(raw) > LONGEST:
        raise ValueError("Not a push subscription: it is too long.")
    found = read(raw)
    if not _is_address(found.endpoint):
        raise ValueError("A push subscription's endpoint starts with https:// and names a host.")
    point, secret = decoded(found.keys.p256dh), decoded(found.keys.auth)
    if len(point) != _POINT or point[0] != _UNCOMPRESSED or len(secret) != _SECRET:
        raise ValueError("A push subscription's keys are an uncompressed P-256 point and 16 bytes, in base64url.")
    keys = Keys(auth=encoded(secret), p256dh=encoded(point))
    return msgspec.json.encode(Subscription(endpoint=found.endpoint, keys=keys), order="deterministic").decode()


def read(text: str) -> Subscription:
    """A subscription from its text; raises ValueError."""
    try:
        return msgspec.json.decode(text, type=Subscription)
    except msgspec.DecodeError:
        raise ValueError("Not a push subscription: give the text of JSON.stringify(subscription).") from None


def decoded(text: str) -> bytes:
    """Bytes from URL-safe base64 with or without padding; raises ValueError."""
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("A push subscription's keys are in base64url.") from None


def encoded(data: bytes) -> str:
    """Bytes as URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _is_address(endpoint: str) -> bool:
    if not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint or len(endpoint) > LONGEST_ENDPOINT:
        return False
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and port != 0
