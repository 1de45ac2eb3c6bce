"""One POST of bytes, and what it means when no answer comes: how far it got decides what can be known."""

import time
from collections.abc import Mapping

import httpx2

from messaging.channel import NotTaken, Rejected, Uncertain
from messaging.channels._chat import NOT_SENT
from messaging.channels._guarded import is_certificate, is_private

# What a provider has to say is short; the rest of a longer answer is not waited for.
ANSWER_BYTES = 100_000


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
