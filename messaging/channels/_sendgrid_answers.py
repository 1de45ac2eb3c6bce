"""What SendGrid's answers mean for the letters of a request.

Source: "Errors" in the v3 API reference (twilio.com/docs/sendgrid/api-reference/mail-send/errors, read in
November 2026). A request that is refused (4xx) is refused whole: none of its letters was taken. Of a 5xx the
reference says only that SendGrid met an error while it worked on the request, so none is listed as not taken.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from python_http_client.exceptions import HTTPError

from common.errors import Invalid
from messaging.channel import Letter, NotTaken, Outcome, Rejected, Uncertain
from messaging.channels._http import wait_for
from messaging.channels._reading import parsed, since_1970, told_to_wait

# Not the letters' fault but the sender's or the settings': every letter would fare the same.
_OURS = ("from", "reply_to", "categories", "tracking_settings", "mail_settings", "asm", "ip_pool_name")
_PERSONALIZATION = re.compile(r"^personalizations\.(\d+)")
# Headers that a personalization may not set (v3 reference, `headers`), in lower case.
_BARRED_HEADERS = {
    *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding"),
    *("to", "from", "subject", "reply-to", "cc", "bcc"),
}


class Named(msgspec.Struct, frozen=True):
    """The request was refused because of these personalizations, by their number, with SendGrid's own words."""

    why: dict[int, str]


class TooMuch(msgspec.Struct, frozen=True):
    """The request was refused, for its size or for something in it that SendGrid did not name."""

    detail: str


Answer = Outcome | Named | TooMuch


def unsendable(letter: Letter) -> Rejected | None:
    """Why a letter would make SendGrid refuse the whole request it is in, where we can tell beforehand."""
    parts, headers = letter.rendered.parts, letter.rendered.headers
    if not parts.get("subject", "").strip() or not (parts.get("text") or parts.get("html")):
        return Rejected(reason="empty_content", detail="An e-mail needs a subject, and a text or HTML.")
    if any(mark in text for mark in "\r\n" for text in (parts["subject"], *headers, *headers.values())):
        return Rejected(reason="bad_content", detail="A line break in the subject or in a header.")
    if barred := [name for name in headers if name.lower() in _BARRED_HEADERS]:
        return Rejected(reason="bad_content", detail=f"The header {barred[0]} may not be set.")
    return None


def outcomes(answer: Answer, part: Sequence[Letter]) -> dict[str, Outcome]:
    """What an answer means for each letter of its request."""
    if isinstance(answer, TooMuch):  # of one letter alone: it is to blame
        return {letter.message: Rejected(reason="refused", detail=answer.detail) for letter in part}
    if isinstance(answer, Named):
        again = NotTaken(reason="another_refused", retry_after=0.0)
        return {
            letter.message: Rejected(reason="refused", detail=answer.why[number]) if number in answer.why else again
            for number, letter in enumerate(part)
        }
    return {letter.message: answer for letter in part}


def of_error(error: HTTPError, now: datetime) -> Answer:
    """What an answer other than 2xx says."""
    status, detail = int(error.status_code), f"HTTP {error.status_code}"
    if status >= 500:
        return Uncertain(reason="provider_error", detail=detail)
    if status == 400:
        return _of_bad_request(error)
    if status == 413:
        return TooMuch(detail)
    if status == 429:
        told = _told_to_wait(error.headers)
        return NotTaken(reason="rate_limited", detail=detail) if told is None else wait_for(told, detail)
    if status in (401, 403):
        return NotTaken(reason="credentials", stop=True, detail=f"{detail}: {_messages(error)}"[:300])
    if status == 408:
        return NotTaken(reason="unreachable", detail=detail)
    # A redirect, or an address where there is no such API: the base URL is wrong.
    return NotTaken(reason="wrong_url", stop=True, detail=detail)


def _of_bad_request(error: HTTPError) -> Answer:
    found = [(str(one.get("field") or ""), str(one.get("message") or "")) for one in _errors(error)]
    why = {int(match[1]): words[:300] for field, words in found if (match := _PERSONALIZATION.match(field))}
    if why:
        return Named(why)
    if any(field.split(".")[0] in _OURS for field, _ in found):
        return NotTaken(reason="sender_refused", stop=True, detail=_messages(error))
    return TooMuch(_messages(error) or "HTTP 400")


def _errors(error: HTTPError) -> list[dict[str, Any]]:
    try:
        listed = parsed(error.body)["errors"]
        return [one for one in listed if isinstance(one, dict)]
    except (Invalid, KeyError, TypeError):
        return []  # not SendGrid's own words, which say nothing about the letters then


def _messages(error: HTTPError) -> str:
    return "; ".join(f"{one.get('field')}: {one.get('message')}" for one in _errors(error))[:300]


def _told_to_wait(headers: Any) -> float | datetime | None:
    """As `Retry-After` says, or `X-RateLimit-Reset`, the second since 1970 when it is over."""
    told = told_to_wait(headers.get("Retry-After"))
    return told if told is not None else since_1970(headers.get("X-RateLimit-Reset"))
