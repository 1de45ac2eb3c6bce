"""Fixtures for every test: servers once per test process, a database and a Redis prefix of one's own per test."""

import importlib
import pkgutil
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import storage
from common.ids import new_id
from common.settings import Settings
from storage.indexes import Index
from storage.mongo import Mongo
from tests.support import openapi
from tests.support.clock import ManualClock
from tests.support.sandbox import ProviderSandbox, running_sandbox
from tests.support.servers import NoEngine, Servers, running
from wiring import Services

warnings_of_landing: list[str] = []


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """MongoDB and Redis, running; the embedded one or, with ENCORE_TEST_MONGODB=engine, the real one."""
    directory = Path(tempfile.mkdtemp(prefix="encore-"))  # not tmp_path: a Unix socket's path must be short
    try:
        with running(directory) as servers:
            yield servers
    except NoEngine as reason:
        pytest.skip(str(reason))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def settings(servers: Servers) -> Settings:
    """Settings with a database and a Redis prefix that no other test uses."""
    unique = new_id()
    return Settings(
        mongodb_url=servers.mongodb_url,
        mongodb_database=f"test_{unique}",
        redis_url=servers.redis_url,
        redis_prefix=f"test-{unique}",
        secret_keys="a-key-for-tests-only",
        public_url="http://shop.test",
    )


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at 2026-03-02 10:00 UTC until the test moves it."""
    return ManualClock()


@pytest.fixture
def services(settings: Settings, clock: ManualClock) -> Iterator[Services]:
    """All services on a database with its indexes; dropped afterwards."""
    services = Services(settings, clock)
    try:
        put_indexes(services.database)
        yield services
        services.database.client.drop_database(settings.mongodb_database)
    finally:
        services.close()


@pytest.fixture
def database(services: Services) -> Mongo:
    """The test's database, with its indexes."""
    return services.database


@pytest.fixture
def app(services: Services) -> Flask:
    """The whole API, in this process."""
    from api.app import create_app  # at the top once all have landed

    return create_app(services)


@pytest.fixture
def client(app: Flask, services: Services) -> FlaskClient:
    """A client of the API that sends an admin's key unless the test sends other headers."""
    _, secret = services.keys.create("tests", ["admin"])
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProviderSandbox]:
    """The stand-in provider, running; one per test process."""
    with running_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def provider_sandbox(sandbox_process: ProviderSandbox) -> Iterator[ProviderSandbox]:
    """The stand-in provider, behaving, with an empty log; `provider_sandbox.settings(settings)` leads to it.

    Whatever a test sent to it must fit the provider's own OpenAPI file, where that is to be had.
    """
    sandbox_process.reset()
    yield sandbox_process
    assert openapi.misfits(sandbox_process.lines()) == []


def put_indexes(database: Mongo) -> None:
    """While modules are still landing: the indexes of those storage modules that import."""
    for module in pkgutil.iter_modules(storage.__path__):
        try:
            indexes: list[Index] = getattr(importlib.import_module(f"storage.{module.name}"), "INDEXES", [])
        except Exception as error:  # noqa: BLE001  # until all have landed
            warnings_of_landing.append(f"storage.{module.name}: {error}")
            continue
        for index in indexes:
            options: dict[str, Any] = {"unique": True} if index.unique else {}
            if index.only:
                options["partialFilterExpression"] = index.only
            database[index.collection].create_index(index.keys, **options)
