"""Fixtures for every test: servers once per test process, a database and a Redis prefix of one's own per test."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from api.app import create_app
from api.context import provide
from common.ids import new_id
from common.settings import Settings
from storage.mongo import Mongo
from tests.support import openapi
from tests.support.clock import ManualClock
from tests.support.databases import Databases
from tests.support.sandbox import ProviderSandbox, running_sandbox
from tests.support.servers import NoEngine, Servers, running
from wiring import Services

# What is tested at every change is the same every time: what chance finds is found at full size (`make faults`), and
# then written down as an example. Nothing is timed: machines are shared.
hypothesis_settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.register_profile("explore", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("explore" if os.environ.get("ENCORE_FAULTS") == "full" else "same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what meets a MongoDB: all else is the same on every server, so that once is enough (`make test-mongo`)."""
    for item in items:
        if "servers" in getattr(item, "fixturenames", ()):
            item.add_marker("mongodb")


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """MongoDB and Redis, running; the embedded one or, with ENCORE_TEST_MONGODB=engine, the real one."""
    # Not tmp_path: a Unix socket needs a short path. In memory where there is some: writes wait for the journal.
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 1024**3
    directory = Path(tempfile.mkdtemp(prefix="encore-", dir=memory if roomy else None))
    try:
        with running(directory) as servers:
            yield servers
    except NoEngine as reason:
        pytest.skip(str(reason))
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def databases(servers: Servers) -> Iterator[Databases]:
    """Where tests get their databases from."""
    databases = Databases(servers.mongodb_url)
    yield databases
    databases.close()


@pytest.fixture
def settings(servers: Servers, databases: Databases) -> Iterator[Settings]:
    """Settings with an empty database and a Redis prefix that no other test uses meanwhile."""
    with databases.lent() as database:
        yield Settings(
            mongodb_url=servers.mongodb_url,
            mongodb_database=database,
            redis_url=servers.redis_url,
            redis_prefix=f"test-{new_id()}",
            secret_keys="a-key-for-tests-only",
            public_url="http://shop.test",
        )


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands at 2026-03-02 10:00 UTC until the test moves it."""
    return ManualClock()


@pytest.fixture
def services(settings: Settings, clock: ManualClock) -> Iterator[Services]:
    """All services, on an empty database with its indexes."""
    services = Services(settings, clock)
    yield services
    services.close()


@pytest.fixture
def database(services: Services) -> Mongo:
    """The test's database, with its indexes."""
    return services.database


@pytest.fixture(scope="session")
def routes(servers: Servers) -> Iterator[Flask]:
    """The API's routes, made once: that takes longer than most tests. What they work with comes from each test."""
    services = Services(Settings(mongodb_url=servers.mongodb_url, redis_url=servers.redis_url, redis_prefix="limits"))
    yield create_app(services)
    services.close()


@pytest.fixture
def app(routes: Flask, services: Services) -> Flask:
    """The whole API, in this process; its limits and metrics are those of all tests of the process."""
    provide(routes, services)
    return routes


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
