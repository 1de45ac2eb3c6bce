"""What Meta's channels share: the Graph API's errors, its webhooks' signature, and the handshake that sets them up."""

import hmac
from collections.abc import Mapping
from typing import Any

import httpx2

from common.errors import Forged
from messaging.channel import Hook, NotTaken, Outcome, Rejected
from messaging.channels._chat import inner
from messaging.channels._http import rate_limited, said

SIGNATURE = "x-hub-signature-256"
VERSION = "v23.0"

# The token is over, or the app may not do this (developers.facebook.com/docs/graph-api/guides/error-handling).
_CREDENTIALS = frozenset({0, 3, 10, 102, 190, 463, 467, *range(200, 300)})
# Too many calls: of the app, the user, the page, the account, or by a rule of one's own.
_TOO_MANY = frozenset({4, 17, 32, 613, 80001, 80002, 80006, 80007})
# Blocked for what was sent before, until a person looks at it.
_BLOCKED = frozenset({368, 3_200})


def verify(hook: Hook, secret: str, variable: str) -> None:
    """Check X-Hub-Signature-256, HMAC-SHA256 over the raw body by the app's secret; raises Forged."""
    if not secret:
        raise Forged(f"{variable} is not set, so no webhook of Meta's can be believed.")
    given = hook.headers.get(SIGNATURE, "")
    fitting = "sha256=" + hmac.digest(secret.encode(), hook.body, "sha256").hex()
    if not hmac.compare_digest(given.encode(), fitting.encode()):
        raise Forged("The signature does not fit.")


def challenge(query: Mapping[str, str], token: str) -> str:
    """What to answer when Meta asks whether a webhook's address is ours; raises Forged without the agreed word."""
    given = query.get("hub.verify_token", "")
    agreed = bool(token) and hmac.compare_digest(given.encode(), token.encode())
    if query.get("hub.mode") != "subscribe" or not agreed:
        raise Forged("The verify token does not fit.")
    return query.get("hub.challenge", "")[:200]


def error_of(response: httpx2.Response) -> dict[str, Any]:
    """The error in an answer of the Graph API, empty where there is none."""
    return inner(said(response), "error")


def words(error: Mapping[str, Any], status: int) -> str:
    """An error in one line, without what it repeats of the request."""
    code = "/".join(str(error[name]) for name in ("code", "error_subcode") if error.get(name) is not None)
    return f"HTTP {status}: {code} {error.get('message', '')}"[:300]


def refusal(
    response: httpx2.Response, refused: Mapping[int, Rejected | NotTaken], too_many: frozenset[int] = frozenset()
) -> Outcome:
    """What an answer other than 2xx means: by the channel's own table of codes, else by what they mean everywhere."""
    error, status = error_of(response), response.status_code
    code, detail = error.get("code"), words(error, status)
    if isinstance(code, int) and (known := refused.get(code)):
        return _with_detail(known, detail)
    if status == 429 or code in _TOO_MANY or code in too_many:
        return rate_limited(response, detail)
    if code in _BLOCKED:
        return NotTaken(reason="account_blocked", stop=True, detail=detail)
    if status in (401, 403) or code in _CREDENTIALS:
        return NotTaken(reason="credentials", stop=True, detail=detail)
    if status == 400 and error:
        return Rejected(reason="refused", detail=detail)
    return NotTaken(reason="wrong_url", stop=True, detail=detail)


def _with_detail(known: Rejected | NotTaken, detail: str) -> Outcome:
    if isinstance(known, Rejected):
        return Rejected(reason=known.reason, detail=detail, suppress=known.suppress)
    return NotTaken(reason=known.reason, retry_after=known.retry_after, stop=known.stop, detail=detail)
