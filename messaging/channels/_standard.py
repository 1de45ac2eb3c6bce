"""Signatures by Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA-256 over id, time and body."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime

from common.errors import Forged, Invalid

PREFIX = "whsec_"
ID, TIME, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
# How old or early a signed time may be, in seconds; the specification's own libraries allow as much.
TOLERANCE = 300
_LEAST, _MOST = 24, 64


def key_of(variable: str, secret: str) -> bytes:
    """The key of a secret, written as `whsec_` and base64 of 24 to 64 bytes; raises Invalid naming the setting."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not _LEAST <= len(key) <= _MOST:
        raise Invalid.field(variable, "Write it as whsec_ and 24 to 64 random bytes in base64.")
    return key


def signed(key: bytes, id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers that sign a body."""
    stamp = str(int(at.timestamp()))
    return {ID: id, TIME: stamp, SIGNATURE: f"v1,{_digest(key, id, stamp, body)}"}


def check(key: bytes, headers: Mapping[str, str], body: bytes, at: datetime) -> None:
    """Raises Forged unless the headers (in lower case) sign this body, not long before `at`."""
    id_, stamp = headers.get(ID, ""), headers.get(TIME, "")
    if not stamp.isdecimal() or len(stamp) > 12 or abs(at.timestamp() - int(stamp)) > TOLERANCE:
        raise Forged("The time that is signed is not now.")
    wanted = _digest(key, id_, stamp, body).encode()
    given = [one.partition(",") for one in headers.get(SIGNATURE, "").split()]
    if not any(version == "v1" and hmac.compare_digest(text.encode(), wanted) for version, _, text in given):
        raise Forged("The signature does not fit.")


def _digest(key: bytes, id: str, stamp: str, body: bytes) -> str:
    message = b".".join([id.encode(), stamp.encode(), body])
    return base64.b64encode(hmac.digest(key, message, "sha256")).decode()
