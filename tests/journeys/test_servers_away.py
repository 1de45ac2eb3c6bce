"""A launch while Redis or MongoDB is away: what the marketer is answered, and that all goes out without anybody's help.

The workers and the scheduler are processes of their own, and so is the Redis that is ended and started again.
"""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import msgspec
import pytest
from flask.testing import FlaskClient

from api.app import create_app
from cli.embedded import free_port, redis
from cli.supervisor import Supervisor
from common.clock import SystemClock
from common.settings import Settings
from storage.indexes import ensure
from tests.api.cuttable import Relay
from tests.journeys.shop import draft, open_shop, someone
from tests.support.fleet import HASTE, Fleet, environment_of, fleet
from tests.support.processes import eventually
from tests.support.sandbox import ProviderSandbox
from wiring import Services

PEOPLE = 30


@pytest.fixture
def redis_port() -> int:
    """Where this test's own Redis is, when it is."""
    return free_port()


@pytest.fixture
def living(settings: Settings, provider_sandbox: ProviderSandbox, redis_port: int) -> Iterator[Services]:
    """Services by the real clock, with a Redis of their own, and as little patience as a fleet."""
    url = f"redis://127.0.0.1:{redis_port}/0"
    services = Services(provider_sandbox.settings(settings, redis_url=url, batch_size=10, **HASTE), SystemClock())
    ensure(services.database)
    yield services
    services.close()


def client_of(services: Services) -> FlaskClient:
    client = create_app(services).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {services.keys.create('tests', ['admin'])[1]}"
    return client


def launch_ready(services: Services) -> str:
    open_shop(services, [someone(number, services.clock.now()) for number in range(PEOPLE)])
    return draft(services).id


def all_once(provider: ProviderSandbox) -> bool:
    accepted = Counter(letter["address"] for letter in provider.accepted())
    return len(accepted) == PEOPLE and set(accepted.values()) == {1}


def test_a_launch_while_redis_is_away_is_taken_and_goes_out_by_itself_when_redis_is_back(
    living: Services, provider_sandbox: ProviderSandbox, redis_port: int, tmp_path: Path
) -> None:
    client, campaign = client_of(living), launch_ready(living)
    answer = client.post(f"/v1/campaigns/{campaign}/launch")
    assert answer.status_code == 202, answer.get_json()
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["detail"]) == (503, "Not answering: redis.")
    with fleet(tmp_path / "fleet", living.settings) as crew:
        crew.man(1)
        assert not provider_sandbox.accepted()
        with Supervisor(tmp_path / "redis-logs") as servers:
            servers.start(redis(tmp_path / "redis", redis_port))
            assert eventually(lambda: all_once(provider_sandbox), 60), crew.complaints()
            assert eventually(lambda: report(client, campaign)["state"] == "finished", 30), crew.complaints()
    assert report(client, campaign)["sent"] == {"email": PEOPLE}


def test_a_redis_that_dies_with_its_data_between_launch_and_sending_loses_nothing(
    living: Services, provider_sandbox: ProviderSandbox, redis_port: int, tmp_path: Path
) -> None:
    client, campaign = client_of(living), launch_ready(living)
    with Supervisor(tmp_path / "redis-logs") as servers:
        server = servers.start(redis(tmp_path / "redis", redis_port))
        assert client.post(f"/v1/campaigns/{campaign}/launch").status_code == 202
        os.kill(server.pid, signal.SIGKILL)
        assert eventually(lambda: server.status is not None)
        servers.start(redis(tmp_path / "an-empty-one", redis_port))
        assert living.redis.dbsize() == 0
        with fleet(tmp_path / "fleet", living.settings) as crew:
            crew.man(1)
            assert eventually(lambda: all_once(provider_sandbox), 60), crew.complaints()
            assert eventually(lambda: report(client, campaign)["state"] == "finished", 30), crew.complaints()


def test_a_launch_while_mongodb_is_away_changes_nothing_and_pressed_again_later_goes_out_once(
    living: Services, provider_sandbox: ProviderSandbox, redis_port: int, tmp_path: Path
) -> None:
    campaign = launch_ready(living)
    address = living.settings.mongodb_url.removeprefix("mongodb://").partition("/")[0]
    host, _, port = address.partition(":")
    with (
        Relay(unquote(address) if address.startswith("%2F") else (host, int(port))) as relay,
        Supervisor(tmp_path / "redis-logs") as servers,
    ):
        servers.start(redis(tmp_path / "redis", redis_port))
        url = f"mongodb://127.0.0.1:{relay.port}/?directConnection=true"
        behind = Services(msgspec.structs.replace(living.settings, mongodb_url=url), SystemClock())
        client, once = client_of(behind), {"Idempotency-Key": "launch"}
        relay.cut()
        answer = client.post(f"/v1/campaigns/{campaign}/launch", headers=once)
        assert answer.status_code == 503
        assert answer.get_json()["detail"] == "MongoDB cannot be reached. Nothing was lost; try again shortly."
        assert int(answer.headers["Retry-After"]) >= 1
        relay.mend()
        assert client.post(f"/v1/campaigns/{campaign}/launch", headers=once).status_code == 202
        assert client.post(f"/v1/campaigns/{campaign}/launch", headers=once).status_code == 202
        with Supervisor(tmp_path / "fleet") as processes:
            crew = Fleet(processes, environment_of(behind.settings))
            crew.start("scheduler", "scheduler_main")
            crew.man(1)
            relay.cut()  # once more, now that they work on it
            relay.mend()
            assert eventually(lambda: all_once(provider_sandbox), 60), crew.complaints()
            assert eventually(lambda: report(client, campaign)["state"] == "finished", 30), crew.complaints()
        behind.close()
    assert len(living.runs.of_campaigns([campaign])) == 1


def report(client: FlaskClient, campaign: str) -> dict[str, object]:
    answer: dict[str, object] = client.get(f"/v1/campaigns/{campaign}/report").get_json()
    return answer
