"""Everything that goes wrong, as RFC 9457 problem+json: what happened, why, and what to do. Never a stack trace."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from flask import Flask, Response, json, request
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from api.context import request_id
from api.schemas.said import OTHER, reason_of
from common.errors import Conflict, Denied, EncoreError, Forged, Invalid, NotFound, Slowed, Stale, Unavailable, Unknown
from storage.outages import as_unavailable

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
# Of a path that somebody made up nobody wants to read more.
_LONGEST_PATH = 200
_STATUS: dict[type[EncoreError], int] = {
    Invalid: 422,
    NotFound: 404,
    Conflict: 409,
    Stale: 412,
    Denied: 403,
    Unknown: 401,
    Forged: 403,
    Slowed: 429,
    Unavailable: 503,
}


class ProblemSchema(Schema):
    """What went wrong (RFC 9457). `errors` names each wrong field by its path, like `lines.0.quantity`."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))
    reasons = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "A stable word for programs of each wrong field, `invalid` where there is no other."},
    )
    reason = fields.String(
        metadata={"description": "A stable word for programs, where there is one: of a single wrong field, its own."}
    )
    against = fields.String(metadata={"description": "The code on the same order that a code does not go with."})
    codes = fields.List(
        fields.Dict(), metadata={"description": "What would become of each of several codes, where none was used."}
    )
    request_id = fields.String(metadata={"description": "What to look for in the logs, with 500."})


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **members: Any) -> Response:
    """A problem as a response; `members` are added to the standard ones where they are not empty."""
    title = HTTPStatus(status).phrase
    body = {
        "type": f"urn:encore:problem:{title.lower().replace(' ', '-')}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path[:_LONGEST_PATH],
        **{name: value for name, value in members.items() if value},
    }
    return Response(json.dumps(body), status, dict(headers or {}), content_type=MEDIA_TYPE)


def install(app: Flask) -> None:
    """Answer every error with a problem."""
    app.register_error_handler(EncoreError, of_ours)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(Exception, of_anything)


def of_ours(error: EncoreError) -> Response:
    """One of our own errors, which say themselves what is wrong."""
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 422)
    headers: dict[str, str] = {}
    if hasattr(error, "retry_after"):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unknown):
        headers["WWW-Authenticate"] = 'Bearer realm="encore"'
    reason = getattr(error, "reason", "")
    errors = error.fields if isinstance(error, Invalid) else {}
    reasons = dict.fromkeys(errors, reason or OTHER) | (error.reasons if isinstance(error, Invalid) else {})
    codes = [msgspec.to_builtins(one) for one in getattr(error, "codes", ())]
    members = {"reason": reason or _only(reasons), "against": getattr(error, "against", "")}
    return problem(status, str(error), headers, **members, errors=errors, reasons=reasons, codes=codes)


def of_http(error: HTTPException) -> Response:
    """An error of the web framework: no such route, a method it does not know, too large a body, wrong fields."""
    original = getattr(error, "original_exception", None)
    if isinstance(original, Exception):
        return of_anything(original)
    status = error.code or 500
    kept = {"Allow", "Retry-After"}
    headers = {name: value for name, value in error.get_headers() if name in kept}
    messages = getattr(error, "data", {}).get("messages", {})
    errors = flattened({path: inner for location in messages.values() for path, inner in _mapping(location).items()})
    detail = "Some fields are wrong; `errors` names each." if errors else (error.description or "")
    reasons = {path: reason_of(said) for path, said in errors.items()}
    return problem(status, detail, headers, reason=_only(reasons), errors=errors, reasons=reasons)


def of_anything(error: Exception) -> Response:
    """Whatever nobody foresaw: an outage is said to be one; a mistake of ours is logged, and its id given out."""
    outage = as_unavailable(error)
    if outage is not None:
        log.warning("outage", extra={"error": type(error).__name__, "detail": str(error)[:200]})
        return of_ours(outage)
    log.error("unhandled", exc_info=error, extra={"request_id": request_id()})
    return problem(500, "This is our mistake. Tell us the request id.", request_id=request_id())


def flattened(messages: Mapping[Any, Any], prefix: str = "") -> dict[str, list[str]]:
    """Marshmallow's nested messages by path: `{"lines": {0: {"quantity": [...]}}}` -> `lines.0.quantity`."""
    flat: dict[str, list[str]] = {}
    for key, value in messages.items():
        # `_schema` is about the whole object; `value` and `key` are how marshmallow says where in a mapping.
        path = prefix if key == "_schema" else f"{prefix}.{key}".lstrip(".")
        if isinstance(value, Mapping):
            flat.update(flattened(value, path))
        else:
            said = [text if isinstance(text, str) else str(text) for text in _list(value)]
            flat.setdefault(path or "body", []).extend(said)
    return flat


def _only(reasons: Mapping[str, str]) -> str:
    """The word of a single wrong field; nothing where there are several, or none that says anything."""
    words = list(reasons.values())
    return words[0] if len(words) == 1 and words[0] != OTHER else ""


def _mapping(value: Any) -> Mapping[Any, Any]:
    return value if isinstance(value, Mapping) else {"_schema": value}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
