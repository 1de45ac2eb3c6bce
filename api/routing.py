"""From a request or a rule to the function that answers it."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Request, current_app
from werkzeug.routing import BaseConverter, Map

from common.ids import SHOP_ID_LENGTH, SHOP_ID_PATTERN

View = Callable[..., Any]


class IdConverter(BaseConverter):
    """An id in a path: what the shop may call a thing, and nothing else. The default of every route."""

    part_isolating = True
    regex = f"(?=.{{1,{SHOP_ID_LENGTH}}}(?:/|$)){SHOP_ID_PATTERN.removeprefix('^').removesuffix('$')}"


class TokenConverter(BaseConverter):
    """A signed token or a short code in the path of a customer's page."""

    part_isolating = True
    regex = r"[A-Za-z0-9._~-]{1,1024}"


class CodeConverter(BaseConverter):
    """A code as somebody typed it, whatever that is: what is wrong with it is for the answer to say."""

    part_isolating = True
    regex = r"[^/]+"


def install(url_map: Map) -> None:
    """Ids are checked by their route, and no route answers with a redirect to another spelling."""
    url_map.converters.update(default=IdConverter, string=IdConverter, token=TokenConverter, code=CodeConverter)
    url_map.strict_slashes = False
    url_map.merge_slashes = False


def view_of(request: Request) -> View | None:
    """The function or method that will answer a request, None where no route fits."""
    return view_for(current_app, request.endpoint, request.method) if request.endpoint else None


def view_for(app: Flask, endpoint: str, method: str) -> View | None:
    """The function, or the method of a MethodView, behind an endpoint."""
    function = app.view_functions[endpoint]
    view_class = getattr(function, "view_class", None)
    if view_class is None:
        return function
    name = "get" if method == "HEAD" else method.lower()
    found: View | None = getattr(view_class, name, None)
    return found
