"""Firebase Cloud Messaging: Google's token service, projects.messages.send, and apps that tell what they showed."""

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, ClassVar

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from sandbox.emit import Target, Webhook
from sandbox.faults import Rule
from sandbox.standin import Judged, Request, StandIn
from sandbox.standins.web_push import told

PROJECT = "harbour-books"
_SEND = f"/v1/projects/{PROJECT}/messages:send"
_TOKEN = "/google/token"  # noqa: S105  # a path
_AUDIENCE = "https://oauth2.googleapis.com/token"
_ACCESS = "ya29.sandbox"
_REGISTERED = re.compile(r"[A-Za-z0-9_-]+:[A-Za-z0-9_-]{20,}")
_STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
_LONGEST = 4_096


class Firebase(StandIn):
    """Registration tokens that start with "gone" are of apps that were removed."""

    name: ClassVar[str] = "fcm"
    channel: ClassVar[str] = "mobile_push"

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(65_537, 2_048)

    def environment(self, address: str) -> dict[str, str]:
        """The settings for it."""
        pem = self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        account = {
            "type": "service_account",
            "project_id": PROJECT,
            "client_email": f"encore@{PROJECT}.iam.gserviceaccount.com",
            "private_key": pem,
            "token_uri": _AUDIENCE,
        }
        urls = {"ENCORE_FCM_URL": address, "ENCORE_FCM_TOKEN_URL": address + _TOKEN}
        return {"ENCORE_FCM_KEY": json.dumps(account), **urls}

    def owns(self, path: str) -> bool:
        """The one method that sends."""
        return path == _SEND

    def answers(self, path: str) -> bool:
        """The token service."""
        return path == _TOKEN

    def answer(self, request: Request) -> Judged:
        """An access token for a service account that proves who it is."""
        try:
            assertion = json.loads(request.body)["assertion"]
            options: Any = {"verify_exp": False, "verify_iat": False}
            jwt.decode(assertion, self._key.public_key(), algorithms=["RS256"], audience=_AUDIENCE, options=options)
        except jwt.PyJWTError as error:
            return Judged([], 400, {"error": "invalid_grant", "error_description": str(error)})
        return Judged([], 200, {"access_token": _ACCESS, "expires_in": 3_599, "token_type": "Bearer"})

    def judge(self, request: Request) -> Judged:
        """A letter, or a refusal with FCM's own code."""
        if request.headers.get("authorization") != f"Bearer {_ACCESS}":
            return Judged([], 401, _error(401, "Request had invalid authentication credentials."))
        message = json.loads(request.body)["message"]
        if fault := _fault(message):
            return Judged([], 400, _error(400, fault, "INVALID_ARGUMENT"))
        if message["token"].startswith("gone"):
            return Judged([], 404, _error(404, "Requested entity was not found.", "UNREGISTERED"))
        name = f"projects/{PROJECT}/messages/0:{secrets.token_hex(12)}"
        return Judged([_letter(message, name)], 200, {"name": name})

    def refusal(self, rule: Rule) -> Any:
        """An error of Google's."""
        return _error(rule.status, "The sandbox was told to refuse this.", rule.words)

    def webhooks(
        self, target: Target, letters: dict[str, dict[str, Any]], events: Sequence[dict[str, Any]]
    ) -> Iterator[Webhook]:
        """What the app tells of a message."""
        for event in events:
            yield told(target, letters[event["message"]], event["event"], self.channel)


def _fault(message: dict[str, Any]) -> str:
    data = message.get("data", {})
    if not _REGISTERED.fullmatch(message.get("token", "")):
        return "The registration token is not a valid FCM registration token"
    if not all(isinstance(value, str) for value in data.values()):
        return "Invalid value at 'message.data' (TYPE_STRING)"
    if len(json.dumps([message.get("notification"), data]).encode()) > _LONGEST:
        return "Message too big"
    unknown = set(message) - {"token", "notification", "data", "android", "apns", "webpush", "fcm_options"}
    return f"Unknown name {sorted(unknown)}" if unknown else ""


def _letter(message: dict[str, Any], name: str) -> dict[str, Any]:
    shown, data = message["notification"], message["data"]
    media = {"media": shown["image"]} if "image" in shown else {}
    more = {key: data[key] for key in ("link", "preferences") if key in data}
    back = {"url": data["back"], "signatures": json.loads(data["signatures"])}
    about = {"provider": "fcm", "message": data["message"], "token": data["token"], "id": name}
    words = {"title": shown["title"], "body": shown["body"], **media, **more}
    return {**words, **about, "address": message["token"], "back": back}


def _error(status: int, words: str, code: str = "") -> dict[str, Any]:
    kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
    details = {"details": [{"@type": kind, "errorCode": code}]} if code else {}
    return {"error": {"code": status, "message": words, "status": _STATUS.get(status, "UNKNOWN"), **details}}
