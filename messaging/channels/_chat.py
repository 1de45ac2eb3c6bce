"""What the chat channels share: one request a letter over HTTP, and what it means when no answer comes."""

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, ClassVar

import httpx2

from common.errors import Invalid
from messaging.channel import Letter, NotTaken, Outcome, Parcel, Provider, Uncertain

# Raised before the request had left whole, so the provider cannot have taken it.
NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.WriteTimeout,
    httpx2.UnsupportedProtocol,
    httpx2.LocalProtocolError,
    httpx2.InvalidURL,
)
# What a provider that says "too many" without a time is given, in seconds.
BREATH = 1.0
_SECOND = timedelta(milliseconds=999)


class Chat(Provider):
    """A provider that takes one letter a request, of the parts text, media and buttons."""

    batch_max: ClassVar[int] = 1

    @cached_property
    def client(self) -> httpx2.Client:
        """The connections, kept alive; a redirect is never followed."""
        return httpx2.Client(timeout=self.settings.http_timeout, follow_redirects=False)

    def send(self, parcel: Parcel) -> Mapping[str, Outcome]:
        """One request a letter; after one that says stop, or to wait, the others are not tried."""
        outcomes: dict[str, Outcome] = {}
        stopped: NotTaken | None = None
        for letter in parcel.letters:
            outcome = stopped or self.hand(parcel, letter)
            outcomes[letter.message] = outcome
            if isinstance(outcome, NotTaken) and (outcome.stop or outcome.retry_after is not None):
                stopped = outcome
        return outcomes

    @abstractmethod
    def hand(self, parcel: Parcel, letter: Letter) -> Outcome:
        """Hand over one letter."""

    def ask(
        self, url: str, body: Mapping[str, Any], headers: Mapping[str, str], judge: Callable[[httpx2.Response], Outcome]
    ) -> Outcome:
        """Post a JSON body; what its answer means, `judge` says. None at all means what it means everywhere."""
        try:
            response = self.client.post(url, content=encoded(body), headers={**JSON, **headers})
        except NOT_SENT as error:
            return NotTaken(reason="unreachable", detail=type(error).__name__)
        except httpx2.TimeoutException as error:
            return Uncertain(reason="no_answer", detail=type(error).__name__)
        except httpx2.RequestError as error:
            return Uncertain(reason="connection_lost", detail=type(error).__name__)
        return unanswered(response) or judge(response)

    def close(self) -> None:
        """Close the connections that are kept alive."""
        if "client" in self.__dict__:
            self.client.close()


JSON = {"Content-Type": "application/json"}


def encoded(body: Mapping[str, Any]) -> bytes:
    """A body as JSON in UTF-8; half a surrogate pair, which no UTF-8 can hold, becomes a question mark."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def unanswered(response: httpx2.Response) -> Outcome | None:
    """What an answer means that says nothing: none of these providers promises that a 5xx took nothing."""
    status, detail = response.status_code, f"HTTP {response.status_code}"
    if status >= 500:
        return Uncertain(reason="provider_error", detail=detail)
    if 300 <= status < 400:  # the base URL is wrong
        return NotTaken(reason="wrong_url", stop=True, detail=detail)
    if status < 300 and not said(response):
        return Uncertain(reason="strange_answer", detail=detail)
    return None


def said(response: httpx2.Response) -> dict[str, Any]:
    """An answer's JSON object, empty where it is none."""
    try:
        answer = json.loads(response.content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def rate_limited(response: httpx2.Response, detail: str, seconds: object = None) -> NotTaken:
    """Too many at once: wait as long as was said, in the answer (`seconds`) or in its header."""
    header = response.headers.get("Retry-After", "")
    told = float(header) if header.isdigit() else BREATH
    after = float(seconds) if isinstance(seconds, int) and not isinstance(seconds, bool) else told
    return NotTaken(reason="rate_limited", retry_after=max(0.0, after), detail=detail)


def read(body: bytes) -> dict[str, Any]:
    """A webhook's JSON object; raises Invalid where it is none."""
    try:
        found = json.loads(body)
    except ValueError as error:
        raise Invalid("The webhook is not JSON.") from error
    if not isinstance(found, dict):
        raise Invalid("The webhook is not a JSON object.")
    return found


def listed(value: Any) -> list[dict[str, Any]]:
    """The objects in a list, none where it is none: a provider may add to its webhooks what nobody foresaw."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def inner(value: Any, *path: str) -> dict[str, Any]:
    """The object at the end of a path of objects, empty where there is none."""
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text(value: Any, longest: int = 4_000) -> str:
    """A value as text that can be stored; "" for none."""
    return "" if value is None else str(value).encode("utf-8", "replace").decode()[:longest]


def instant(value: Any, otherwise: datetime, unit: int = 1) -> datetime:
    """A time that a provider gave in seconds since 1970, or in milliseconds (`unit` 1,000).

    A whole second stands for its end, as far as that is not after the webhook came in (`otherwise`): what somebody said
    in a second comes after what was said at its beginning.
    """
    try:
        at = datetime.fromtimestamp(int(value) / unit, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return otherwise
    return at if unit > 1 else max(at, min(otherwise, at + _SECOND))


def needed(variable: str, value: str) -> str:
    """A setting without which a link cannot be made; raises Invalid naming it."""
    if not value:
        raise Invalid.field(variable, "Not set; links to this chat cannot be made without it.")
    return value
