"""The OpenAPI 3.1 document: what the schemas say, and what holds for every route.

What is common (the key, the problems, Idempotency-Key, If-Match) is added here from the same marks that the hooks
obey, so that the document cannot say one thing and the service do another.
"""

import copy
from http import HTTPStatus
from threading import Lock
from typing import Any

from flask import Flask
from flask_smorest import Api, Blueprint
from werkzeug.routing import Rule

from api import auth, bodies, etags, idempotency, problems, routing
from api.problems import MEDIA_TYPE
from common.ids import SHOP_ID_LENGTH, SHOP_ID_PATTERN

Operation = dict[str, Any]

SMOREST = "flask-smorest"
INFO = {
    "description": (
        "Personalized loyalty and messaging campaigns from a shop's own order history. Errors are RFC 9457 problems; "
        "times are RFC 3339 in UTC; money is minor units and a currency; lists are read page by page with `after`."
    ),
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}
ID_SCHEMA = {"type": "string", "minLength": 1, "maxLength": SHOP_ID_LENGTH, "pattern": SHOP_ID_PATTERN}
_KEY = "ApiKey"
_LATER = {401: False, 403: False, 429: True, 503: True}


class DescribedApi(Api):  # type: ignore[misc]  # ships no types
    """Flask-smorest with our one shape of errors, which describes its routes only once somebody asks.

    Describing them takes most of the time that it takes to start, and most processes are never asked.
    """

    ERROR_SCHEMA = problems.ProblemSchema

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._left: list[Blueprint] = []
        self._describing = Lock()
        super().__init__(*arguments, **options)

    def register_blueprint(self, blueprint: Blueprint) -> None:
        """Serve the routes of a blueprint; they stand in the document in the order in which they were registered."""
        self._app.extensions[SMOREST]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        self._left.append(blueprint)

    def document(self) -> dict[str, Any]:
        """What the schemas say of all routes; a copy."""
        with self._describing:
            while self._left:
                blueprint = self._left.pop(0)
                blueprint.register_views_in_doc(self, self._app, self.spec, name=blueprint.name, parameters=None)
                self.spec.tag({"name": blueprint.name, "description": blueprint.description})
            return copy.deepcopy(self.spec.to_dict())

    def _register_error_handlers(self) -> None:
        problems.install(self._app)


def schema_name(schema: Any) -> str:
    """What a schema is called in the document: its class's name, with `Patch` where every field may be left out."""
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema") + ("Patch" if getattr(schema, "partial", None) else "")


def prepare(api: Api) -> None:
    """Teach the document our path converters and what it says about itself; before any route is registered."""
    api.register_converter(routing.IdConverter, lambda converter: dict(ID_SCHEMA))
    api.register_converter(routing.CodeConverter, lambda converter: {"type": "string", "minLength": 1})
    api.spec.options["info"] = INFO
    api.spec.components.security_scheme(
        _KEY,
        {"type": "http", "scheme": "bearer", "description": "An API key; each operation names its scope."},
    )


def described(app: Flask) -> dict[str, Any]:
    """The whole document of an application."""
    api: DescribedApi = app.extensions[SMOREST]["apis"][""]["ext_obj"]
    document = api.document()
    document["components"]["responses"] = {str(status): _problem(status) for status in _statuses()}
    document["components"]["responses"]["default"] = _problem(None)
    for rule in app.url_map.iter_rules():
        operations = document["paths"].get(_path_of(rule), {})
        for method in (name for name in operations if name.upper() in (rule.methods or ())):
            _complete(operations[method], rule, method.upper(), routing.view_for(app, rule.endpoint, method.upper()))
    return document


def _path_of(rule: Rule) -> str:
    return "".join(f"{{{part}}}" if dynamic else part for dynamic, part in rule._trace).removeprefix("|")


def _complete(operation: Operation, rule: Rule, method: str, view: routing.View | None) -> None:
    name = "".join(word.title() for word in rule.endpoint.replace(".", "_").split("_"))
    operation.setdefault("operationId", f"{method.lower()}{name}")
    responses = operation.setdefault("responses", {})
    for status in [status for status in responses if not status.startswith(("1", "2", "3"))]:
        responses[status] = {"$ref": f"#/components/responses/{status}"}
    responses["default"] = {"$ref": "#/components/responses/default"}
    if not rule.rule.startswith(auth.PREFIX):
        operation["security"] = []
        return
    operation["security"] = [{_KEY: [auth.scope_of(view) or "admin"]}]
    parameters = operation.setdefault("parameters", [])
    if method == "POST":
        parameters.append(copy.deepcopy(_IDEMPOTENCY_KEY))
    if etags.is_versioned(view):
        _complete_version(operation, method)
    for status in _possible(rule, method, operation, view):
        responses.setdefault(str(status), {"$ref": f"#/components/responses/{status}"})


def _complete_version(operation: Operation, method: str) -> None:
    if method != "GET":
        operation["parameters"].append(copy.deepcopy(_IF_MATCH))
    for status, response in operation["responses"].items():
        if status.startswith("2") and "$ref" not in response:
            response.setdefault("headers", {})["ETag"] = copy.deepcopy(_ETAG)


def _possible(rule: Rule, method: str, operation: Operation, view: routing.View | None) -> list[int]:
    """The errors that the conventions alone can give here."""
    found = [*_LATER, 422]
    if rule.arguments:
        found.append(404)
    if method != "GET":
        found.append(409)
    if "requestBody" in operation:
        found += [400, 415] if bodies.streams(view) else [400, 413, 415]
    if etags.is_versioned(view) and method != "GET":
        found.append(412)
    return sorted(found)


def _statuses() -> list[int]:
    return [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 500, 503]


def _problem(status: int | None) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": HTTPStatus(status).phrase if status else "Anything else that went wrong.",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status and _LATER.get(status):
        seconds = {"type": "integer", "minimum": 1}
        response["headers"] = {"Retry-After": {"description": "Wait so many seconds.", "schema": seconds}}
    return response


_IDEMPOTENCY_KEY = {
    "name": idempotency.HEADER,
    "in": "header",
    "required": False,
    "description": "Any text of yours; sent again with the same body within 24 h, the first answer comes again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.MAX_LENGTH, "pattern": "^[!-~]+$"},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag you read; 412 where somebody changed it since.",
    "schema": {"type": "string", "pattern": rf"^(?:\*|{etags.TAG_PATTERN})$"},
}
_ETAG = {"description": "The version, for If-Match.", "schema": {"type": "string"}}
