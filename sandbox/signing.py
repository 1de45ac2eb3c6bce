"""Signatures as the providers make them."""

import base64
import hmac
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class SendGridSigner:
    """ECDSA over the time-stamp and the body; the key follows from a secret text, so that it survives a restart."""

    def __init__(self, secret: str) -> None:
        self._key = ec.derive_private_key(int.from_bytes(sha256(secret.encode()).digest()[:31]), ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """What goes into ENCORE_SENDGRID_WEBHOOK_KEY."""
        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(der).decode()

    def headers(self, body: bytes, timestamp: int) -> dict[str, str]:
        """The headers that sign a body."""
        stamp = str(timestamp)
        signature = self._key.sign(stamp.encode() + body, ec.ECDSA(SHA256()))
        return {
            "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        }


def twilio_headers(token: str, url: str, fields: dict[str, str]) -> dict[str, str]:
    """The header that signs a form posted to an address."""
    text = url + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.digest(token.encode(), text.encode(), "sha1")
    return {"X-Twilio-Signature": base64.b64encode(digest).decode()}
