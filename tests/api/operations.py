"""Every operation that the application has, found in its routes, so that a test takes in a new one by itself."""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from flask import Flask

from api.app import create_app
from api.auth import scope_of
from api.bodies import streams
from api.routing import view_for
from common.settings import Settings
from wiring import Services


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """A method of a route; `path` has its parameters filled in with ids that nothing has."""

    method: str
    rule: str
    path: str
    scope: str | None
    streams: bool


def all_of(app: Flask, prefix: str = "/") -> list[Operation]:
    """The operations whose path starts so, in the order of their paths."""
    found = []
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(prefix):
            continue
        path = rule.rule
        for name in rule.arguments:
            path = "/".join("nobody" if name in part and "<" in part else part for part in path.split("/"))
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            view: Callable[..., Any] | None = view_for(app, rule.endpoint, method)
            found.append(
                Operation(method=method, rule=rule.rule, path=path, scope=scope_of(view), streams=streams(view))
            )
    return sorted(found, key=lambda operation: (operation.rule, operation.method))


@cache
def bare() -> Flask:
    """The application with no server behind it: it can be looked at, not asked."""
    return create_app(Services(Settings()))
