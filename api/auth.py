"""Who may call what: each view declares its scope, and one hook before every request holds it to that."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, g, request

from api.context import services
from api.routing import view_of
from common.errors import Denied, Unknown
from common.keys import Scope

View = TypeVar("View", bound=Callable[..., Any])

PREFIX = "/v1/"
# One sentence for a missing, a wrong and a revoked key, so that none can be told from another.
_REFUSAL = "Send a valid API key as `Authorization: Bearer <key>`."


def scope(name: Scope) -> Callable[[View], View]:
    """Declare the scope that a view function or a method of a MethodView needs; `admin` implies all others."""

    def declare(view: View) -> View:
        view.scope = name  # type: ignore[attr-defined]  # functions take attributes; decorators copy them
        return view

    return declare


def scope_of(view: Callable[..., Any] | None) -> str | None:
    """The scope that a view declares."""
    return getattr(view, "scope", None)


def install(app: Flask) -> None:
    """Check every request under /v1 before anything of it is read."""
    app.before_request(_authorise)


def _authorise() -> None:
    if request.url_rule is None or not request.url_rule.rule.startswith(PREFIX):
        return
    secret = _bearer(request.headers.get("Authorization", ""))
    key = services().keys.find(secret) if secret else None
    if key is None:
        raise Unknown(_REFUSAL)
    # A view that forgot to declare its scope is open to nobody but an administrator.
    needed = scope_of(view_of(request)) or "admin"
    if not key.may(needed):
        raise Denied(needed)
    g.caller = key


def _bearer(header: str) -> str:
    kind, _, secret = header.partition(" ")
    return secret.strip() if kind.lower() == "bearer" else ""
