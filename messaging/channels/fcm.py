"""Messages to apps on phones, through Firebase Cloud Messaging's HTTP v1 API, one a request."""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

import httpx2
import msgspec

from common.clock import Clock
from common.settings import Settings
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
from messaging.channels._chat import inner, listed
from messaging.channels._google import Account, Tokens, account
from messaging.channels._http import handed, rate_limited, said
from messaging.channels._own import Device

# Of `ErrorCode` in the reference of FCM's REST API (firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode). Of
# UNAVAILABLE and INTERNAL it says to try again, not that nothing was taken; so they stay uncertain.
_GONE = "UNREGISTERED"
_REJECTED = {"INVALID_ARGUMENT": "refused", "SENDER_ID_MISMATCH": "other_sender"}
_STOPPED = {"THIRD_PARTY_AUTH_ERROR"}
_PRIORITY = {"marketing": ("NORMAL", "5"), "service": ("HIGH", "10"), "transactional": ("HIGH", "10")}


class FcmSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A service account's JSON, or the path of the file with it; or the channel delivers to the outbox."""

    fcm_key: str = ""
    fcm_url: str = "https://fcm.googleapis.com"
    fcm_token_url: str = ""


class Fcm(Device):
    """Apps on phones, through Firebase."""

    name: ClassVar[str] = "fcm"
    channel: ClassVar[str] = "mobile_push"

    def __init__(self, settings: Settings, outbox: Outbox, clock: Clock) -> None:
        super().__init__(settings, outbox, clock)
        self._own = settings.section(FcmSettings)
        self._url = base_url("ENCORE_FCM_URL", self._own.fcm_url)
        given = self._own.fcm_token_url
        self._tokens = Tokens(clock, base_url("ENCORE_FCM_TOKEN_URL", given) if given else "")

    @cached_property
    def client(self) -> httpx2.Client:
        """The connections, kept alive; the operator says where to."""
        return _guarded.client(self.settings.http_timeout, private=True)

    @cached_property
    def _account(self) -> Account:
        return account(self._own.fcm_key)

    def configured(self) -> bool:
        """Whether there is a service account."""
        return bool(self._own.fcm_key)

    def reach(self, parcel: Parcel, letter: Letter) -> Outcome:
        """One message to one registered app."""
        try:
            who = self._account
        except ValueError as error:
            return NotTaken(reason="credentials", stop=True, detail=str(error))
        token = self._tokens.get(self.client, who)
        if isinstance(token, NotTaken):
            return token
        content = json.dumps({"message": self._message(parcel, letter)}, ensure_ascii=False)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        place = f"{self._url}/v1/projects/{who.project_id}/messages:send"
        answer = handed(self.client, place, content.encode("utf-8", "replace"), headers)
        if not isinstance(answer, httpx2.Response):
            return answer
        if answer.status_code == 401:
            self._tokens.forget()
        return _outcome(answer)

    def secret(self) -> bytes:
        """The channel's own key."""
        return self._own.fcm_key.encode()

    def _message(self, parcel: Parcel, letter: Letter) -> dict[str, Any]:
        """The fields of `Message` in the reference; values of `data` are texts."""
        parts = letter.rendered.parts
        android, apns = _PRIORITY[parcel.purpose]
        picture = {"image": parts["media"]} if parts.get("media") else {}
        more = {name: parts[name] for name in ("link", "preferences", "why") if parts.get(name)}
        signatures = json.dumps(self.signatures(parcel, letter))
        about = {"message": letter.message, "token": parcel.token, "back": self.back(), "signatures": signatures}
        made: dict[str, Any] = {
            "token": letter.address,
            "notification": {"title": parts.get("title", ""), "body": parts.get("body", ""), **picture},
            "data": {**more, **about},
            "android": {"priority": android},
            "apns": {"headers": {"apns-priority": apns}},
        }
        label = next((tag for tag in parcel.tags if _is_label(tag)), "")
        return made | ({"fcm_options": {"analytics_label": label}} if label else {})


def _is_label(tag: str) -> bool:
    """Whether it can be an analytics label: 1 to 50 characters of these."""
    return 1 <= len(tag) <= 50 and tag.isascii() and all(sign.isalnum() or sign in "-_.~%" for sign in tag)


def _outcome(response: httpx2.Response) -> Outcome:
    status, answer = response.status_code, said(response)
    if 200 <= status < 300:
        name = answer.get("name")
        return Accepted(name) if isinstance(name, str) and name else Uncertain(reason="strange_answer")
    return _refusal(response, answer, f"HTTP {status}")


def _refusal(response: httpx2.Response, answer: Mapping[str, Any], detail: str) -> Outcome:
    status, code, words = response.status_code, _code(answer), str(inner(answer, "error").get("message", ""))
    told = f"{detail}: {code} {words}"[:300]
    if code == _GONE:
        return Rejected(reason=GONE, detail=told, suppress=GONE)
    if code in _REJECTED or status == 400:
        return Rejected(reason=_REJECTED.get(code, "refused"), detail=told)
    if status == 429:
        return rate_limited(response, told)
    if status in (401, 403) or code in _STOPPED:
        return NotTaken(reason="credentials", stop=True, detail=told)
    if status >= 500:
        return Uncertain(reason="provider_error", detail=told)
    if status == 408:
        return NotTaken(reason="unreachable", detail=told)
    return NotTaken(reason="wrong_url", stop=True, detail=told)


def _code(answer: Mapping[str, Any]) -> str:
    """FCM's own code among the details of an error."""
    for one in listed(inner(answer, "error").get("details")):
        if str(one.get("@type", "")).endswith("FcmError"):
            return str(one.get("errorCode", ""))
    return ""
