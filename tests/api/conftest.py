"""The API as a program calls it, in this process, with an administrator's key."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from api.app import create_app
from common.settings import Settings
from wiring import Services

Call = Callable[..., TestResponse]


@pytest.fixture
def web(app: Flask) -> FlaskClient:
    """A client without a key."""
    return app.test_client()


@pytest.fixture
def admin(services: Services) -> str:
    """The secret of a key that may do all."""
    return services.keys.create("tests", ["admin"])[1]


@pytest.fixture
def start() -> Iterator[Callable[[Settings], FlaskClient]]:
    """Start one more process of the API, as far as state goes: services and connections of its own."""
    started: list[Services] = []

    def start(settings: Settings) -> FlaskClient:
        started.append(Services(settings))
        return create_app(started[-1]).test_client()

    yield start
    for services in started:
        services.redis.close()
        services.database.client.close()


@pytest.fixture
def call(web: FlaskClient, admin: str) -> Call:
    """Call with the administrator's key: `call("POST", "/v1/keys", json={...}, headers={...})`."""

    def send(method: str, path: str, **settings: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {admin}", **settings.pop("headers", {})}
        return web.open(path, method=method, headers=headers, **settings)

    return send
