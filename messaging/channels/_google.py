"""An access token of Google's for a service account (RFC 7523), kept until shortly before it ends."""

import json
import threading
from datetime import datetime, timedelta
from pathlib import Path

import httpx2
import jwt
import msgspec
from jwt.exceptions import PyJWTError

from common.clock import Clock
from messaging.channel import NotTaken
from messaging.channels._http import handed, said

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE = timedelta(hours=1)
_EARLY = timedelta(minutes=5)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds that Firebase's console gives out."""

    project_id: str
    client_email: str
    private_key: str
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105  # an address


def account(text: str) -> Account:
    """An account from its JSON, or from the file that holds it; raises ValueError."""
    try:
        found = text if text.lstrip().startswith("{") else Path(text).read_text("utf-8")
        return msgspec.json.decode(found, type=Account)
    except (OSError, msgspec.DecodeError) as error:
        raise ValueError(f"Neither a service account's JSON nor a file with it: {type(error).__name__}.") from None


class Tokens:
    """Gets tokens; shared by threads. `instead` stands in for the account's own address of the token service."""

    def __init__(self, clock: Clock, instead: str = "") -> None:
        self._clock = clock
        self._instead = instead
        self._lock = threading.Lock()
        self._token = ""
        self._until: datetime | None = None

    def get(self, client: httpx2.Client, account: Account) -> str | NotTaken:
        """A token that is good now; or why there is none: no letter has left the house then."""
        with self._lock:
            now = self._clock.now()
            if self._token and self._until is not None and now < self._until:
                return self._token
            answer = self._ask(client, account, now)
            if isinstance(answer, NotTaken):
                return answer
            self._token, self._until = answer, now + _LIFE - _EARLY
            return answer

    def forget(self) -> None:
        """Get another next time: this one was refused."""
        with self._lock:
            self._token = ""

    def _ask(self, client: httpx2.Client, account: Account, now: datetime) -> str | NotTaken:
        place = self._instead or account.token_uri
        claims = {"iss": account.client_email, "scope": SCOPE, "aud": account.token_uri}
        times = {"iat": int(now.timestamp()), "exp": int((now + _LIFE).timestamp())}
        try:
            assertion = jwt.encode({**claims, **times}, account.private_key, algorithm="RS256")
        except (PyJWTError, ValueError, TypeError):
            return NotTaken(reason="credentials", stop=True, detail="The service account's private key is none.")
        body = json.dumps({"grant_type": _GRANT, "assertion": assertion}).encode()
        answer = handed(client, place, body, {"Content-Type": "application/json"})
        if not isinstance(answer, httpx2.Response):
            return NotTaken(reason="unreachable", detail=f"No access token: {answer.reason}")
        token = said(answer).get("access_token")
        if answer.status_code == 200 and isinstance(token, str) and token.isascii() and token.isprintable():
            return token
        detail = f"No access token: HTTP {answer.status_code}"
        refused = 300 <= answer.status_code < 500 and answer.status_code not in (408, 429)
        return NotTaken(reason="credentials" if refused else "unreachable", stop=refused, detail=detail)
