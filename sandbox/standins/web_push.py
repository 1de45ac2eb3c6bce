"""A push service, and the browsers behind it: it checks who sends, and opens what was sealed for each of them."""

import base64
import json
import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, ClassVar

import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.emit import Target, Webhook
from sandbox.faults import Rule
from sandbox.standin import Judged, Request, StandIn

ORIGIN = "https://push.example"
_SEND = "/send/"
_DAY = 86_400


class PushService(StandIn):
    """A browser's endpoint is /send/ and a name; names that start with "gone" are of browsers that left."""

    name: ClassVar[str] = "web_push"
    channel: ClassVar[str] = "web_push"

    def environment(self, address: str) -> dict[str, str]:
        """The settings for it."""
        number = _key("the shop").private_numbers().private_value
        return {
            "ENCORE_VAPID_KEY": _text(number.to_bytes(32)),
            "ENCORE_VAPID_SUBJECT": "mailto:push@shop.example",
            "ENCORE_WEB_PUSH_URL": address,
        }

    def owns(self, path: str) -> bool:
        """Any browser's endpoint."""
        return path.startswith(_SEND)

    def judge(self, request: Request) -> Judged:
        """A letter, or a refusal in the words of RFC 8030 and RFC 8292."""
        if fault := _unproven(request.headers.get("authorization", "")):
            return Judged([], 403, {"code": 403, "message": fault})
        if request.headers.get("content-encoding") != "aes128gcm" or not request.headers.get("ttl", "").isdigit():
            return Judged([], 400, {"code": 400, "message": "Content-Encoding and TTL are needed."})
        name = request.path.removeprefix(_SEND)
        if name.startswith("gone"):
            return Judged([], 410, {"code": 410, "message": "Unsubscribed"})
        if len(request.body) > 4_096:
            return Judged([], 413, {"code": 413, "message": "Payload too large"})
        shown = json.loads(opened(name, request.body))
        back = shown.pop("back")
        about = {"provider": self.name, "message": back["message"], "token": back["token"], "back": back}
        id_ = f"{ORIGIN}/m/{sha256(request.body).hexdigest()[:24]}"
        letter = {**shown, **about, "id": id_, "address": subscription(name)}
        return Judged([letter], 201, None, {"Location": id_})

    def refusal(self, rule: Rule) -> Any:
        """Push services say little."""
        return {"code": rule.status, "message": rule.words or "The sandbox was told to refuse this."}

    def webhooks(
        self, target: Target, letters: dict[str, dict[str, Any]], events: Sequence[dict[str, Any]]
    ) -> Iterator[Webhook]:
        """What the browser tells of a message: delivered (shown), opened, dismissed."""
        for event in events:
            yield told(target, letters[event["message"]], event["event"], self.channel)


def told(target: Target, letter: dict[str, Any], word: str, channel: str) -> Webhook:
    """A customer's device saying a word of a letter, with the signature that the letter brought along."""
    body = json.dumps({"message": letter["message"], "token": letter["token"], "event": word})
    headers = {"Content-Type": "application/json", "Encore-Signature": letter["back"]["signatures"].get(word, "none")}
    return Webhook(f"{target.public_url.rstrip('/')}/webhooks/{channel}", headers, body)


def subscription(name: str) -> str:
    """A browser's subscription, as JSON in the order of names."""
    keys = {"auth": _text(_auth(name)), "p256dh": _text(_point(_key(name)))}
    return json.dumps({"endpoint": f"{ORIGIN}{_SEND}{name}", "keys": keys}, separators=(",", ":"))


def opened(name: str, sealed: bytes) -> bytes:
    """What a browser reads."""
    plain: bytes = http_ece.decrypt(sealed, private_key=_key(name), auth_secret=_auth(name), version="aes128gcm")
    return plain


def _unproven(header: str) -> str:
    """Why the sender is not who was subscribed to, or ""."""
    scheme, _, rest = header.partition(" ")
    fields = dict(one.strip().partition("=")[::2] for one in rest.split(","))
    public = _key("the shop").public_key()
    if scheme != "vapid" or fields.get("k") != _text(_point(_key("the shop"))):
        return "The key is not the one that was subscribed with."
    try:
        claims = jwt.decode(fields.get("t", ""), public, algorithms=["ES256"], audience=ORIGIN, options=_LATE)
    except jwt.PyJWTError as error:
        return str(error)
    if claims["exp"] > time.time() + 400 * _DAY or not claims["sub"].startswith(("mailto:", "https:")):
        return "The token holds for too long, or names nobody to ask."
    return ""


# Tests have a clock of their own: when it ends is looked at, not held against the real time.
_LATE: Any = {"verify_exp": False, "require": ["exp", "aud", "sub"]}


def _key(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(sha256(f"key of {name}".encode()).digest()[:31]), ec.SECP256R1())


def _auth(name: str) -> bytes:
    return sha256(f"secret of {name}".encode()).digest()[:16]


def _point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
