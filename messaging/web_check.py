"""Looks at the addresses in a message, when somebody asks for it: which lead nowhere, and which pictures are heavy.

Only the public network is asked, and no redirect is followed, so that no template makes our servers look around inside.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import httpx2
import msgspec

from messaging.channels._guarded import client, is_private

MOST = 30
SECONDS = 5.0
HEAVY = 1_000_000  # bytes of a picture, which take a phone on a weak network seconds
_READ = 2_000_000

Verdict = Literal["works", "dead", "moved", "no_answer", "private", "heavy"]


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one address: HTTP's `status`, None without an answer; the size in `bytes` of what lies there."""

    url: str
    verdict: Verdict
    status: int | None = None
    bytes: int | None = None


class WebCheck:
    """Asks for addresses one after the other; `open_client` makes the client."""

    def __init__(self, open_client: Callable[[float], httpx2.Client] = client) -> None:
        self._open = open_client

    def look(self, addresses: Sequence[str]) -> list[Looked]:
        """What is at each of these web addresses, the first thirty of them, each once."""
        wanted = [one for one in dict.fromkeys(addresses) if one.startswith(("https://", "http://"))]
        with self._open(SECONDS) as web:
            return [_looked(web, one) for one in wanted[:MOST]]


def _looked(web: httpx2.Client, url: str) -> Looked:
    try:
        with web.stream("GET", url) as answer:
            size = _size(answer)
    except httpx2.HTTPError as error:
        return Looked(url=url, verdict="private" if is_private(error) else "no_answer")
    except httpx2.InvalidURL:
        return Looked(url=url, verdict="dead")
    return Looked(url=url, verdict=_verdict(answer, size), status=answer.status_code, bytes=size)


def _size(answer: httpx2.Response) -> int:
    """What the other side says, else what it sends, of which no more is read than tells that it is heavy."""
    if (said := answer.headers.get("content-length", "")).isdigit():
        return int(said)
    read = 0
    for chunk in answer.iter_raw():
        read += len(chunk)
        if read > _READ:
            break
    return read


def _verdict(answer: httpx2.Response, size: int) -> Verdict:
    if answer.is_redirect:
        return "moved"
    if answer.status_code >= 400:
        return "dead"
    picture = answer.headers.get("content-type", "").startswith("image/")
    return "heavy" if picture and size > HEAVY else "works"
