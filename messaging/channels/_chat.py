"""What the chat channels share: a request in JSON, and what their answers and webhooks have in common."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx2

from common.errors import Invalid
from messaging.channel import NotTaken, Outcome, Uncertain
from messaging.channels._http import JSON, OneByOne, handed, said
from messaging.channels._reading import EARLIEST, bounded, parsed, since_1970

_SECOND = timedelta(milliseconds=999)


class Chat(OneByOne):
    """A provider that takes the parts text, media and buttons."""

    def ask(
        self, url: str, body: Mapping[str, Any], headers: Mapping[str, str], judge: Callable[[httpx2.Response], Outcome]
    ) -> Outcome:
        """Post a JSON body; what its answer means, `judge` says. None at all means what it means everywhere."""
        answer = handed(self.client, url, encoded(body), {**JSON, **headers})
        return (unanswered(answer) or judge(answer)) if isinstance(answer, httpx2.Response) else answer


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


def read(body: bytes) -> dict[str, Any]:
    """A webhook's JSON object; raises Invalid where it is none."""
    found = parsed(body)
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
    """A value as text that can be stored; "" for none, and for what is not one value but holds several."""
    if value is None or isinstance(value, (list, dict)):
        return ""
    return str(value).encode("utf-8", "replace").decode()[:longest]


def whole(value: Any) -> str:
    """All that a value holds, as text that can be stored: of what nobody foresaw, for a person to read."""
    try:
        return json.dumps(value)[:4_000]
    except RecursionError:
        return ""


def instant(value: Any, otherwise: datetime, unit: int = 1) -> datetime:
    """A time that a provider gave in seconds since 1970, or in milliseconds (`unit` 1,000).

    A whole second stands for its end: what somebody said in a second comes after what was said at its beginning. No
    time is after the webhook came in (`otherwise`), which stands for a time that cannot be.
    """
    at = since_1970(value, unit)
    if at is None or at < EARLIEST:
        return otherwise
    return bounded(at if unit > 1 else at + _SECOND, otherwise)


def needed(variable: str, value: str) -> str:
    """A setting without which a link cannot be made; raises Invalid naming it."""
    if not value:
        raise Invalid.field(variable, "Not set; links to this chat cannot be made without it.")
    return value
