"""What Meta's stand-ins share: its tokens, its errors, its signature."""

import hmac
import json
from typing import Any

from sandbox.emit import Target, Webhook
from sandbox.faults import Rule
from sandbox.standin import Judged, Request

TOKEN = "EAA-sandbox-token"  # noqa: S105  # of the stand-in, which listens on this machine alone
SECRET = "meta-app-secret"  # noqa: S105  # as above
VERIFY = "meta-verify-token"


def error(code: int, message: str, subcode: int = 0, details: str = "") -> dict[str, Any]:
    """An error as the Graph API puts it."""
    body: dict[str, Any] = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code}
    if subcode:
        body["error_subcode"] = subcode
    if details:
        body["error_data"] = {"messaging_product": "whatsapp", "details": details}
    return {"error": {**body, "fbtrace_id": "AsandboxTrace"}}


def refusal(rule: Rule) -> dict[str, Any]:
    """The error that goes with a status, or with the rule's own code."""
    code = rule.code or {401: 190, 403: 10, 429: 4}.get(rule.status, 2 if rule.status >= 500 else 100)
    return error(code, "The sandbox was told to refuse this.", rule.subcode)


def refused_token(request: Request) -> Judged | None:
    """The refusal of a token that is not the one."""
    if request.headers.get("authorization") == f"Bearer {TOKEN}":
        return None
    return Judged([], 401, error(190, "Invalid OAuth access token - Cannot parse access token"))


def webhook(target: Target, channel: str, body: dict[str, Any]) -> Webhook:
    """A webhook with its signature."""
    text = json.dumps(body, separators=(",", ":"))
    signature = "sha256=" + hmac.digest(SECRET.encode(), text.encode(), "sha256").hex()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
    return Webhook(f"{target.public_url.rstrip('/')}/webhooks/{channel}", headers, text)
