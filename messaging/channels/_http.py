"""What providers over HTTP share: one letter a request, and what it means when no answer comes.

How far a request got decides what can be known of it.
"""

import time
from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

import httpx2

from common.errors import Invalid
from messaging.channel import Letter, NotTaken, Outcome, Parcel, Provider, Rejected, Uncertain
from messaging.channels._guarded import is_certificate, is_private
from messaging.channels._reading import parsed, told_to_wait

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
JSON = {"Content-Type": "application/json"}
# What a provider that says "too many" without a time is given, in seconds.
BREATH = 1.0
# What a provider has to say is short; the rest of a longer answer is not waited for.
ANSWER_BYTES = 100_000


class OneByOne(Provider):
    """A provider that takes one letter a request."""

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
            if isinstance(outcome, NotTaken) and (outcome.stop or outcome.waits):
                stopped = outcome
        return outcomes

    @abstractmethod
    def hand(self, parcel: Parcel, letter: Letter) -> Outcome:
        """Hand over one letter."""

    def close(self) -> None:
        """Close the connections that are kept alive."""
        if "client" in self.__dict__:
            self.client.close()


def handed(
    client: httpx2.Client, url: str, content: bytes, headers: Mapping[str, str]
) -> httpx2.Response | NotTaken | Rejected | Uncertain:
    """The answer to a POST, or what its absence means; of a long answer only the beginning is read."""
    enough = time.monotonic() + (client.timeout.read or 0.0)
    try:
        with client.stream("POST", url, content=content, headers=dict(headers)) as response:
            read = b""
            for chunk in response.iter_bytes(16_384):
                read += chunk
                if len(read) > ANSWER_BYTES or time.monotonic() > enough:
                    break
            return httpx2.Response(response.status_code, headers=_plain(response.headers), content=read[:ANSWER_BYTES])
    except NOT_SENT as error:
        if is_private(error):
            return Rejected(reason="private_address", detail=str(error))
        if is_certificate(error):
            return NotTaken(reason="certificate", detail=str(error)[:200])
        return NotTaken(reason="unreachable", detail=type(error).__name__)
    except httpx2.TimeoutException as error:
        return Uncertain(reason="no_answer", detail=type(error).__name__)
    except (httpx2.RequestError, httpx2.StreamError) as error:
        return Uncertain(reason="connection_lost", detail=type(error).__name__)


def _plain(headers: httpx2.Headers) -> list[tuple[str, str]]:
    """Headers without those that speak of how the body travelled: it is unpacked by now."""
    travel = {"content-encoding", "content-length", "transfer-encoding"}
    return [(name, value) for name, value in headers.items() if name.lower() not in travel]


def said(response: httpx2.Response) -> dict[str, Any]:
    """An answer's JSON object, empty where it is none."""
    try:
        answer = parsed(response.content)
    except Invalid:
        return {}
    return answer if isinstance(answer, dict) else {}


def rate_limited(response: httpx2.Response, detail: str, seconds: object = None) -> NotTaken:
    """Too many at once: wait as long as was said, in the answer (`seconds`) or in its header."""
    told = told_to_wait(seconds)
    if told is None:
        told = told_to_wait(response.headers.get("Retry-After"))
    return wait_for(BREATH if told is None else told, detail)


def wait_for(told: float | datetime, detail: str) -> NotTaken:
    """Too many at once, for so many seconds or until then."""
    if isinstance(told, datetime):
        return NotTaken(reason="rate_limited", retry_at=told, detail=detail)
    return NotTaken(reason="rate_limited", retry_after=told, detail=detail)
