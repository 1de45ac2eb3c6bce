"""The application: parse -> call -> answer. Resources are found by scanning their folder."""

import importlib
import pkgutil
from types import ModuleType
from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask
from flask.json.provider import DefaultJSONProvider

import api.pages
import api.resources
from api import auth, bodies, docs, headers, idempotency, limits, merged, openapi, requests, routing
from api.context import provide
from common.settings import Settings
from wiring import Services

TITLE = "Encore"
VERSION = "1"
OPENAPI = "3.1.0"


def create_app(services: Services) -> Flask:
    """The WSGI application over these services; connects to nothing until it is asked something."""
    app = Flask("api", static_folder=None)
    provide(app, services)
    app.config.update(API_TITLE=TITLE, API_VERSION=VERSION, OPENAPI_VERSION=OPENAPI, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.json = _json_of(app)
    routing.install(app.url_map)
    # Hooks run before a request in this order, and after it in the opposite one.
    for hooks in (requests, headers, auth, limits, bodies, idempotency, merged, docs):
        hooks.install(app)
    plugin = MarshmallowPlugin(schema_name_resolver=openapi.schema_name)
    smorest = openapi.DescribedApi(app, spec_kwargs={"marshmallow_plugin": plugin})
    openapi.prepare(smorest)
    for module in _modules(api.resources):
        smorest.register_blueprint(module.blueprint)
    for module in _modules(api.pages):
        if hasattr(module, "blueprint"):
            app.register_blueprint(module.blueprint)
    return app


def document() -> dict[str, Any]:
    """The OpenAPI document, made with no server running and nothing set."""
    return openapi.described(create_app(Services(Settings())))


def _modules(package: ModuleType) -> list[ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def _json_of(app: Flask) -> DefaultJSONProvider:
    provider = DefaultJSONProvider(app)
    provider.sort_keys = False
    provider.ensure_ascii = False
    return provider
