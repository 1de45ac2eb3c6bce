"""What comes in is looked at before anything else reads it: its size, its kind, its form, and unknown parameters.

Python and BSON are more tolerant than JSON, and less: `NaN`, half a surrogate pair, an integer of more than 64
bits or a NUL would go wrong only in the depth of the database, so they are refused at the door.
"""

import json
import math
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from flask import Flask, request
from marshmallow import Schema
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from api.auth import PREFIX
from api.context import services
from api.routing import view_of
from api.settings import ApiSettings
from common.errors import Invalid

View = TypeVar("View", bound=Callable[..., Any])

MAX_DEPTH = 32
_WITH_BODY = {"POST", "PUT", "PATCH"}
_INT64 = range(-(2**63), 2**63)


def streamed(view: View) -> View:
    """Mark a view that reads `request.stream` itself: any size, and not JSON."""
    view.streams = True  # type: ignore[attr-defined]  # functions take attributes; decorators copy them
    return view


def streams(view: Callable[..., Any] | None) -> bool:
    """Whether a view reads its body as a stream."""
    return getattr(view, "streams", False)


def install(app: Flask) -> None:
    """Check what every request under /v1 brings."""
    app.before_request(_limit_size)
    app.before_request(_check)


def _limit_size() -> None:
    view = view_of(request)
    limit = services().settings.section(ApiSettings).request_limit
    request.max_content_length = None if streams(view) else limit


def _check() -> None:
    if request.url_rule is None or not request.url_rule.rule.startswith(PREFIX):
        return
    view = view_of(request)
    _check_query(view)
    if request.method in _WITH_BODY and not streams(view):
        _check_body()


def whole_body() -> bytes:
    """The body; raises RequestEntityTooLarge where it is longer than may be."""
    body = request.get_data()
    # A body that does not say its length is cut at the limit without a word.
    if request.content_length is None and len(body) >= (request.max_content_length or math.inf):
        raise RequestEntityTooLarge
    return body


def _check_body() -> None:
    body = whole_body()
    if not body:
        return
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send JSON, with `Content-Type: application/json`.")
    try:
        parsed = json.loads(body.decode(), parse_constant=_no_constant)
    except RecursionError:
        raise BadRequest("The body is nested too deeply.") from None
    except ValueError as error:
        raise BadRequest(f"The body is not JSON: {str(error)[:200]}.") from None
    for path, message in _faults(parsed, "", 0):
        raise Invalid.field(path or "body", message)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _faults(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    fault = _fault(value, depth)
    if fault:
        yield path, fault
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _faults(inner, f"{path}.{index}".lstrip("."), depth + 1)
    elif isinstance(value, dict):
        for key, inner in value.items():
            if not _storable(key):
                yield path, "Has a field whose name contains a NUL or half a surrogate pair."
                return
            yield from _faults(inner, f"{path}.{key}".lstrip("."), depth + 1)


def _fault(value: Any, depth: int) -> str:
    if depth > MAX_DEPTH:
        return f"Nested more than {MAX_DEPTH} deep."
    if isinstance(value, str) and not _storable(value):
        return "Contains a NUL or half a surrogate pair."
    if isinstance(value, int) and value not in _INT64:
        return "Has more than 64 bits."
    if isinstance(value, float) and math.isinf(value):
        return "Is too large a number."
    return ""


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _check_query(view: Callable[..., Any] | None) -> None:
    """Refuse what the view does not declare: a misspelt filter must not quietly answer with everything."""
    known = query_names(view)
    wrong = {name: ["Unknown parameter."] for name in request.args if name not in known}
    wrong.update(
        {name: ["Contains a NUL."] for name, values in request.args.lists() if any("\0" in value for value in values)}
    )
    if wrong:
        raise Invalid("Some parameters are wrong; `errors` names each.", wrong)


def query_names(view: Callable[..., Any] | None) -> set[str]:
    """The query parameters that a view declares with `blueprint.arguments(…, location="query")`."""
    parameters = getattr(view, "_apidoc", {}).get("arguments", {}).get("parameters", [])
    names: set[str] = set()
    for parameter in parameters:
        if parameter.get("in") == "query" and "schema" in parameter:
            schema = parameter["schema"]
            instance: Schema = schema() if isinstance(schema, type) else schema
            names.update(field.data_key or name for name, field in instance.fields.items())
    return names
